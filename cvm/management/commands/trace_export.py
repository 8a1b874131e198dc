"""`manage.py trace_export FILE`: which request did a file that turned up somewhere come from?"""

from __future__ import annotations

import csv
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from cvm.exports import tracing


class Command(BaseCommand):
    help = "Name the export request whose order of rows a CSV or Excel file has."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)

    def handle(self, *, file, **_options):
        try:
            numbers = tracing.numbers_in(file)
        except (OSError, csv.Error, UnicodeDecodeError, tracing.NotReadable) as error:
            raise CommandError(_("%(file)s cannot be read: %(reason)s") % {"file": file, "reason": error}) from error
        if len(numbers) < tracing.FEWEST_ROWS:
            words = _("%(rows)s rows with masked numbers are too few to tell; at least %(fewest)s are needed.")
            raise CommandError(words % {"rows": len(numbers), "fewest": tracing.FEWEST_ROWS})
        found = tracing.trace(numbers)
        if found is None:
            raise CommandError(_("The order of these rows belongs to no request; perhaps they were sorted."))
        export = found.export
        words = _("Export %(number)s, requested by %(person)s (%(login)s) at %(time)s. Certainty %(sigma)s.")
        self.stdout.write(
            words
            % {
                "number": export.pk,
                "person": export.requested_by,
                "login": export.requested_by.username,
                "time": export.requested_at.isoformat(timespec="seconds"),
                "sigma": f"{found.certainty:.1f} σ",
            }
        )
