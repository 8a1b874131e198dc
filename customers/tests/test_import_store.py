"""From the file to the tables: receipts that balance, revisions, re-issued numbers, and all or nothing."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import re

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from customers import blocks
from customers.importing import batches, errors, receipts, spool, targets
from customers.importing.reasons import Reason
from customers.models import (
    Branch,
    Bundle,
    Complaint,
    Customer,
    DoNotDisturb,
    Event,
    GroupAccount,
    HistoryBlock,
    ImportBatch,
    ImportReject,
    MonthlyBill,
    Staff,
)
from customers.tests.files import BILLS, NOW, PROFILE, why
from customers.tests.locks import held_elsewhere
from cvm.lib.months import parse_label

OCTOBER = dt.date(2026, 10, 1)


def bill(user, arpu="119.99", month="202610", state="正使用", minutes="100", data="2048", days="20"):
    return (month, user, state, arpu, minutes, data, days)


def stored(*fields):
    return list(MonthlyBill.objects.order_by("month", "customer_id").values_list(*fields))


def balances(result):
    account = result.account
    return account.read == account.accepted + len(account.rejects) + account.duplicate


def history_agrees():
    with connection.cursor() as cursor:
        return blocks.check(cursor)


def test_profiles_get_dense_ids_in_the_order_of_the_file(desk):
    desk.customers(3)
    desk.profiles(
        ("U9", "13900000009", "单雄信", "城关区", "2026-10-05", "正使用"),
        ("U2", "13800000002", "王伟", "东湖县", "2020-01-15", "正使用"),
        name="客户资料2.csv",
    )

    found = Customer.objects.order_by("id").values_list("id", "user_code", "county__name", "name_initials")
    assert list(found) == [
        (1, "U1", "城关区", "ww"),
        (2, "U2", "东湖县", "ww"),
        (3, "U3", "城关区", "ww"),
        (4, "U9", "城关区", "sxx"),
    ]


def test_profiles_absent_column_keeps_what_is_stored(desk):
    desk.customers(1)
    manager = Staff.objects.create(username="pm01", role=Staff.Role.PHONE_MANAGER)

    result = desk.profiles(("U1", "pm01"), ("U2", "pm01"), name="客户资料2.csv", header=("用户编码", "维系工号"))

    customer = Customer.objects.get()
    assert (customer.manager, customer.name, customer.county.name, customer.msisdn) == (
        manager,
        "王伟",
        "城关区",
        "13800000001",
    )
    assert why(result) == [(3, "用户编码", "unknown_customer")]


def test_profiles_unknown_manager_is_rejected_and_zero_means_none(desk):
    desk.customers(2)

    result = desk.profiles(("U1", "nobody"), ("U2", "0"), name="客户资料2.csv", header=("用户编码", "维系工号"))

    assert why(result) == [(2, "维系工号", "unknown_staff")]


def test_profiles_every_reject_has_line_column_and_reason(desk):
    result = desk.profiles(
        ("U1", "138", "甲", "城关区", "2020-01-15", "正使用"),
        ("", "13800000002", "乙", "城关区", "2020-01-15", "正使用"),
        ("U3", "13800000003", "丙", "城关区", "昨天", "正使用"),
        ("U4", "13800000004", "丁", "城关区", "2020-01-15", "飞走"),
        ("U5", "13800000005", "戊", "", "2020-01-15", "正使用"),
        ("U6", "13800000006", "己"),
        ("U7", "13800000007", "NA", "城关区", "2020-01-15", "正使用"),
        ("U7", "13800000007", "NA", "城关区", "2020-01-15", "正使用"),
        ("U7", "13800000007", "庚", "城关区", "2020-01-15", "正使用"),
        encoding="gb18030",
    )

    assert sorted(why(result)) == [
        (2, "手机号码", "not_a_phone_number"),
        (3, "用户编码", "missing"),
        (4, "入网时间", "not_a_date"),
        (5, "用户状态", "unknown_word"),
        (6, "归属县市", "missing"),
        (7, "", "ragged"),
        (10, "用户编码", "conflict"),
    ]
    assert (result.account.accepted, result.account.duplicate, balances(result)) == (1, 1, True)
    assert Customer.objects.get().name == "NA"
    assert ImportReject.objects.filter(batch=result.batch).count() == 7


def test_number_passes_on_only_when_its_owner_has_left(desk):
    desk.customers(2)

    result = desk.profiles(
        ("U3", "13800000001", "新一", "城关区", "2020-01-15", "正使用"),
        ("U2", "13800000002", "王伟", "城关区", "2020-01-15", "申销"),
        ("U4", "13800000002", "新二", "城关区", "2026-10-01", "正使用"),
        name="客户资料2.csv",
    )

    assert why(result) == [(2, "手机号码", "number_in_use")]
    assert list(Customer.objects.order_by("id").values_list("id", "user_code", "msisdn", "state")) == [
        (1, "U1", "13800000001", 1),
        (2, "U2", "13800000002", 6),
        (3, "U4", "13800000002", 1),
    ]


def test_two_customers_may_swap_their_numbers(desk):
    desk.customers(2)

    result = desk.profiles(
        ("U1", "13800000002", "王伟", "城关区", "2020-01-15", "正使用"),
        ("U2", "13800000001", "王伟", "城关区", "2020-01-15", "正使用"),
        name="客户资料2.csv",
    )

    assert why(result) == []
    assert list(Customer.objects.order_by("id").values_list("msisdn", flat=True)) == ["13800000002", "13800000001"]


def test_number_claimed_twice_in_a_file_stays_with_the_first(desk):
    result = desk.profiles(
        ("U1", "13800000001", "甲", "城关区", "2020-01-15", "正使用"),
        ("U2", "13800000001", "乙", "城关区", "2020-01-15", "正使用"),
    )

    assert why(result) == [(3, "手机号码", "number_in_use")]


def test_leaving_date_goes_when_the_customer_comes_back(desk):
    header = (*PROFILE, "离网时间")
    row = ("U1", "13800000001", "甲", "城关区", "2020-01-15")
    desk.profiles((*row, "携出", "2026-10-01"), header=header)
    desk.profiles((*row, "正使用"), name="客户资料2.csv")

    assert Customer.objects.values_list("state", "leave_date").get() == (1, None)


def test_leaving_date_of_somebody_who_stays_is_rejected(desk):
    row = ("U1", "13800000001", "甲", "城关区", "2020-01-15", "正使用", "2026-10-01")
    result = desk.profiles(row, header=(*PROFILE, "离网时间"))

    assert why(result) == [(2, "离网时间", "state_and_leaving")]


def test_do_not_disturb_of_files_is_replaced_and_of_people_stays(desk):
    desk.customers(1)
    person = DoNotDisturb.objects.create(customer_id=1, scope=2, starts_at=NOW, source="desk")
    header = ("用户编码", "营销免打扰", "免打扰生效时间", "免打扰失效时间")
    desk.profiles(("U1", "是", "2026-01-01", "2099-12-31"), name="客户资料2.csv", header=header)
    desk.profiles(("U1", "否", "", ""), name="客户资料3.csv", header=header)
    desk.profiles(("U1", "是", "2026-02-01", "2026-12-31"), name="客户资料4.csv", header=header)

    imported = DoNotDisturb.objects.exclude(pk=person.pk).get()
    assert (imported.starts_at, imported.ends_at) == (
        dt.datetime(2026, 1, 31, 16, tzinfo=dt.UTC),
        dt.datetime(2026, 12, 30, 16, tzinfo=dt.UTC),
    )


def test_bills_are_stored_exactly_with_their_blocks(desk):
    desk.customers(3)

    result = desk.bills(bill("U1"), bill("U3", arpu="-0.01", state="欠费停机"))

    assert stored("customer_id", "arpu_fen", "voice_min", "data_mb", "active_days", "state") == [
        (1, 11999, 100, 2048, 20, 1),
        (3, -1, 100, 2048, 20, 3),
    ]
    block = HistoryBlock.objects.get()
    assert (block.month, block.bill_count, block.arpu_sum_fen, block.revision) == (OCTOBER, 2, 11998, 1)
    assert (result.account.accepted, result.batch.money_accepted_fen, result.batch.month) == (2, 11998, OCTOBER)
    assert history_agrees() == 1


def test_bills_rejects_and_duplicates_balance_with_rows_and_money(desk):
    desk.customers(3)

    result = desk.bills(
        bill("U1"),
        bill("U1"),
        bill("U1", arpu="5"),
        bill("U2", arpu="坏"),
        bill("U3", arpu="2", minutes="abc"),
        bill("U7", arpu="1"),
        bill("U3", month="202613", arpu="1"),
        bill("U3", days="45"),
        ("202610",),
    )

    assert sorted(why(result)) == [
        (4, "用户编码", "conflict"),
        (5, "当月ARPU（元）", "not_a_number"),
        (6, "主叫MOU（分）", "not_a_number"),
        (7, "用户编码", "unknown_customer"),
        (8, "账期", "not_a_month"),
        (9, "通话天数", "out_of_range"),
        (10, "", "ragged"),
    ]
    batch = result.batch
    assert (batch.rows_read, batch.rows_accepted, batch.rows_rejected, batch.rows_duplicate) == (9, 1, 7, 1)
    assert (batch.money_accepted_fen, batch.money_rejected_fen) == (11999, 500 + 200 + 100 + 100 + 11999)


def test_command_says_why_rows_were_turned_away(desk, capsys):
    desk.customers(1)
    path = desk.write("月账单.csv", BILLS, bill("U1"), bill("U7"), bill("U8"), ("202610",))
    call_command("import", str(path))
    reasons = [line for line in capsys.readouterr().out.splitlines() if "×" in line]
    assert reasons == [f"  2 × {Reason.UNKNOWN_CUSTOMER.label} (用户编码)", f"  1 × {Reason.RAGGED.label}"]


def test_same_file_twice_says_so_and_changes_nothing(desk, capsys):
    desk.customers(1)
    first = desk.bills(bill("U1"))

    again = desk.take(desk.folder / "月账单.csv")
    call_command("import", str(desk.folder / "月账单.csv"))

    assert (again.already, again.batch.pk) == (True, first.batch.pk)
    assert ImportBatch.objects.filter(kind="bills").count() == 1
    assert "月账单.csv" in capsys.readouterr().out


def test_second_file_of_a_month_corrects_and_never_adds(desk):
    desk.customers(3)
    first = desk.bills(bill("U1"), bill("U2", arpu="50")).batch.pk

    result = desk.bills(bill("U2", arpu="60"), bill("U1"), bill("U3", arpu="10"), name="月账单2.csv")

    second = result.batch.pk
    assert stored("customer_id", "arpu_fen", "batch_id") == [(1, 11999, first), (2, 6000, second), (3, 1000, second)]
    assert (result.account.accepted, result.account.new, result.account.changed, result.account.unchanged) == (
        3,
        1,
        1,
        1,
    )
    assert HistoryBlock.objects.get().revision == 2
    assert history_agrees() == 1


def test_second_file_without_a_column_keeps_that_column(desk):
    desk.customers(1)
    desk.bills(bill("U1"))

    desk.bills(("202610", "U1", "8"), name="月账单2.csv", header=("账期", "用户编码", "当月ARPU"))

    assert stored("arpu_fen", "voice_min", "data_mb") == [(800, 100, 2048)]
    assert history_agrees() == 1


def test_bills_take_the_month_named_when_the_file_has_none(desk):
    desk.customers(1)
    path = desk.write("月账单.csv", ("用户编码", "当月ARPU（分）"), ("U1", "11999"))

    with pytest.raises(errors.MonthUnknown):
        desk.take(path)
    desk.take(path, month=parse_label("2026-09"))

    assert stored("month", "arpu_fen") == [(dt.date(2026, 9, 1), 11999)]


def test_bills_by_number_when_the_file_has_no_user_code(desk):
    desk.customers(2)

    result = desk.bills(
        ("202610", "13800000002", "1"),
        ("202610", "13999999999", "1"),
        header=("账期", "手机号码", "当月ARPU"),
    )

    assert stored("customer_id") == [(2,)]
    assert why(result) == [(3, "手机号码", "unknown_customer")]


def test_wrong_money_unit_is_refused(desk, monkeypatch):
    monkeypatch.setattr("customers.importing.bills.FEWEST_FOR_MEDIAN", 2)
    desk.customers(3)

    with pytest.raises(errors.MoneyImplausible):
        desk.bills(*(bill(f"U{n}", arpu="11999") for n in (1, 2, 3)))

    assert stored() == []


def test_crash_in_the_middle_leaves_nothing_of_the_file(desk, monkeypatch):
    desk.customers(1)
    whole = targets.target_of("bills")

    def store_and_crash(rows, account, context):
        whole.store(rows, account, context)
        raise RuntimeError("power cut")

    monkeypatch.setitem(targets._TARGETS, "bills", dataclasses.replace(whole, store=store_and_crash))
    with pytest.raises(RuntimeError):
        desk.bills(bill("U1"), bill("U2"))

    batch = ImportBatch.objects.get(kind="bills")
    assert (batch.status, "power cut" in batch.error) == (ImportBatch.Status.FAILED, True)
    assert (stored(), HistoryBlock.objects.count(), ImportReject.objects.count()) == ([], 0, 0)

    monkeypatch.undo()
    assert desk.take(desk.folder / "月账单.csv").account.accepted == 1


def test_batch_of_a_killed_import_is_closed_by_the_next(desk):
    dead = ImportBatch.objects.create(kind="bills", file_name="x", sha256="0", size_bytes=1, started_at=NOW)

    desk.customers(1)

    dead.refresh_from_db()
    assert (dead.status, dead.finished_at, bool(dead.error)) == (ImportBatch.Status.FAILED, NOW, True)


def test_rehearsal_stores_nothing_but_counts(desk):
    result = desk.profiles(("U1", "13800000001", "甲", "城关区", "2020-01-15", "正使用"), name="客户资料0.csv")
    rehearsed = desk.take(
        desk.write("客户资料1.csv", PROFILE, ("U2", "13800000002", "乙", "新区", "2020-01-15", "正使用")), rehearse=True
    )

    assert (result.account.accepted, rehearsed.account.accepted, rehearsed.batch) == (1, 1, None)
    assert (Customer.objects.count(), ImportBatch.objects.count()) == (1, 1)
    assert not Branch.objects.filter(name="新区").exists()


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("月账单.csv", "", errors.FileEmpty),
        ("月账单.csv", "账期,用户编码,当月ARPU\n", errors.FileWithoutRows),
        ("月账单.csv", "甲,乙\n1,2\n", errors.ColumnsMissing),
        ("月账单.csv", "账期,用户编码,当月ARPU,当月ARPU（元）\n202610,U1,1,1\n", errors.ColumnsRepeated),
        ("月账单.csv", "账期,用户编码,当月ARPU（秒）\n202610,U1,1\n", errors.UnitUnknown),
        ("月账单.xlsx", "broken", errors.FileDamaged),
        ("别的.csv", "账期\n1\n", errors.NoTemplateFits),
        (None, "", errors.FileMissing),
    ],
)
def test_file_that_cannot_be_taken_says_why_and_leaves_a_failed_batch(desk, name, content, error):
    path = desk.folder / (name or "none.csv")
    if name:
        path.write_text(content, "utf-8")

    with pytest.raises(error):
        desk.take(path)
    with pytest.raises(CommandError):
        call_command("import", str(path))

    assert set(ImportBatch.objects.values_list("status", flat=True)) == {ImportBatch.Status.FAILED}
    assert all(ImportBatch.objects.values_list("error", flat=True))
    assert not Customer.objects.exists()


def test_file_nobody_lets_us_read_says_so_and_leaves_a_failed_batch(desk, monkeypatch):
    path = desk.write("月账单.csv", BILLS, bill("U1"))
    monkeypatch.setattr(os, "access", lambda path, mode: False)

    with pytest.raises(CommandError, match=re.escape(str(errors.FileClosed(path)))):
        call_command("import", str(path))
    with pytest.raises(CommandError, match=re.escape(str(errors.FileClosed(desk.folder)))):
        call_command("import", str(desk.folder))

    assert ImportBatch.objects.get().status == ImportBatch.Status.FAILED


def test_path_in_a_folder_nobody_may_enter_is_no_file(desk, monkeypatch):
    def refuse(path, **options):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "stat", refuse)

    with pytest.raises(errors.FileMissing):
        spool.take(desk.folder / "x.csv", name="x.csv")


def test_folder_without_files_is_refused(desk):
    (desk.folder / "notes.md").write_text("x")

    with pytest.raises(CommandError, match=re.escape(str(errors.FolderEmpty(desk.folder)))):
        call_command("import", str(desk.folder))


def test_only_one_import_runs_at_a_time(desk):
    with held_elsewhere(batches.LOCK), pytest.raises(errors.AnotherImportRuns):
        desk.customers(1)


def test_folder_is_taken_in_a_sensible_order(desk, capsys):
    desk.write("投诉.csv", ("工单编号", "用户编码", "受理时间", "投诉级别"), ("C1", "U1", "2026-11-01 09:30", "重大"))
    desk.write("月账单.csv", BILLS, bill("U1"))
    desk.write("家庭.csv", ("家庭编号", "用户编码", "家庭角色"), ("F1", "U1", "决策人"))
    desk.write("集团.csv", ("集团编号", "集团名称", "集团类别", "归属县市"), ("G1", "一中", "B类", "城关区"))
    desk.write(
        "合约.csv",
        ("合约编号", "用户编码", "合约名称", "硬捆绑类型", "协议起始时间", "协议终止时间", "返还截止月份"),
        ("B1", "U1", "购机", "终端", "2026/01/01", "20991231235959", "202612"),
        ("B2", "U1", "购机", "终端", "2026/01/01", "2025/12/31", ""),
    )
    desk.write("携转.csv", ("流水号", "用户编码", "事件类型", "发生时间"), ("E1", "U1", "取码", "2026-11-20 08:00:00"))
    desk.write(
        "客户资料.csv", (*PROFILE, "集团编号"), ("U1", "13800000001", "甲", "城关区", "2020-01-15", "正使用", "G1")
    )

    call_command("import", str(desk.folder))

    customer = Customer.objects.select_related("group", "family").get()
    assert (customer.group.code, customer.group.group_class, customer.family.code, customer.family_role) == (
        "G1",
        GroupAccount.GroupClass.B,
        "F1",
        Customer.FamilyRole.DECIDER,
    )
    assert Bundle.objects.values_list("code", "end_date", "rebate_end_month").get() == (
        "B1",
        None,
        dt.date(2026, 12, 1),
    )
    assert Complaint.objects.values_list("case_code", "level").get() == ("C1", Complaint.Level.MAJOR)
    assert Event.objects.values_list("kind", "occurred_at").get() == (
        Event.Kind.PORTING_CODE,
        dt.datetime(2026, 11, 20, 0, 0, tzinfo=dt.UTC),
    )
    assert ImportBatch.objects.filter(status=ImportBatch.Status.COMMITTED).count() == 7


def test_events_sent_again_change_nothing(desk):
    desk.customers(1)
    header, row = ("流水号", "用户编码", "事件类型", "发生时间"), ("E1", "U1", "取码", "2026-11-20 08:00:00")
    desk.take(desk.write("事件.csv", header, row))
    other = ("E2", "U1", "销户申请", "2026-11-21")

    result = desk.take(desk.write("事件2.csv", header, row, other))

    assert (result.account.accepted, result.account.new, result.account.changed, Event.objects.count()) == (2, 1, 0, 2)


def test_rejected_rows_name_line_column_and_value(desk):
    desk.customers(1)
    batch = desk.bills(bill("U1"), bill("U2"), bill("U3")).batch

    rows = list(receipts.rejected_rows(batch))

    assert [row[:3] for row in rows[1:]] == [(3, "用户编码", "U2"), (4, "用户编码", "U3")]
