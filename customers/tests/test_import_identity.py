"""Who is who: re-issued numbers, lines that change hands, corrections that outlive files, customers who vanish."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection

from customers.importing.run import import_file
from customers.importing.running import StopsHold
from customers.models import (
    Consent,
    Customer,
    DoNotDisturb,
    Event,
    FieldCheck,
    ImportBatch,
    MappingTemplate,
    Staff,
)
from customers.tests.files import NOW, PROFILE, why

OWNED = (*PROFILE, "客户编号")
ASKED = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


def row(code, number="1", *, name="王伟", joined="2020-01-15", state="正使用"):
    return (code, f"1380000000{number}", name, "城关区", joined, state)


def customer(code):
    return Customer.objects.get(user_code=code)


def events():
    return list(Event.objects.order_by("customer_id", "kind").values_list("customer__user_code", "kind"))


def quiet(code, **values):
    period = {"scope": 2, "starts_at": ASKED, "source": "desk", **values}
    return DoNotDisturb.objects.create(customer=customer(code), **period)


# ------------------------------------------------------------------------------------------------ re-issued numbers


def test_reissued_number_makes_a_new_customer_and_the_old_one_leaves(desk):
    desk.customers(2)
    manager = Staff.objects.create(username="pm01", role=Staff.Role.PHONE_MANAGER)
    Customer.objects.filter(user_code="U1").update(manager=manager)
    Consent.objects.create(customer=customer("U1"), channel="call", is_given=True, said_at=ASKED, source="hall")

    result = desk.profiles(row("U9", joined="2026-10-05", name="新人"), name="客户资料2.csv")

    old, new = customer("U1"), customer("U9")
    assert why(result) == []
    assert (old.state, old.leave_date, old.msisdn) == (6, dt.date(2026, 10, 4), "13800000001")
    assert (new.pk, new.state, new.msisdn, new.manager) == (3, 1, "13800000001", None)
    assert list(Consent.objects.values_list("customer_id", flat=True)) == [old.pk]
    assert not DoNotDisturb.objects.exists()
    assert events() == [("U1", 11), ("U9", 11)]
    assert not Event.objects.filter(detail__contains="138").exists()


def test_reissued_number_keeps_the_old_opt_out_and_gives_the_new_user_ninety_days(desk):
    desk.customers(1)
    theirs = quiet("U1")

    desk.profiles(row("U9", joined="2026-10-05"), name="客户资料2.csv")

    theirs.refresh_from_db()
    courtesy = DoNotDisturb.objects.exclude(pk=theirs.pk).get()
    begins = dt.datetime(2026, 10, 4, 16, tzinfo=dt.UTC)  # the fifth in Shanghai
    assert (theirs.customer, theirs.ends_at) == (customer("U1"), None)
    assert (courtesy.customer, courtesy.scope, courtesy.source) == (customer("U9"), 1, "reissue")
    assert (courtesy.starts_at, courtesy.ends_at) == (begins, begins + dt.timedelta(days=90))


@pytest.mark.parametrize(
    ("joined", "ends_at"),
    [("2026-06-01", None), ("2026-10-05", dt.datetime(2026, 9, 1, tzinfo=dt.UTC))],
    ids=["ninety days are over", "the old wish had ended"],
)
def test_reissued_number_needs_no_courtesy_any_more(desk, joined, ends_at):
    desk.customers(1)
    quiet("U1", ends_at=ends_at)

    desk.profiles(row("U9", joined=joined), name="客户资料2.csv")

    assert DoNotDisturb.objects.count() == 1


def test_number_of_somebody_who_left_long_ago_is_reissued_too(desk):
    desk.profiles(row("U1", state="申销"))
    quiet("U1")

    desk.profiles(row("U9", joined="2026-10-05"), name="客户资料2.csv")

    assert events() == [("U1", 11), ("U9", 11)]
    assert DoNotDisturb.objects.filter(customer=customer("U9"), source="reissue").count() == 1
    assert customer("U1").leave_date is None  # nobody said when


@pytest.mark.parametrize("joined", ["2020-01-15", "2019-12-31"])
def test_number_in_use_is_refused_to_who_joined_no_later(desk, joined):
    desk.customers(1)

    result = desk.profiles(row("U9", joined=joined), name="客户资料2.csv")

    assert why(result) == [(2, "手机号码", "number_in_use")]
    assert (customer("U1").state, events()) == (1, [])


@pytest.mark.parametrize("order", [1, -1])
def test_number_stays_with_who_the_file_says_still_uses_it(desk, order):
    desk.customers(1)
    lines = [row("U1"), row("U9", joined="2026-10-05")][::order]

    result = desk.profiles(*lines, name="客户资料2.csv")

    assert [reason for _line, _column, reason in why(result)] == ["number_in_use"]
    assert (customer("U1").state, Customer.objects.count(), events()) == (1, 1, [])


def test_number_left_by_its_user_for_another_is_no_reissue_of_a_person(desk):
    desk.customers(1)

    desk.profiles(row("U1", "7"), row("U9", joined="2026-10-05"), name="客户资料2.csv")

    assert (customer("U1").msisdn, customer("U1").state) == ("13800000007", 1)
    assert (customer("U9").msisdn, events()) == ("13800000001", [])


def test_reissue_the_same_file_as_revision_changes_nothing_more(desk):
    desk.customers(1)
    quiet("U1")
    first = row("U9", joined="2026-10-05")
    desk.profiles(first, name="客户资料2.csv")

    desk.profiles(first, row("U10", "5"), name="客户资料3.csv")

    assert events() == [("U1", 11), ("U9", 11)]
    assert DoNotDisturb.objects.count() == 2


def test_state_alone_may_change_without_losing_the_number(desk):
    desk.customers(1)

    desk.profiles(("U1", "单停"), name="客户资料2.csv", header=("用户编码", "用户状态"))

    assert (customer("U1").state, customer("U1").msisdn) == (2, "13800000001")


# ------------------------------------------------------------------------------------------------ another owner


def test_new_owner_starts_without_consent_and_loyalty_and_keeps_the_opt_outs(desk):
    desk.profiles((*row("U1"), "K1"), header=OWNED)
    Customer.objects.update(loyalty=Customer.Loyalty.ACTIVE)
    Consent.objects.create(customer_id=1, channel="call", is_given=True, said_at=ASKED, source="hall")
    quiet("U1")

    desk.profiles((*row("U1", name="李娜"), "K2"), name="客户资料2.csv", header=OWNED)

    new = customer("U1")
    assert (new.pk, new.name, new.name_initials, new.cust_code, new.loyalty) == (1, "李娜", "ln", "K2", 0)
    assert (Consent.objects.count(), DoNotDisturb.objects.count()) == (0, 1)
    assert list(Event.objects.values_list("customer_id", "kind", "occurred_at")) == [(1, 14, NOW)]


def test_new_owner_has_the_consent_and_loyalty_of_the_file(desk):
    desk.profiles((*row("U1"), "K1"), header=OWNED)
    Consent.objects.create(customer_id=1, channel="call", is_given=False, said_at=ASKED, source="hall")

    desk.profiles(
        (*row("U1"), "K2", "同意", "主动忠诚"),
        name="客户资料2.csv",
        header=(*OWNED, "外呼授权", "忠诚类型"),
    )

    assert list(Consent.objects.values_list("channel", "is_given", "source")) == [("call", True, "import")]
    assert customer("U1").loyalty == Customer.Loyalty.ACTIVE


@pytest.mark.parametrize(("before", "after"), [("", "K2"), ("K1", ""), ("K1", "K1")])
def test_owner_stays_the_same_when_a_customer_number_is_only_filled_in(desk, before, after):
    desk.profiles((*row("U1"), before), header=OWNED)
    Consent.objects.create(customer_id=1, channel="call", is_given=True, said_at=ASKED, source="hall")

    desk.profiles((*row("U1", name="李娜"), after), name="客户资料2.csv", header=OWNED)

    assert (Consent.objects.count(), events()) == (1, [])


# ------------------------------------------------------------------------------------------------ corrections


def correct(code, field, value, *, at=ASKED):
    one = customer(code)
    before = getattr(one, field)
    FieldCheck.objects.create(
        customer=one, field=field, checked_at=at, is_correction=True, before=before or "", after=value
    )
    Customer.objects.filter(pk=one.pk).update(**{field: value})


def test_correction_outlives_files_with_the_old_value_and_yields_to_a_third(desk):
    desk.profiles(row("U1", name="王伟"), row("U2", "2", name="王伟"))
    correct("U1", "name", "王玮")
    Customer.objects.filter(pk=1).update(name_pinyin="corrected")

    desk.profiles(row("U1", name="王伟"), row("U2", "2", name="王薇"), name="客户资料2.csv")
    kept = customer("U1")
    desk.profiles(row("U1", name="王维"), name="客户资料3.csv")

    assert (kept.name, kept.name_pinyin) == ("王玮", "corrected")
    assert (customer("U1").name, customer("U2").name) == ("王维", "王薇")


def test_correction_of_dates_and_choices_compares_as_the_database_writes_them(desk):
    header = (*PROFILE, "出生日期", "宽带归属")
    desk.profiles((*row("U1"), "1980-05-04", "本网"), (*row("U2", "2"), "", "无"), header=header)
    correct("U1", "birth_date", "1981-05-04")
    correct("U1", "broadband_carrier", "2")
    correct("U2", "birth_date", "1975-01-02")

    desk.profiles(
        (*row("U1", name="新名"), "1980-05-04", "本网"),
        (*row("U2", "2"), "", "无"),
        name="客户资料2.csv",
        header=header,
    )

    one = customer("U1")
    assert (one.name, one.birth_date, one.broadband_carrier) == ("新名", dt.date(1981, 5, 4), 2)
    assert customer("U2").birth_date == dt.date(1975, 1, 2)


def test_newest_correction_of_a_field_counts(desk):
    desk.profiles(row("U1", name="甲"))
    correct("U1", "name", "乙")
    correct("U1", "name", "丙", at=ASKED + dt.timedelta(days=1))

    desk.profiles(row("U1", name="甲"), row("U2", "2"), name="客户资料2.csv")
    assert customer("U1").name == "甲"  # not what the newest correction replaced: a third value
    correct("U1", "name", "丙", at=ASKED + dt.timedelta(days=2))
    desk.profiles(row("U1", name="甲"), row("U3", "3"), name="客户资料3.csv")
    assert customer("U1").name == "丙"


def test_correction_by_the_old_owner_says_nothing_about_the_new_one(desk):
    desk.profiles((*row("U1", name="甲"), "K1"), header=OWNED)
    correct("U1", "name", "乙")

    desk.profiles((*row("U1", name="甲"), "K2"), name="客户资料2.csv", header=OWNED)

    assert customer("U1").name == "甲"


# ------------------------------------------------------------------------------------------------ who vanishes


@pytest.fixture
def extract(desk):
    """Import a full extract of the customers with these numbers, as of a day."""
    shipped = MappingTemplate.objects.get(name="operator", kind="profile")
    spec = {**shipped.spec, "full_extract": True, "patterns": []}
    MappingTemplate.objects.create(name="full", kind="profile", spec=spec)
    count = iter(range(1, 100))

    def take(numbers, *, on=NOW, rows=(), reason="", **changes):
        MappingTemplate.objects.filter(name="full").update(spec={**spec, **changes})
        lines = [(f"U{n}", f"139{n:08d}", "王伟", "城关区", "2020-01-15", "正使用") for n in numbers]
        path = desk.write(f"extract{next(count)}.csv", PROFILE, *lines, *rows)
        return import_file(path, now=on, kind="profile", template="full", override_reason=reason)

    return take


def months_later(months):
    return NOW.replace(year=NOW.year + (NOW.month + months - 1) // 12, month=(NOW.month + months - 1) % 12 + 1)


def test_customer_absent_from_a_full_extract_is_missing_and_back_when_present(extract):
    extract(range(1, 101))

    extract(range(2, 101))
    missing = list(Customer.objects.exclude(missing_since=None).values_list("user_code", "missing_since", "state"))
    extract(range(1, 102), on=months_later(1))

    assert missing == [("U1", dt.date(2026, 11, 22), 1)]
    assert not Customer.objects.exclude(missing_since=None).exists()


def test_customer_missing_for_three_months_leaves_as_of_the_day_he_vanished(extract):
    extract(range(1, 101))
    for later in (0, 1, 2):
        extract(range(2, 102 + later), on=months_later(later))
    before = customer("U1")

    extract(range(2, 110), on=months_later(3))

    assert (before.state, before.missing_since) == (1, dt.date(2026, 11, 22))
    assert (customer("U1").state, customer("U1").leave_date) == (6, dt.date(2026, 11, 22))


def test_half_an_extract_is_stopped_before_anything_is_written(extract):
    extract(range(1, 101))

    with pytest.raises(StopsHold) as caught:
        extract(range(4, 101), rows=[("U500", "13700000000", "新", "城关区", "2026-11-01", "正使用")])

    (stop,) = caught.value.detail()["stops"]
    assert (stop["code"], stop["detail"]) == ("extract_incomplete", {"missing": 3, "known": 100, "permille": 20})
    assert "3" in str(caught.value)
    assert (Customer.objects.count(), Customer.objects.exclude(missing_since=None).count()) == (100, 0)
    assert ImportBatch.objects.order_by("-pk").first().status == ImportBatch.Status.FAILED


def test_half_an_extract_is_taken_when_somebody_says_why(extract):
    extract(range(1, 101))

    result = extract(range(51, 101), reason="the county was handed over")

    assert Customer.objects.exclude(missing_since=None).count() == 50
    assert [stop["code"] for stop in result.preview["stops"]] == ["extract_incomplete"]


def test_limit_of_missing_customers_is_the_templates(extract):
    extract(range(1, 101))
    extract(range(3, 101))
    with pytest.raises(StopsHold):
        extract(range(4, 101), most_missing_permille=9)
    extract(range(4, 102), most_missing_permille=10)

    assert Customer.objects.exclude(missing_since=None).count() == 3


def test_rejected_row_is_not_an_absent_customer(extract):
    extract(range(1, 101))

    extract(
        range(4, 101),
        rows=[
            ("U1", "13900000001", "王伟", "", "2020-01-15", "正使用"),
            ("U2", "13900000002", "王伟", "城关区", "昨天", "正使用"),
            ("U3", "13900000003", "王伟", "城关区", "2020-01-15", "飞走"),
        ],
    )

    assert not Customer.objects.exclude(missing_since=None).exists()


def test_ordinary_files_make_nobody_missing(desk):
    desk.customers(3)
    desk.profiles(row("U1"), name="客户资料2.csv")
    assert not Customer.objects.exclude(missing_since=None).exists()


def test_gap_in_numbers_is_not_made_by_any_of_this(desk):
    desk.customers(2)
    desk.profiles(row("U9", joined="2026-10-05"), row("U8", "2", joined="2019-01-01"), name="客户资料2.csv")
    with connection.cursor() as cursor:
        cursor.execute("select max(id), count(*) from customers_customer")
        assert cursor.fetchone() == (3, 3)


def test_every_known_customer_the_file_changed_counts_once(desk):
    desk.customers(4)
    quiet("U4", scope=1, source="import")
    header = (*PROFILE, "营销免打扰", "外呼授权")

    result = desk.profiles(
        (*row("U1"), "是", "同意"), (*row("U2", "2", name="新名"), "否", ""), (*row("U3", "3"), "否", ""),
        (*row("U4", "4"), "否", ""), (*row("U5", "5"), "是", "同意"), name="客户资料2.csv", header=header,
    )  # fmt: skip

    account = result.account
    assert (account.accepted, account.new, account.changed, account.unchanged) == (5, 1, 3, 1)
    assert DoNotDisturb.objects.count() == 2
