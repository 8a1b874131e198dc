"""From the check to the receipt: numbers that add up, money to the fen, rejects mended and fed back, undo."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from customers.models import AuditEntry, ImportBatch, MonthlyBill, Run
from cvm.exports.tables import safe_or_number
from cvm.imports import pages
from cvm.imports.showing import view_of
from tests.pages.import_files import BILLS, Office, bill, file_of, form_of

pytestmark = pytest.mark.django_db
BAD = ("202610", "U000003", "13800130003", "十元", "1", "1")


@pytest.fixture(autouse=True)
def _spool(settings, tmp_path):
    settings.SPOOL_DIR = tmp_path / "spool"


@pytest.fixture
def office(client, place):
    return Office(client, place.admin)


@pytest.fixture
def old_batch(place):
    """A receipt of the time before changes were noted."""
    batch = ImportBatch.objects.create(
        kind="bills", file_name="账单201710.csv", sha256="0" * 64, size_bytes=10, started_at=timezone.now(),
        status="committed", rows_read=3, rows_accepted=1, rows_rejected=2,
    )  # fmt: skip
    batch.rejects.create(line=2, column="出账收入", value='=HYPERLINK("http://x")', reason="not_a_number")
    batch.rejects.create(line=3, column="出账收入", value="-12", reason="out_of_range")
    return batch


def rows_of(answer):
    content = answer.getvalue().decode()
    assert content.startswith("\ufeff")
    return list(csv.reader(io.StringIO(content[1:])))


def equation_of(batch):
    found = view_of(batch).equation
    return found.read, [part.count for part in found.parts]


def test_check_tells_what_a_file_would_do_and_stores_nothing(office):
    before = list(MonthlyBill.objects.order_by("pk").values_list("customer_id", "month", "arpu_fen"))
    batch = office.upload("月账单_202610.csv", bill(1, "88.50"), bill(2, "66"), bill(2, "66"), BAD)
    office.mapped(batch)

    read, parts = equation_of(batch)
    assert (batch.status, read, sum(parts), parts[3:]) == ("ready", 4, 4, [1, 1])
    text = office.page(batch)
    assert "¥154.50" in text
    assert "十元" in text
    assert list(MonthlyBill.objects.order_by("pk").values_list("customer_id", "month", "arpu_fen")) == before


def test_confirmed_file_is_stored_and_leaves_a_receipt(office):
    batch = office.imported("月账单_202610.csv", bill(1, "88.50"), bill(2, "66"), BAD)

    assert (batch.status, batch.rows_read, batch.rows_accepted, batch.rows_rejected) == ("committed", 3, 2, 1)
    text = office.page(batch)
    assert batch.sha256[:12] in text
    assert "¥154.50" in text
    assert MonthlyBill.objects.get(customer_id=1, month=dt.date(2026, 10, 1)).arpu_fen == 8850


def test_same_file_again_leads_to_its_receipt(office):
    first = office.imported("月账单_202610.csv", bill(1))
    answer = office.client.post(reverse("import-upload"), {"uploads": file_of("再来.csv", BILLS, bill(1))})
    second = ImportBatch.objects.order_by("-pk").first()

    if answer.url != reverse("import", args=[first.pk]):
        office.mapped(second)
        assert second.status == "failed"
        assert str(first.pk) in view_of(second).error
    assert ImportBatch.objects.filter(status="committed").count() == 1


def test_control_file_is_compared_to_the_row_and_the_fen(office):
    control = SimpleUploadedFile("a.ctl", "行数=2\n金额=154.50\n".encode())
    batch = office.upload("月账单_202610.csv", bill(1, "88.50"), bill(2, "66"), control=control)
    office.mapped(batch)

    assert [(one.said, one.found, one.agrees) for one in view_of(batch).controls] == [
        (2, 2, True),
        (15450, 15450, True),
    ]
    assert view_of(batch).stops == []


def test_file_that_differs_from_its_control_file_cannot_be_confirmed(office):
    control = SimpleUploadedFile("a.ctl", b"rows=3\nmoney=154.51")
    batch = office.upload("月账单_202610.csv", bill(1, "88.50"), bill(2, "66"), control=control)
    office.mapped(batch)
    batch = office.stored(batch, reason="还是要")

    assert batch.status == "ready"
    text = office.page(batch)
    assert "¥154.51" in text
    assert reverse("import-confirm", args=[batch.pk]) in text
    assert 'name="reason"' not in text or not view_of(batch).has_firm_stop


def test_stop_that_may_be_overridden_asks_for_a_reason(office):
    batch = office.upload("月账单_202610.csv", bill(1))
    office.mapped(batch)
    stop = {"code": "month_gap", "detail": {"missing": "2026-09", "month": "2026-10"}, "can_override": True}
    ImportBatch.objects.filter(pk=batch.pk).update(preview={**batch.preview, "stops": [stop]})

    office.client.post(reverse("import-confirm", args=[batch.pk]))
    batch.refresh_from_db()
    assert batch.status == "ready"
    assert 'name="reason"' in office.page(batch)
    office.client.post(reverse("import-confirm", args=[batch.pk]), {"reason": "九月没有账单"})
    batch.refresh_from_db()
    assert batch.status == "queued"
    assert AuditEntry.objects.get(action="import.confirm", subject_id=batch.pk).reason == "九月没有账单"


def test_second_confirmation_is_told_it_came_too_late(office):
    batch = office.upload("月账单_202610.csv", bill(1))
    office.mapped(batch)
    confirm = reverse("import-confirm", args=[batch.pk])

    first, second = office.client.post(confirm, follow=True), office.client.post(confirm, follow=True)
    assert "notice-error" not in first.content.decode()
    assert "notice-error" in second.content.decode()
    assert AuditEntry.objects.filter(action="import.confirm", subject_id=batch.pk).count() == 1


def test_mapping_can_be_changed_after_the_check(office):
    batch = office.upload("月账单_202610.csv", bill(1))
    office.mapped(batch)
    answer = office.client.get(reverse("import", args=[batch.pk]), {"mapping": 1})
    office.client.post(reverse("import-mapping", args=[batch.pk]), form_of(answer.context["sketch"]))

    batch.refresh_from_db()
    assert (batch.status, batch.preview) == ("uploaded", {})
    assert "every 2s" in office.page(batch)


@pytest.mark.parametrize("status", ["checking", "queued", "running"])
def test_page_follows_the_worker_until_it_is_done(office, status):
    batch = office.upload("月账单_202610.csv", bill(1))
    ImportBatch.objects.filter(pk=batch.pk).update(status=status, progress_permille=415)

    address = reverse("import", args=[batch.pk])
    part = office.client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "every 2s" in part
    assert 'value="42"' in part or 'value="41"' in part
    assert "<html" not in part
    ImportBatch.objects.filter(pk=batch.pk).update(status="cancelled")
    assert "every 2s" not in office.client.get(address, headers={"HX-Request": "true"}).content.decode()


def test_given_up_file_leaves_nothing(office, settings):
    batch = office.upload("月账单_202610.csv", bill(1))
    office.client.post(reverse("import-cancel", args=[batch.pk]))

    batch.refresh_from_db()
    assert batch.status == "cancelled"
    assert list(settings.SPOOL_DIR.iterdir()) == []
    again = office.client.post(reverse("import-cancel", args=[batch.pk]), follow=True)
    assert "notice-error" in again.content.decode()


def test_import_is_taken_back_until_a_night_stands_on_it(office, place):
    Run.objects.update(finished_at=timezone.now() - dt.timedelta(days=1))
    before = MonthlyBill.objects.get(customer_id=1, month=dt.date(2026, 10, 1)).arpu_fen
    batch = office.imported("月账单_202610.csv", bill(1, "1.23"))
    assert reverse("import-undo", args=[batch.pk]) in office.page(batch)
    office.client.post(reverse("import-undo", args=[batch.pk]))

    batch.refresh_from_db()
    assert (batch.status, batch.undone_by) == ("undone", office.admin)
    assert MonthlyBill.objects.get(customer_id=1, month=dt.date(2026, 10, 1)).arpu_fen == before
    assert reverse("import-undo", args=[batch.pk]) not in office.page(batch)
    again = office.client.post(reverse("import-undo", args=[batch.pk]), follow=True)
    assert "notice-error" in again.content.decode()


def test_import_under_a_published_night_says_why_it_stays(office):
    batch = office.imported("月账单_202610.csv", bill(1, "1.23"))
    Run.objects.update(finished_at=timezone.now() + dt.timedelta(minutes=1))

    text = office.page(batch)
    assert reverse("import-undo", args=[batch.pk]) not in text


def test_rejects_are_mended_and_fed_back(office):
    batch = office.imported("月账单_202610.csv", bill(1), BAD, bill(99))
    table = rows_of(office.client.get(reverse("import-rejects", args=[batch.pk])))
    assert table[0][: len(BILLS)] == list(BILLS)
    assert [row[:6] for row in table[1:]] == [list(BAD), list(bill(99))]
    assert AuditEntry.objects.get(action="imports.rejects_downloaded").detail == {"count": 2}

    table[1][3] = "10.00"
    mended = office.upload("mended.csv", *table[1:], header=table[0], encoding="utf-8-sig", fixes=batch.pk)
    office.mapped(mended)
    mended = office.stored(mended)

    assert (mended.fixes, mended.template, mended.rows_accepted) == (batch, batch.template, 1)
    assert view_of(batch).mended == 1
    assert MonthlyBill.objects.get(customer_id=3, month=dt.date(2026, 10, 1)).arpu_fen == 1000


def test_rejects_are_a_csv_no_spreadsheet_can_run(client, old_batch, place):
    for person, column in ((place.admin, 3), (place.auditor, 2)):
        client.force_login(person)
        rows = rows_of(client.get(reverse("import-rejects", args=[old_batch.pk])))
        assert rows[1][column] == '\'=HYPERLINK("http://x")'
        assert rows[2][column] == "-12"


def test_auditor_gets_rejects_masked_and_is_not_noted(client, old_batch, place):
    old_batch.rejects.create(
        line=4, column="手机号码", value="138001300070", reason="wrong_length", cells=["13800130070"]
    )
    old_batch.rejects.create(line=5, column="", value="U1,13800130007,王小明", reason="ragged")
    client.force_login(place.auditor)

    rows = rows_of(client.get(reverse("import-rejects", args=[old_batch.pk])))

    assert [row[2] for row in rows][-2:] == ["138****0070", "**"]
    assert "13800130070" not in str(rows)
    assert not AuditEntry.objects.filter(action="imports.rejects_downloaded").exists()


def test_old_receipt_without_the_new_columns_still_adds_up(client, old_batch, place):
    client.force_login(place.auditor)

    assert client.get(reverse("import", args=[old_batch.pk])).status_code == 200
    assert equation_of(old_batch) == (3, [1, 2, 0])


def test_auditor_reads_but_sees_no_buttons(office, place, client):
    batch = office.upload("月账单_202610.csv", bill(1))
    office.mapped(batch)
    client.force_login(place.auditor)

    text = office.page(batch)
    assert "import-confirm" not in text
    assert reverse("import-confirm", args=[batch.pk]) not in text
    assert reverse("import-new") not in client.get(reverse("imports")).content.decode()


def test_kind_without_money_shows_none(client, old_batch, place):
    ImportBatch.objects.filter(pk=old_batch.pk).update(kind="events", has_money=False)
    client.force_login(place.admin)

    assert "¥0.00" not in client.get(reverse("import", args=[old_batch.pk])).content.decode()
    assert "¥0.00" not in client.get(reverse("imports")).content.decode()


def test_list_is_filtered_and_paged(client, old_batch, place, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(pages, "PAGE_SIZE", 2)
    now = timezone.now()
    for number in range(4):
        ImportBatch.objects.create(kind="events", source="api", file_name=f"事件{number}.csv", sha256=str(number) * 64,
                                   size_bytes=1, started_at=now, status="failed")  # fmt: skip
    client.force_login(place.admin)
    seen, address = [], reverse("imports") + "?kind=events&status=failed&source=api"
    while address:
        answer = client.get(address)
        seen += [batch.file_name for batch in answer.context["batches"]]
        address = answer.context["page"]["next_url"]

    assert seen == [f"事件{number}.csv" for number in (3, 2, 1, 0)]
    assert client.get(reverse("imports") + "?kind=nonsense&before=x").status_code == 200


def test_kind_that_is_months_behind_is_named(client, old_batch, place):
    ImportBatch.objects.filter(pk=old_batch.pk).update(month=dt.date(2026, 7, 1))

    assert [(lag.newest, lag.months) for lag in pages.lags(today=dt.date(2026, 9, 2))] == [("2026-07", 2)]
    assert pages.lags(today=dt.date(2026, 8, 31)) == []


def test_empty_list_says_what_to_do(client, place):
    client.force_login(place.admin)

    text = client.get(reverse("imports")).content.decode()
    assert "manage.py import" in text
    assert reverse("import-new") in text


@pytest.mark.parametrize("text", ["=1+1", "+1a", "-a", "@SUM(A1)", "\tx", "\r=1", "  =1", "-1+cmd"])
def test_formulas_are_defused(text):
    assert safe_or_number(text) == f"'{text}"


@pytest.mark.parametrize("text", ["资费 = 128", "-12", "+8613800138000", "-1,234.50", ""])
def test_ordinary_cells_stay(text):
    assert safe_or_number(text) == text


def test_analysts_do_not_see_imports(client, old_batch, place):
    client.force_login(place.analyst)
    assert client.get(reverse("imports")).status_code == 403
    assert client.get(reverse("import-rejects", args=[old_batch.pk])).status_code == 403


def test_unknown_import_is_not_found(office):
    for name in ("import", "import-rejects"):
        assert office.client.get(reverse(name, args=[999])).status_code == 404
    for name in ("import-mapping", "import-confirm", "import-cancel", "import-undo"):
        assert office.client.post(reverse(name, args=[999])).status_code == 404


def test_list_shows_what_waits_in_the_inbox(client, place, settings, tmp_path):
    settings.INBOX_DIR = tmp_path
    (tmp_path / "月账单.csv.part").write_text("x")
    client.force_login(place.admin)
    page = client.get(reverse("imports"))
    assert [file.name for file in page.context["waiting"]] == ["月账单.csv.part"]
    assert str(page.context["waiting"][0].why.label) in page.content.decode()
