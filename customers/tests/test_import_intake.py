"""The life of a batch given by hand: spool, mapping, check, word, commit; whatever comes twice does nothing."""

from __future__ import annotations

import datetime as dt
import errno
import io
import os

import pytest
from django.db import connection

from customers.importing import batches, errors, intake, progress, running, spool, targets
from customers.models import (
    AuditEntry,
    HistoryBlock,
    ImportBatch,
    ImportChange,
    ImportReject,
    MappingTemplate,
    MonthlyBill,
    Run,
    Staff,
)
from customers.tests.files import BILLS, NOW
from customers.tests.locks import held_elsewhere
from cvm.lib.months import parse_label

Status, Source = ImportBatch.Status, ImportBatch.Source


def clock():
    return NOW


def bill(user, arpu="119.99", month="202610", days="20"):
    return (month, user, "正使用", arpu, "100", "2048", days)


def text_of(*rows):
    return ("\n".join(",".join(cells) for cells in (BILLS, *rows)) + "\n").encode()


def given(content, *, name="月账单.csv", **options):
    """Return the batch of a file sent by hand."""
    spooled = spool.take(io.BytesIO(content), name=name)
    return intake.submit(spooled, file_name=name, source=Source.UPLOAD, now=NOW, **options).batch


def checked(content, **options):
    batch = given(content, **options)
    intake.check(batch.pk, clock=clock)
    batch.refresh_from_db()
    return batch


def stored(content, *, override_reason="", **options):
    batch = checked(content, **options)
    intake.confirm(batch, by=None, now=NOW, override_reason=override_reason)
    intake.commit(batch.pk, clock=clock)
    batch.refresh_from_db()
    return batch


def codes(batch, part="stops"):
    return [one["code"] for one in batch.preview[part]]


def nothing_is_stored():
    tables = (MonthlyBill, HistoryBlock, ImportReject, ImportChange)
    return not any(table.objects.exists() for table in tables)


@pytest.fixture(autouse=True)
def customers(desk):
    desk.customers(3)
    ImportChange.objects.all().delete()
    return desk


@pytest.fixture
def admin():
    return Staff.objects.create(username="admin", role=Staff.Role.ADMIN)


# --- the spool


def test_spool_copies_and_hashes_the_same_bytes(customers):
    path = customers.write("a.csv", BILLS, bill("U1"))

    spooled = spool.take(path, name="月账单.CSV")

    copy = spool.path_of(spooled.name)
    assert (copy.read_bytes(), spooled.size, copy.suffix) == (path.read_bytes(), path.stat().st_size, ".csv")
    assert (copy.stat().st_mode & 0o777, len(spooled.sha256)) == (0o600, 64)


def test_spool_refuses_a_file_that_grows_while_it_is_copied(customers, monkeypatch):
    path = customers.write("a.csv", BILLS, bill("U1"))
    copy = spool._copied

    def slowly(file, name):
        found = copy(file, name)
        path.write_bytes(path.read_bytes() + b"more\n")
        return found

    before = set(spool.folder().iterdir())
    monkeypatch.setattr(spool, "_copied", slowly)

    with pytest.raises(spool.FileChanged):
        spool.take(path, name="a.csv")
    assert set(spool.folder().iterdir()) == before


