"""An import taken back: every table as it was, byte for byte, and refused once something stands on it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection, transaction

from customers import blocks
from customers.importing import journal, undo
from customers.models import (
    AuditEntry,
    Consent,
    Customer,
    DoNotDisturb,
    FieldCheck,
    ImportBatch,
    ImportChange,
    MonthlyBill,
    Run,
    Staff,
)
from customers.tests.files import NOW, PROFILE, Desk

LATER = NOW + dt.timedelta(hours=1)
# Turned by every statement that touches a row, or about the import itself.
OURS = ("customers_auditentry", "customers_importbatch", "customers_importchange", "customers_importreject")
FRAMEWORK = ("auth", "axes_", "django_")


def everything_stored():
    """Return the rows of every table an import could reach, as text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select relname from pg_class where relkind in ('r', 'p') and not relispartition"
            " and relnamespace = 'public'::regnamespace order by relname"
        )
        names = [name for (name,) in cursor.fetchall() if not name.startswith(FRAMEWORK) and name not in OURS]
        return {name: rows_of(cursor, name) for name in names}


def rows_of(cursor, name):
    hidden = " - 'revision' - 'id'" if name == "customers_historyblock" else ""
    cursor.execute(f"select (to_jsonb(one){hidden})::text from {name} as one")
    return sorted(text for (text,) in cursor.fetchall())


def taken_back(result, now=LATER):
    return undo.undo(result.batch, by=None, now=now)


def history_agrees():
    with connection.cursor() as cursor:
        blocks.check(cursor)
    return True


