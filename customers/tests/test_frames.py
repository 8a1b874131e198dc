"""The frame says what the rows say, for a bucket and for one customer alike."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers import blocks
from customers.frames import load_frame
from customers.history import HAS_BILL, IN_NETWORK, PORTED, SIGNED, SUSPENDED
from customers.loading.bundles import NEVER
from customers.models import Branch, Bundle, Complaint, Consent, Customer, DoNotDisturb, Event, GroupAccount, Staff
from customers.tests.test_blocks import bills
from cvm.lib.months import day_number, month_of

AS_OF = dt.date(2026, 11, 22)
MONTH = month_of(dt.date(2026, 10, 1))
HERE = dt.timezone(dt.timedelta(hours=8))

pytestmark = pytest.mark.django_db


def at(days_ago, hour=12):
    return dt.datetime.combine(AS_OF - dt.timedelta(days=days_ago), dt.time(hour), HERE)


def day(days_ago):
    return day_number(AS_OF) - days_ago


@pytest.fixture
def county():
    root = Branch.objects.create(code="b", name="B", kind=Branch.Kind.BRANCH)
    return Branch.objects.create(code="c", name="C", kind=Branch.Kind.COUNTY, parent=root)


def add(number, county, **columns):
    values = {
        "id": number,
        "user_code": f"U{number}",
        "msisdn": f"138{number:08d}",
        "join_date": dt.date(2020, 1, 31),
        "county": county,
    }
    return Customer.objects.create(**{**values, **columns})


def load(**options):
    return load_frame(bucket=0, as_of=AS_OF, month=MONTH, **{"months": 3, **options})


def test_frame_of_an_empty_bucket_has_no_rows_but_every_column(county):
    add(1, county)
    full, empty = load(), load_frame(bucket=7, as_of=AS_OF, month=MONTH, months=3)

    assert (len(empty), set(empty.columns)) == (0, set(full.columns))
    assert {name: empty[name].dtype for name in empty.columns} == {name: full[name].dtype for name in full.columns}


def test_frame_profile_of_a_bare_customer_is_all_defaults(county):
    add(1, county, is_signed=False)

    frame = load()

    said = {name: column.item() for name, column in frame.columns.items() if column.item()}
    assert said == {
        "id": 1,
        "county_id": county.pk,
        "state": 1,
        "join_day": day_number(dt.date(2020, 1, 31)),
        "tenure_months": 83,
    }


def test_frame_profile_of_a_full_customer(county):
    hall = Branch.objects.create(code="h", name="H", kind=Branch.Kind.HALL, parent=county)
    manager = Staff.objects.create(username="pm", role=Staff.Role.PHONE_MANAGER)
    group = GroupAccount.objects.create(code="g", name="G", group_class=GroupAccount.GroupClass.C)
    add(
        3,
        county,
        hall=hall,
        manager=manager,
        group=group,
        birth_date=dt.date(1960, 2, 29),
        state=Customer.State.PORTED_OUT,
        vip_card=3,
        star_level=7,
        is_key_person=True,
        is_special=True,
        is_red_listed=True,
        is_black_listed=True,
        is_sensitive=True,
        plan_fee_fen=12800,
        data_quota_mb=2048,
        voice_quota_min=500,
        broadband_carrier=2,
        handset_months=30,
        dual_sim=4,
        last_call_date=dt.date(2026, 11, 1),
        loyalty=2,
        pay_mode=5,
        credit_score=650,
    )

    frame = load()

    expected = {
        "hall_id": hall.pk,
        "manager_id": manager.pk,
        "group_class": 3,
        "birth_month_day": 229,
        "state": 8,
        "vip_card": 3,
        "star_level": 7,
        "is_signed": True,
        "is_key_person": True,
        "is_special": True,
        "is_red_listed": True,
        "is_black_listed": True,
        "is_sensitive": True,
        "plan_fee_fen": 12800,
        "data_quota_mb": 2048,
        "voice_quota_min": 500,
        "broadband_carrier": 2,
        "handset_months": 30,
        "dual_sim": 4,
        "last_call_day": day_number(dt.date(2026, 11, 1)),
        "loyalty": 2,
        "pay_mode": 5,
        "credit_score": 650,
    }
    assert {name: frame[name].item() for name in expected} == expected


def test_frame_bundles_as_of_the_day(county):
    for number in range(1, 7):
        add(number, county)
    rows = [
        (1, 3, 400, 10, 1),
        (1, 3, 400, -30, 1),
        (1, 9, 400, None, 1),
        (2, 3, 400, None, 1),
        (3, 3, 400, 5, 2),
        (3, 3, 400, 90, 1),
        (4, 3, 400, -5, 3),
        (5, 3, -1, -90, 1),
        (6, 3, 400, 0, 1),
        (5, 10, 400, None, 1),
    ]
    for number, (owner, kind, start, end, status) in enumerate(rows):
        Bundle.objects.create(
            code=f"b{number}",
            customer_id=owner,
            product_name="x",
            kind=kind,
            start_date=AS_OF - dt.timedelta(days=start),
            end_date=None if end is None else AS_OF - dt.timedelta(days=end),
            rebate_end_month=dt.date(2026, 12, 1) if number == 1 else dt.date(2026, 1, 1),
            status=status,
        )

    frame = load()

    assert frame["bundle_count"].tolist() == [1, 1, 0, 0, 0, 1]
    assert frame["soft_bundle_count"].tolist() == [1, 0, 0, 0, 1, 0]
    assert frame["benefit_count"].tolist() == [0, 0, 0, 0, 1, 0]  # without the V-net, kind 9
    assert frame["bundle_end_day"].tolist() == [day(-30), NEVER, 0, 0, 0, day(0)]
    assert frame["bundle_nearest_end_day"].tolist() == [day(-30), 0, 0, 0, 0, day(0)]
    assert frame["bundle_ended_day"].tolist() == [0, 0, day(5), 0, 0, 0]
    assert frame["rebate_end_month"].tolist() == [month_of(dt.date(2026, 12, 1)), 0, 0, 0, 0, 0]


def test_frame_events_within_their_windows(county):
    add(1, county)
    add(2, county)
    kinds = Event.Kind
    rows = [
        (1, kinds.PORTING_ELIGIBLE, at(3)),
        (1, kinds.PORTING_CODE, at(2, hour=23)),
        (1, kinds.PORTING_BLOCKED, at(60, hour=0)),
        (1, kinds.CANCEL_REQUEST, at(61)),
        (1, kinds.DOWNGRADE_REQUEST, at(0, hour=23)),
        (1, kinds.PAYMENT_DELAY, at(90)),
        (1, kinds.PAYMENT_DELAY, at(1)),
        (1, kinds.PAYMENT_DELAY, at(91)),
        (1, kinds.ORDER, at(5)),
        (2, kinds.PORTING_CODE, at(-1)),
        (2, kinds.HOTLINE_IN, at(1)),
        (2, kinds.SUSPEND_REQUEST, at(4)),
    ]
    for number, (owner, kind, moment) in enumerate(rows):
        Event.objects.create(customer_id=owner, kind=kind, occurred_at=moment, source_key=f"e{number}")

    frame = load()

    assert frame["porting_eligible_day"].tolist() == [day(2), 0]
    assert frame["porting_blocked_day"].tolist() == [day(60), 0]
    assert frame["cancel_day"].tolist() == [0, 0]
    assert frame["suspend_day"].tolist() == [0, day(4)]
    assert frame["downgrade_day"].tolist() == [day(0), 0]
    assert frame["payment_delays"].tolist() == [2, 0]
    assert frame["orders"].tolist() == [1, 0]


def test_frame_complaints_open_on_the_day(county):
    add(1, county)
    add(2, county)
    rows = [
        (1, 1, at(40), None, 1),
        (1, 2, at(20), None, 1),
        (1, 2, at(25), None, 1),
        (1, 3, at(100), at(95), 2),
        (2, 3, at(10), at(-3), 2),
        (2, 1, at(-1), None, 1),
    ]
    for number, (owner, level, opened, closed, status) in enumerate(rows):
        Complaint.objects.create(
            case_code=f"c{number}", customer_id=owner, level=level, opened_at=opened, closed_at=closed, status=status
        )

    frame = load()

    assert frame["complaints_30d"].tolist() == [2, 1]
    assert frame["complaints_90d"].tolist() == [3, 1]
    assert frame["open_complaint_level"].tolist() == [2, 3]
    assert frame["open_complaint_day"].tolist() == [day(25), day(10)]


def test_frame_do_not_disturb_in_force_on_the_day(county):
    periods = [(at(5), None), (at(5), at(0, hour=1)), (at(5), at(1)), (at(-1), None), (at(0, hour=20), None)]
    for number, (start, end) in enumerate(periods, 1):
        add(number, county)
        scope = 2 if number == 5 else 1
        DoNotDisturb.objects.create(customer_id=number, scope=scope, starts_at=start, ends_at=end, source="t")

    frame = load()
    assert frame["do_not_call"].tolist() == [True, True, False, False, True]
    assert frame["do_not_contact"].tolist() == [False] * 4 + [True]


def test_frame_takes_silence_for_no_consent(county):
    for number in (1, 2, 3, 4):
        add(number, county)
    for number, channel, is_given in ((1, "call", True), (2, "call", False), (3, "sms", True)):
        Consent.objects.create(customer_id=number, channel=channel, is_given=is_given, said_at=at(9), source="t")

    assert load()["has_call_consent"].tolist() == [True, False, False, False]


def test_frame_skips_gaps_in_the_ids_and_aligns_history(county):
    for number in (2, 5, 9):
        add(number, county)
    blocks.write(month=dt.date(2026, 10, 1), bills=bills(list(range(1, 10))))
    blocks.write(month=dt.date(2026, 8, 1), bills=bills([5]))

    frame = load()

    assert frame["id"].tolist() == [2, 5, 9]
    assert frame.history["arpu_fen"].tolist() == [[101, 104, 108], [0, 0, 0], [0, 100, 0]]


def test_frame_asks_as_often_for_many_customers_as_for_one(county):
    add(1, county)
    with CaptureQueriesContext(connection) as few:
        load()
    for number in range(2, 9):
        add(number, county)
    with CaptureQueriesContext(connection) as many:
        load()

    assert len(many) == len(few)


# ------------------------------------------------------------------------------------------------ merged records


def merged(county, *, alias=2, main=1, **columns):
    """Add customers 1 … 3 (and the alias), one of them merged into another."""
    for number in sorted({1, 2, 3, alias}):
        add(number, county, **(columns if number == alias else {}))
    Customer.objects.filter(pk=alias).update(merged_into=main)


def facts(ids, arpu, month=dt.date(2026, 10, 1), **columns):
    count = len(ids)
    blocks.write(month=month, bills={**bills(ids), "arpu_fen": np.array(arpu, np.int32), **columns})
    return count


def test_merged_record_has_no_row_and_its_months_fill_the_main_ones(county):
    merged(county)
    facts([1, 2, 3], [100, 20, 7], active_days=np.array([30, 31, 9], np.int16), data_mb=np.array([5, 6, 7], np.int32))
    facts([2, 3], [40, 8], month=dt.date(2026, 9, 1), state=np.array([3, 1], np.int16))

    frame = load()

    assert frame["id"].tolist() == [1, 3]
    assert frame.history["arpu_fen"].tolist() == [[120, 7], [40, 8], [0, 0]]
    assert frame.history["data_mb"][0].tolist() == [11, 7]
    assert frame.history["active_days"][0].tolist() == [31, 9]
    assert frame.history["flags"][1].tolist() == [HAS_BILL | IN_NETWORK | SIGNED | SUSPENDED, 1 | 2 | 4]
    assert frame.history["flags"][2].tolist() == [0, 0]


def test_merged_record_in_the_network_counts_though_the_main_one_was_not_yet(county):
    merged(county)
    facts([1, 2], [0, 50], state=np.array([8, 1], np.int16), is_signed=np.array([False, True]))

    flags = load().history["flags"][0]

    assert flags.tolist() == [HAS_BILL | IN_NETWORK | SIGNED | PORTED, 0]


def test_merged_record_of_another_bucket_is_read_there(county):
    far = settings.CVM_BUCKET_SIZE * 2 + 5
    merged(county, alias=far)
    facts([1, far - 1, far, far + 1], [1, 10, 20, 30])
    Event.objects.create(customer_id=far, kind=13, occurred_at=at(1), source_key="x")
    DoNotDisturb.objects.create(customer_id=far, scope=1, starts_at=at(5), source="t")

    frame, theirs = load(), load_frame(bucket=2, as_of=AS_OF, month=MONTH, months=3)

    assert frame.history["arpu_fen"][0].tolist() == [21, 0, 0]
    assert (frame["orders"].tolist(), frame["do_not_call"].tolist()) == ([1, 0, 0], [True, False, False])
    assert len(theirs) == 0


def test_merged_records_bundles_events_complaints_and_tags_count_for_the_main_one(county):
    merged(county)
    for owner, end in ((1, 10), (2, 30)):
        Bundle.objects.create(
            code=f"b{owner}", customer_id=owner, product_name="x", kind=3,
            start_date=AS_OF, end_date=AS_OF + dt.timedelta(days=end), status=1,
        )  # fmt: skip
    Event.objects.create(customer_id=2, kind=Event.Kind.CANCEL_REQUEST, occurred_at=at(3), source_key="e")
    Complaint.objects.create(case_code="c", customer_id=2, level=2, opened_at=at(4), status=1)

    frame = load()

    assert frame["bundle_count"].tolist() == [2, 0]
    assert frame["bundle_end_day"].tolist() == [day(-30), 0]
    assert frame["cancel_day"].tolist() == [day(3), 0]
    assert (frame["complaints_90d"].tolist(), frame["open_complaint_level"].tolist()) == ([1, 0], [2, 0])


@pytest.mark.parametrize(
    ("main", "alias", "may"),
    [(True, None, True), (None, True, True), (True, False, False), (False, True, False), (None, None, False)],
)
def test_merged_records_consent_is_the_strictest_of_both(county, main, alias, may):
    merged(county)
    for number, given in ((1, main), (2, alias)):
        if given is not None:
            Consent.objects.create(customer_id=number, channel="call", is_given=given, said_at=at(9), source="t")
    Consent.objects.create(customer_id=3, channel="call", is_given=True, said_at=at(9), source="t")

    assert load()["has_call_consent"].tolist() == [may, True]


def test_merged_record_on_a_list_puts_the_main_one_on_it(county):
    merged(county, is_red_listed=True, is_sensitive=True)

    frame = load()

    assert (frame["is_red_listed"].tolist(), frame["is_sensitive"].tolist()) == ([True, False], [True, False])
    assert (frame["is_special"].tolist(), frame["is_black_listed"].tolist()) == ([False, False], [False, False])


def test_frame_after_an_undone_merge_is_the_one_before_it(county):
    merged(county)
    Customer.objects.update(merged_into=None)
    facts([1, 2, 3], [100, 20, 7])
    before = load()
    Customer.objects.filter(pk=2).update(merged_into=1)
    load()
    Customer.objects.filter(pk=2).update(merged_into=None)
    after = load()

    assert before.columns.keys() == after.columns.keys()
    for name in before.columns:
        np.testing.assert_array_equal(before[name], after[name])
    for fact in before.history:
        np.testing.assert_array_equal(before.history[fact], after.history[fact])


def test_frame_without_merged_records_asks_once_for_them(county):
    add(1, county)
    with CaptureQueriesContext(connection) as queries:
        load()

    assert sum("merged_into_id" in query["sql"] for query in queries) == 1