def test_spool_without_room_says_so_and_leaves_no_piece(monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    before = set(spool.folder().iterdir())
    monkeypatch.setattr(spool.os, "fsync", full)

    with pytest.raises(spool.SpoolFull):
        spool.take(io.BytesIO(b"x"), name="a.csv")
    assert set(spool.folder().iterdir()) == before


def test_batch_is_read_from_its_copy_only(customers):
    path = customers.write("月账单.csv", BILLS, bill("U1"), bill("U2"))
    spooled = spool.take(path, name=path.name)
    batch = intake.submit(spooled, file_name=path.name, source=Source.INBOX, now=NOW).batch
    path.write_text("truncated")

    intake.check(batch.pk, clock=clock)

    batch.refresh_from_db()
    assert (batch.status, batch.preview["rows_read"]) == (Status.READY, 2)


def test_sweep_of_the_spool_keeps_what_is_waited_for():
    kept, gone = (spool.take(io.BytesIO(b"x"), name="a.csv").name for _ in range(2))
    for name in (kept, gone):
        os.utime(spool.path_of(name), (1, 1))

    assert spool.sweep(keep=[kept], older_than=NOW) >= 1

    assert spool.path_of(kept)
    with pytest.raises(spool.SpoolMissing):
        spool.path_of(gone)


# --- submit and map


def test_submit_proposes_the_template_the_name_fits():
    batch = given(text_of(bill("U1")))
    other = given(b"a,b\n1,2\n", name="unknown.csv")

    assert (batch.status, batch.kind, batch.template.name) == (Status.UPLOADED, "bills", "operator")
    assert (other.kind, other.template) == ("", None)


def test_submit_with_the_same_key_returns_the_first_batch(admin):
    first = given(text_of(bill("U1")), by=admin, idempotency_key="k1")

    spooled = spool.take(io.BytesIO(b"other"), name="b.csv")
    again = intake.submit(spooled, file_name="b.csv", source=Source.API, now=NOW, by=admin, idempotency_key="k1")

    assert again == (first, True)
    with pytest.raises(spool.SpoolMissing):
        spool.path_of(spooled.name)


def test_submit_of_stored_bytes_returns_the_batch_that_stored_them():
    first = stored(text_of(bill("U1")))

    spooled = spool.take(io.BytesIO(text_of(bill("U1"))), name="月账单二.csv")
    again = intake.submit(spooled, file_name="月账单二.csv", source=Source.UPLOAD, now=NOW)

    assert again == (first, True)


def test_the_same_bytes_for_another_month_are_another_file():
    content = "用户编码,当月ARPU\nU1,8\n".encode()
    stored(content, month=parse_label("2026-09"))

    batch = stored(content, month=parse_label("2026-10"))

    assert batch.status == Status.COMMITTED
    assert MonthlyBill.objects.count() == 2


def test_mapping_is_chosen_later_and_again(admin):
    batch = given(text_of(bill("U1")), name="x.csv")
    intake.check(batch.pk, clock=clock)
    batch.refresh_from_db()
    assert batch.status == Status.UPLOADED  # without a mapping there is nothing to check

    wrong = MappingTemplate.objects.get(kind="events", name="operator")
    intake.set_mapping(batch, template=wrong, month=None, by=admin, now=NOW)
    intake.check(batch.pk, clock=clock)
    batch.refresh_from_db()
    assert (batch.status, batch.error_code) == (Status.FAILED, "columns_missing")

    right = MappingTemplate.objects.get(kind="bills", name="operator")
    intake.set_mapping(batch, template=right, month=None, by=admin, now=NOW)
    intake.check(batch.pk, clock=clock)
    batch.refresh_from_db()
    assert (batch.status, batch.kind, batch.error, batch.error_code) == (Status.READY, "bills", "", "")


# --- check


def test_check_counts_everything_and_stores_nothing():
    stored(text_of(bill("U1"), bill("U2", arpu="50")))
    ImportChange.objects.all().delete()
    before = list(MonthlyBill.objects.order_by("customer_id").values())

    batch = checked(
        text_of(bill("U1"), bill("U2", arpu="60"), bill("U3"), bill("U3"), bill("13800000009", arpu="7")),
        name="月账单二.csv",
    )

    seen = batch.preview
    assert [seen[f"rows_{what}"] for what in ("read", "new", "changed", "unchanged", "rejected", "duplicate")] == [
        5,
        1,
        1,
        1,
        1,
        1,
    ]
    assert (seen["money_accepted_fen"], seen["money_rejected_fen"]) == (11999 + 6000 + 11999, 700)
    assert (seen["headers"][1], len(seen["rows"]), seen["rows"][4][1]) == ("用户编码", 5, "138****0009")
    assert seen["months"] == [
        {
            "month": "2026-10",
            "rows": 3,
            "median_fen": 11999,
            "last_median_fen": None,
            "ratio_permille": None,
            "revision": 2,
        }
    ]
    assert {one["name"]: one["changed"] for one in seen["fields"]}["arpu_fen"] == 1
    assert [(one["line"], one["value"], one["reason"]) for one in seen["rejects"]] == [
        (6, "138****0009", "unknown_customer")
    ]
    assert codes(batch, "warnings") == ["month_again"]
    assert (batch.status, seen["stops"]) == (Status.READY, [])
    assert list(MonthlyBill.objects.order_by("customer_id").values()) == before
    assert not ImportChange.objects.exists()


def test_check_that_crashes_closes_the_batch_with_its_reason(monkeypatch):
    def crash(*_):
        raise RuntimeError("power cut")

    whole = targets.target_of("bills")
    monkeypatch.setitem(targets._TARGETS, "bills", targets.Target("bills", whole.fields, crash, money=whole.money))

    batch = checked(text_of(bill("U1")))

    assert (batch.status, batch.error_code, batch.error_detail) == (
        Status.FAILED,
        "unexpected",
        {"problem": "RuntimeError: power cut"},
    )
    assert nothing_is_stored()


# --- stops


@pytest.mark.parametrize(
    ("said", "stop"),
    [
        ({"rows": 3}, "control_rows"),
        ({"money_fen": 1}, "control_money_fen"),
        ({"sha256": "0" * 64}, "control_sha256"),
    ],
)
def test_control_file_that_differs_stops_and_cannot_be_overridden(said, stop):
    batch = checked(text_of(bill("U1"), bill("U9")), control=said)

    assert codes(batch) == [stop]
    with pytest.raises(running.StopsHold):
        intake.confirm(batch, by=None, now=NOW, override_reason="we know")


def test_control_file_that_agrees_lets_the_file_pass():
    batch = stored(text_of(bill("U1"), bill("U9")), control={"rows": 2, "money_fen": 23998})

    assert (batch.status, batch.preview["control"]["rows"]) == (Status.COMMITTED, {"said": 2, "found": 2})


def test_future_month_is_stopped():
    batch = checked(text_of(bill("U1", month="202612")))

    assert [(one["code"], one["detail"], one["can_override"]) for one in batch.preview["stops"]] == [
        ("month_future", {"month": "2026-12"}, False)
    ]


def test_gap_names_the_missing_month_and_is_overridden_with_a_reason(admin):
    stored(text_of(bill("U1", month="202608")))
    batch = checked(text_of(bill("U1", month="202610")), name="月账单二.csv")
    assert batch.preview["stops"][0]["detail"] == {"month": "2026-10", "missing": "2026-09"}
    with pytest.raises(running.StopsHold, match="2026-09"):
        intake.confirm(batch, by=admin, now=NOW)

    intake.confirm(batch, by=admin, now=NOW, override_reason="September comes on Monday")
    intake.commit(batch.pk, clock=clock)

    batch.refresh_from_db()
    assert (batch.status, batch.preview["override_reason"]) == (Status.COMMITTED, "September comes on Monday")
    noted = AuditEntry.objects.get(action="import.confirm", subject_id=batch.pk)
    assert (noted.actor, noted.reason, noted.detail) == (
        admin,
        "September comes on Monday",
        {"overridden": ["month_gap"]},
    )


def test_fen_taken_for_yuan_is_stopped_by_last_months_median(monkeypatch):
    monkeypatch.setattr("customers.importing.bills.FEWEST_FOR_MEDIAN", 2)
    stored(text_of(*(bill(f"U{n}", arpu="20", month="202609") for n in (1, 2, 3))))

    batch = checked(text_of(*(bill(f"U{n}", arpu="2000") for n in (1, 2, 3))), name="月账单二.csv")
    within = checked(text_of(*(bill(f"U{n}", arpu="40") for n in (1, 2, 3))), name="月账单三.csv")

    stop = batch.preview["stops"][0]
    assert (stop["code"], stop["can_override"], batch.preview["months"][0]["ratio_permille"]) == (
        "median_jumps",
        True,
        100_000,
    )
    assert within.preview["stops"] == []


def test_stop_that_appears_between_check_and_commit_fails_the_batch():
    batch = checked(text_of(bill("U1", month="202610")))
    intake.confirm(batch, by=None, now=NOW)
    HistoryBlock.objects.create(
        month=dt.date(2026, 8, 1), bucket=0, size=0, checksum="", bill_count=0, arpu_sum_fen=0, arpu_fen=b"",
        flags=b"", voice_min=b"", data_mb=b"", sms_count=b"", active_days=b"", over_fee_fen=b"",
    )  # fmt: skip

    intake.commit(batch.pk, clock=clock)

    batch.refresh_from_db()
    assert (batch.status, batch.error_code) == (Status.FAILED, "stops_hold")
    assert not MonthlyBill.objects.exists()


# --- confirm and commit


def test_batch_goes_its_way_to_the_receipt():
    batch = given(text_of(bill("U1"), bill("U2"), bill("U9")))
    name = batch.spool_name
    intake.check(batch.pk, clock=clock)
    batch.refresh_from_db()
    batch = intake.confirm(batch, by=None, now=NOW)
    assert batch.status == Status.QUEUED

    intake.commit(batch.pk, clock=clock)

    batch.refresh_from_db()
    assert (batch.status, batch.rows_new, batch.rows_changed, batch.rows_unchanged) == (Status.COMMITTED, 2, 0, 0)
    assert (batch.rows_read, batch.rows_accepted, batch.rows_rejected, batch.revision) == (3, 2, 1, 1)
    assert (batch.preview["rows"], batch.preview["rejects"], batch.progress_permille) == ([], [], 1000)
    with pytest.raises(spool.SpoolMissing):
        spool.path_of(name)


def test_second_word_and_second_delivery_do_nothing():
    batch = stored(text_of(bill("U1")))

    with pytest.raises(intake.BatchMoved):
        intake.confirm(batch, by=None, now=NOW)
    intake.commit(batch.pk, clock=clock)
    intake.check(batch.pk, clock=clock)

    batch.refresh_from_db()
    assert (batch.status, MonthlyBill.objects.count(), ImportChange.objects.count()) == (Status.COMMITTED, 1, 1)


def test_same_file_confirmed_six_times_loads_once_and_the_others_refer_to_it():
    waiting = [checked(text_of(bill("U1"), bill("U2"))) for _ in range(6)]
    for batch in waiting:
        intake.confirm(batch, by=None, now=NOW)

    while (first := intake.first_in_line()) is not None:
        intake.commit(first, clock=clock)

    done = list(ImportBatch.objects.filter(pk__in=[one.pk for one in waiting]).order_by("pk"))
    assert [one.status for one in done] == [Status.COMMITTED] + [Status.FAILED] * 5
    assert {(one.error_code, one.error_detail["batch"]) for one in done[1:]} == {("already_imported", done[0].pk)}
    assert MonthlyBill.objects.count() == 2


def test_revision_number_counts_the_files_of_a_month():
    first, second = stored(text_of(bill("U1"))), stored(text_of(bill("U1", arpu="3")), name="月账单二.csv")

    assert (first.revision, second.revision) == (1, 2)


def test_second_file_of_a_month_corrects_and_never_adds():
    stored(text_of(bill("U1"), bill("U2")))

    batch = stored(text_of(bill("U1", arpu="3"), bill("U2")), name="月账单二.csv")

    assert (batch.rows_new, batch.rows_changed, batch.rows_unchanged) == (0, 1, 1)
    assert list(MonthlyBill.objects.order_by("customer_id").values_list("arpu_fen", flat=True)) == [300, 11999]


# --- turns


def test_commit_waits_for_another_import_and_for_a_night():
    batch = intake.confirm(checked(text_of(bill("U1"))), by=None, now=NOW)
    with held_elsewhere(batches.LOCK), pytest.raises(errors.AnotherImportRuns):
        intake.commit(batch.pk, clock=clock)
    run = Run.objects.create(as_of=NOW.date(), month=dt.date(2026, 10, 1), started_at=NOW)
    with pytest.raises(batches.NightRuns):
        intake.commit(batch.pk, clock=clock)
    batch.refresh_from_db()
    assert batch.status == Status.QUEUED

    Run.objects.filter(pk=run.pk).update(status=Run.Status.FAILED)
    intake.commit(batch.pk, clock=clock)

    batch.refresh_from_db()
    assert batch.status == Status.COMMITTED


def test_night_that_opens_waits_for_an_import_that_stores():
    other = connection.copy()
    try:
        with other.cursor() as cursor, batches.away_from_night():
            cursor.execute("set lock_timeout = '50ms'")
            with pytest.raises(Exception, match="lock timeout"):
                cursor.execute("select pg_advisory_xact_lock_shared(%s)", [batches.NIGHT_LOCK])
        with other.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock_shared(%s)", [batches.NIGHT_LOCK])
    finally:
        other.close()


def test_confirmed_batches_are_stored_in_their_order():
    first, second = (
        checked(text_of(bill("U1", month=month)), name=f"{month}.csv", template=template_for_bills())
        for month in ("202608", "202609")
    )
    intake.confirm(second, by=None, now=NOW)
    intake.confirm(first, by=None, now=NOW + dt.timedelta(seconds=1))

    assert intake.first_in_line() == second.pk


def template_for_bills():
    return MappingTemplate.objects.get(kind="bills", name="operator")


# --- interrupted


@pytest.mark.parametrize(("status", "back"), [(Status.RUNNING, Status.QUEUED), (Status.CHECKING, Status.UPLOADED)])
def test_batch_of_a_killed_worker_runs_again_once(status, back):
    batch = checked(text_of(bill("U1")))
    for expected in (back, Status.FAILED):
        ImportBatch.objects.filter(pk=batch.pk).update(status=status)
        with batches.only_import():
            batches.settle_interrupted(now=NOW)
        batch.refresh_from_db()
        assert (batch.status, batch.error_code) == (expected, "interrupted")


def test_redelivered_commit_of_a_killed_worker_completes():
    batch = intake.confirm(checked(text_of(bill("U1"))), by=None, now=NOW)
    ImportBatch.objects.filter(pk=batch.pk).update(status=Status.RUNNING)

    intake.commit(batch.pk, clock=clock)

    batch.refresh_from_db()
    assert (batch.status, batch.error_code, MonthlyBill.objects.count()) == (Status.COMMITTED, "", 1)


# --- cancel


@pytest.mark.parametrize("state", [Status.UPLOADED, Status.READY, Status.QUEUED])
def test_waiting_batch_is_cancelled_at_once(state, admin):
    batch = given(text_of(bill("U1"))) if state == Status.UPLOADED else checked(text_of(bill("U1")))
    if state == Status.QUEUED:
        batch = intake.confirm(batch, by=None, now=NOW)

    batch = intake.cancel(batch, by=admin, now=NOW)

    assert batch.status == Status.CANCELLED
    intake.commit(batch.pk, clock=clock)
    assert nothing_is_stored()
    with pytest.raises(spool.SpoolMissing):
        spool.path_of(batch.spool_name)
    with pytest.raises(intake.BatchMoved):
        intake.cancel(batch, by=admin, now=NOW)


def test_cancel_of_a_batch_at_work_stops_it_and_leaves_nothing(monkeypatch):
    batch = intake.confirm(checked(text_of(bill("U1"))), by=None, now=NOW)
    whole = targets.target_of("bills")

    def store_and_ask(rows, account, context):
        whole.store(rows, account, context)
        ImportBatch.objects.filter(pk=batch.pk).update(is_cancel_asked=True)

    asking = targets.Target("bills", whole.fields, store_and_ask, money=whole.money)
    monkeypatch.setitem(targets._TARGETS, "bills", asking)
    # The row is asked for inside the import's own transaction, which takes the flag back with everything else.
    monkeypatch.setattr(batches, "_why_not_closed", lambda batch: batches.Cancelled())

    intake.commit(batch.pk, clock=clock)

    batch.refresh_from_db()
    assert (batch.status, batch.error) == (Status.CANCELLED, "")
    assert nothing_is_stored()


def test_committed_batch_cannot_be_cancelled():
    batch = stored(text_of(bill("U1")))

    with pytest.raises(intake.BatchMoved):
        intake.cancel(batch, by=None, now=NOW)


def test_progress_is_told_not_too_often(monkeypatch):
    told = []
    watching = progress.Progress(1, clock=clock)
    monkeypatch.setattr(watching, "_tell", told.append)

    monkeypatch.setattr(progress, "EVERY_SECONDS", 3600)
    watching(0.1)
    monkeypatch.setattr(progress, "EVERY_SECONDS", 0)
    watching(0.3)
    watching.storing(1)

    assert told == [300, 999]


def test_expected_rows_are_estimated_from_the_first_lines(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"0123456789\n" * 20_000)

    assert abs(progress.expected_rows(path) - 20_000) <= 5
    assert progress.expected_rows(tmp_path / "a.xlsx") == 0