@pytest.fixture(scope="module")
def _branch_of_module(django_db_setup, django_db_blocker, tmp_path_factory):
    """Thirteen files, taken once in a transaction that never commits; each test takes back what it does."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield filled(Desk(tmp_path_factory.mktemp("files")))
        transaction.set_rollback(True)


@pytest.fixture
def branch(_branch_of_module, db):
    return _branch_of_module


def filled(desk):
    """Two customers in whole: with a group, a family, bundles, bills of two months and everything that happened."""
    desk.take(desk.write("集团.csv", ("集团编号", "集团名称", "集团类别", "归属县市"), ("G1", "一中", "B类", "城关区")))
    header = (
        *PROFILE,
        "外呼授权",
        "短信授权",
        "营销免打扰",
        "免打扰生效时间",
        "免打扰失效时间",
        "客户编号",
        "集团编号",
    )
    desk.profiles(
        (
            "U1",
            "13800000001",
            "王伟",
            "城关区",
            "2020-01-15",
            "正使用",
            "同意",
            "同意",
            "是",
            "2026-01-01",
            "",
            "C1",
            "G1",
        ),
        ("U2", "13800000002", "李娜", "东湖县", "2021-01-15", "正使用", "同意", "不同意", "否", "", "", "C2", ""),
        header=header,
    )
    for name, month in (("8", "202608"), ("9", "202609")):
        desk.bills(
            (month, "U1", "正使用", "119.99", "100", "2048", "20"),
            (month, "U2", "正使用", "50", "10", "204", "10"),
            name=f"月账单{name}.csv",
        )
    for name, header, row in HAPPENED:
        desk.take(desk.write(f"{name}.csv", header, row))
    return desk


HAPPENED = (
    ("关键人", ("集团编号", "用户编码", "是否关键人", "职务"), ("G1", "U1", "是", "校长")),
    ("家庭", ("家庭编号", "用户编码", "家庭角色"), ("F1", "U1", "决策人")),
    (
        "合约",
        ("合约编号", "用户编码", "合约名称", "硬捆绑类型", "协议起始时间"),
        ("B1", "U1", "购机", "终端", "2026/01/01"),
    ),
    ("通话圈", ("用户编码", "对端号码", "账期", "通话时长（分）"), ("U1", "13800000002", "202610", "40")),
    ("投诉", ("工单编号", "用户编码", "受理时间", "投诉级别"), ("C1", "U1", "2026-11-01 09:30", "重大")),
    ("事件", ("流水号", "用户编码", "事件类型", "发生时间"), ("E1", "U1", "取码", "2026-11-20 08:00:00")),
    ("服务记录", ("服务流水号", "用户编码", "服务时间", "内容"), ("S1", "U1", "2026-11-20 08:00:00", "咨询套餐")),
    ("网络质量", ("用户编码", "统计日期", "语音质差次数"), ("U1", "2026-11-20", "4")),
    ("拍照", ("用户编码", "2025年价值拍照客户", "2026年价值拍照客户"), ("U1", "否", "是")),
    (
        "接触",
        ("接触流水号", "用户编码", "渠道", "开始时间", "结束时间", "接触结果"),
        ("K1", "U1", "外呼", "2026-11-01 10:00:00", "2026-11-01 10:03:00", "无人接听"),
    ),
)
SECOND = {
    "关键人": (("G1", "U1", "是", "副校长"), ("G1", "U2", "是", "会计")),
    "家庭": (("F2", "U1", "付费人"), ("F2", "U2", "成员")),
    "合约": (("B1", "U1", "购机二", "终端", "2026/02/01"), ("B2", "U2", "宽带", "宽带", "2026/02/01")),
    "通话圈": (("U2", "13800000001", "202610", "60"),),
    "投诉": (("C1", "U1", "2026-11-01 09:30", "普通"), ("C2", "U2", "2026-11-02 09:30", "重大")),
    "事件": (("E1", "U1", "取码", "2026-11-20 09:00:00"), ("E2", "U2", "取码", "2026-11-20 08:00:00")),
    "服务记录": (("S1", "U1", "2026-11-20 08:00:00", "咨询资费"), ("S2", "U2", "2026-11-20 08:00:00", "投诉网速")),
    "网络质量": (("U1", "2026-11-20", "5"), ("U2", "2026-11-20", "1")),
    "拍照": (("U1", "是", "是"), ("U2", "是", "是")),
    "接触": (
        ("K1", "U1", "外呼", "2026-11-01 10:00:00", "2026-11-01 10:05:00", "无人接听"),
        ("K2", "U2", "外呼", "2026-11-01 10:00:00", "2026-11-01 10:03:00", "无人接听"),
    ),
}


@pytest.mark.parametrize("name", [name for name, *_ in HAPPENED])
def test_undo_of_every_kind_leaves_the_tables_as_they_were(branch, name):
    header = next(header for known, header, _ in HAPPENED if known == name)
    before = everything_stored()
    result = branch.take(branch.write(f"{name}二.csv", header, *SECOND[name]))
    assert everything_stored() != before
    assert result.account.new + result.account.changed > 0
    assert result.account.unchanged >= 0

    taken_back(result)

    assert everything_stored() == before
    assert not ImportChange.objects.filter(batch=result.batch).exists()


def test_undo_of_groups_with_a_new_county_takes_that_back_too(branch):
    before = everything_stored()
    header = ("集团编号", "集团名称", "集团类别", "归属县市")
    result = branch.take(
        branch.write("集团二.csv", header, ("G1", "二中", "A类", "新区"), ("G2", "三中", "C类", "新区"))
    )

    taken_back(result)

    assert everything_stored() == before


def test_undo_of_profiles_restores_numbers_states_consents_and_opt_outs(branch):
    DoNotDisturb.objects.create(customer_id=2, scope=2, starts_at=NOW, source="desk")
    before = everything_stored()
    header = (*PROFILE, "外呼授权", "营销免打扰", "免打扰生效时间", "免打扰失效时间", "客户编号")
    result = branch.profiles(
        ("U1", "13800000002", "王伟", "新区", "2020-01-15", "正使用", "不同意", "否", "", "", "C9"),
        ("U2", "13800000001", "李娜娜", "城关区", "2021-01-15", "正使用", "同意", "是", "2026-02-01", "", "C2"),
        ("U3", "13800000003", "新人", "新区", "2026-11-01", "正使用", "同意", "是", "2026-02-01", "", "C3"),
        name="客户资料二.csv",
        header=header,
    )
    assert (result.account.new, result.account.changed, result.account.unchanged) == (1, 2, 0)
    assert Consent.objects.filter(customer__user_code="U3").exists()

    taken_back(result)

    assert everything_stored() == before


def test_undo_of_a_new_month_takes_bills_and_blocks_away(branch):
    before = everything_stored()
    result = branch.bills(("202610", "U1", "正使用", "1", "1", "1", "1"), name="月账单10.csv")
    assert ImportChange.objects.filter(batch=result.batch).count() == 1

    taken_back(result)

    assert everything_stored() == before
    assert history_agrees()


def test_undo_of_a_revision_restores_bills_and_their_batch(branch):
    before = everything_stored()
    result = branch.bills(
        ("202609", "U1", "正使用", "1", "1", "1", "1"),
        ("202609", "U2", "正使用", "50", "10", "204", "10"),
        ("202610", "U1", "正使用", "1", "1", "1", "1"),
        name="月账单二.csv",
    )
    assert (result.account.new, result.account.changed, result.account.unchanged) == (1, 1, 1)

    taken_back(result)

    assert everything_stored() == before
    assert history_agrees()


def test_undone_file_can_be_imported_again(branch):
    row = ("202610", "U1", "正使用", "1", "1", "1", "1")
    first = branch.bills(row, name="月账单10.csv")
    undone = taken_back(first)
    stored = MonthlyBill.objects.filter(month=dt.date(2026, 10, 1))
    assert (undone.status, undone.undone_at, stored.count()) == (ImportBatch.Status.UNDONE, LATER, 0)

    again = branch.take(branch.folder / "月账单10.csv")

    assert (again.already, again.account.new, stored.count()) == (False, 1, 1)
    assert AuditEntry.objects.filter(action="import.undo", subject_id=first.batch.pk).exists()


def test_undo_is_refused_with_the_name_of_a_later_import_of_the_same_rows(branch):
    first = branch.bills(("202609", "U1", "正使用", "1", "1", "1", "1"), name="月账单甲.csv")
    other = branch.bills(("202609", "U2", "正使用", "2", "1", "1", "1"), name="月账单乙.csv")
    second = branch.bills(("202609", "U1", "正使用", "3", "1", "1", "1"), name="月账单丙.csv")

    with pytest.raises(undo.LaterImport, match="月账单丙.csv"):
        taken_back(first)

    assert "月账单丙.csv" in undo.refusal(first.batch)
    assert undo.refusal(other.batch) is None
    taken_back(second)
    taken_back(first)


def test_undo_is_refused_while_others_refer_to_the_rows_it_made(branch):
    customer = branch.profiles(("U9", "13800000009", "新", "城关区", "2026-01-15", "正使用"), name="客户资料九.csv")
    bundle = branch.take(branch.write("合约九.csv", HAPPENED[2][1], ("B9", "U9", "购机", "终端", "2026/01/01")))
    with pytest.raises(undo.LaterImport, match="合约九.csv"):
        taken_back(customer)
    taken_back(bundle)

    bill = branch.bills(("202609", "U9", "正使用", "1", "1", "1", "1"), name="月账单九.csv")
    with pytest.raises(undo.LaterImport, match="月账单九.csv"):
        taken_back(customer)
    taken_back(bill)

    mine = Consent.objects.create(
        customer=Customer.objects.get(user_code="U9"), channel="app", is_given=True, said_at=NOW, source="desk"
    )
    with pytest.raises(undo.RecordsInUse):
        taken_back(customer)
    mine.delete()
    taken_back(customer)


def test_undo_is_refused_after_corrections_by_hand(branch):
    result = branch.profiles(("U1", "13800000001", "王维", "城关区", "2020-01-15", "正使用"), name="客户资料二.csv")
    staff = Staff.objects.create(username="pm", role=Staff.Role.PHONE_MANAGER)
    FieldCheck.objects.create(
        customer_id=1, field="name", checked_at=LATER, checked_by=staff, is_correction=True, before="王维", after="王为"
    )

    with pytest.raises(undo.CorrectedSince):
        taken_back(result)


@pytest.mark.parametrize(
    ("status", "finished", "refused"),
    [
        (Run.Status.PUBLISHED, LATER, True),
        (Run.Status.PUBLISHED, NOW - dt.timedelta(days=1), False),
        (Run.Status.RUNNING, None, True),
        (Run.Status.FAILED, LATER, False),
    ],
)
def test_undo_ends_with_the_next_published_night(branch, status, finished, refused):
    result = branch.bills(("202610", "U1", "正使用", "1", "1", "1", "1"), name="月账单10.csv")
    Run.objects.create(
        as_of=NOW.date(), month=dt.date(2026, 10, 1), status=status, started_at=NOW, finished_at=finished
    )

    assert (undo.refusal(result.batch) is not None) == refused


def test_undo_of_what_is_not_stored_or_was_never_noted_is_refused(branch):
    result = branch.bills(("202610", "U1", "正使用", "1", "1", "1", "1"), name="月账单10.csv")
    taken_back(result)
    with pytest.raises(undo.NotUndoable):
        taken_back(result)

    old = ImportBatch.objects.create(
        kind="bills", file_name="x", sha256="0", size_bytes=1, started_at=NOW, finished_at=NOW, status="committed"
    )
    with pytest.raises(undo.NotNoted):
        undo.undo(old, by=None, now=LATER)


def test_undo_that_fails_half_way_leaves_everything(branch, monkeypatch):
    result = branch.bills(("202609", "U1", "正使用", "1", "1", "1", "1"), name="月账单二.csv")
    before = everything_stored()

    def crash(*_, **__):
        raise RuntimeError("power cut")

    monkeypatch.setattr(blocks, "rebuild", crash)
    with pytest.raises(RuntimeError):
        taken_back(result)

    assert everything_stored() == before
    assert ImportBatch.objects.get(pk=result.batch.pk).status == ImportBatch.Status.COMMITTED


def test_journal_notes_nothing_outside_an_import(branch):
    ImportChange.objects.all().delete()

    Customer.objects.filter(pk=1).update(name="甲")

    assert not ImportChange.objects.exists()


def test_purge_forgets_earlier_batches_only(branch):
    with connection.cursor() as cursor:
        journal.purge(cursor, until=NOW - dt.timedelta(seconds=1))
        assert ImportChange.objects.exists()
        journal.purge(cursor, until=NOW)
    assert not ImportChange.objects.exists()
