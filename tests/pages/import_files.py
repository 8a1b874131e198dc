"""Files as an administrator uploads them, and the worker's part of an import done at once."""

from __future__ import annotations

import io

from django.urls import reverse
from django.utils import timezone

from customers.importing import intake
from customers.importing.templates import install_templates
from customers.models import ImportBatch

BILLS = ("账期", "用户编码", "手机号码", "当月ARPU（元）", "主叫MOU", "DOU（MB）")
MONTH = "202610"


class Office:
    """An administrator at the import pages."""

    def __init__(self, client, admin):
        install_templates()
        self.client, self.admin = client, admin
        client.force_login(admin)

    def upload(self, name, *rows, header=BILLS, encoding="gb18030", **more):
        """Send one file by the form and return its batch."""
        file = file_of(name, *([header] if header else []), *rows, encoding=encoding)
        answer = self.client.post(reverse("import-upload"), {"uploads": file, **more})
        assert answer.status_code == 302, answer.content.decode()
        return ImportBatch.objects.order_by("-pk").first()

    def page(self, batch, query=""):
        """Return the text of a batch's page."""
        answer = self.client.get(reverse("import", args=[batch.pk]) + query)
        assert answer.status_code == 200
        return answer.content.decode()

    def sketch(self, batch):
        """Return the mapping as the page proposes it."""
        return self.client.get(reverse("import", args=[batch.pk])).context["sketch"]

    def mapped(self, batch, **changes):
        """Confirm the proposed mapping with some changes, let the worker check, and return the answer."""
        answer = self.client.post(reverse("import-mapping", args=[batch.pk]), form_of(self.sketch(batch)) | changes)
        if answer.status_code == 302:
            intake.check(batch.pk, clock=timezone.now)
        batch.refresh_from_db()
        return answer

    def stored(self, batch, **form):
        """Confirm a checked batch, let the worker store it, and return the batch."""
        self.client.post(reverse("import-confirm", args=[batch.pk]), form)
        intake.commit(batch.pk, clock=timezone.now)
        batch.refresh_from_db()
        return batch

    def imported(self, name, *rows, **more):
        """Bring a file in from upload to receipt."""
        batch = self.upload(name, *rows, **more)
        self.mapped(batch)
        return self.stored(batch)


def form_of(sketch):
    """Return the mapping form as a browser would send it, nothing changed."""
    choices = sketch.choices
    form = {"basis": choices.basis, "kind": choices.kind, "month": choices.month, "encoding": choices.encoding}
    form |= {"template": choices.template.pk if choices.template else "", "name": ""}
    form |= {"has_header": "1"} if choices.has_header else {}
    for line in sketch.lines:
        form[f"field-{line.position}"] = line.field
        if line.units and not line.unit_is_said:
            form[f"unit-{line.position}"] = line.unit
    return form


def file_of(name, *rows, encoding="gb18030"):
    """Return rows as an uploaded csv file."""
    text = "".join(",".join(cells) + "\n" for cells in rows)
    file = io.BytesIO(text.encode(encoding))
    file.name = name
    return file


def bill(number, yuan="88.50", *, month=MONTH, minutes="120", megabytes="2048"):
    """Return one row of bills of a customer of tests/pages/branch.py."""
    return (month, f"U{number:06d}", f"1380013{number:04d}", yuan, minutes, megabytes)
