"""Events from the row that was sent to the row that is stored: each once, each refusal with its reason."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from customers.models import Complaint, Customer, Event, EventReceipt, NetworkQuality, Staff
from customers.numbers import number_hash
from customers.receiving import keys
from customers.receiving.accepting import KeyUsed, Sender, take_delivery
from customers.receiving.folding import fold
from customers.receiving.reading import KINDS, Unreadable, read_event
from customers.receiving.reasons import EventReason, in_both_languages
from customers.tests.people import customer

ZONE = ZoneInfo("Asia/Shanghai")
NOW = dt.datetime(2026, 11, 29, 10, 30, tzinfo=ZONE)
AT = "2026-11-29T10:15:00+08:00"


def row(**values):
    return {"source_key": "k1", "kind": "hall_visit", "user_code": "U1", "occurred_at": AT} | values


def refusal(sent):
    with pytest.raises(Unreadable) as error:
        read_event(sent, now=NOW, zone=ZONE)
    return error.value.reason, error.value.name


def test_every_kind_but_our_own_can_be_sent():
    assert set(Event.Kind) - set(KINDS.values()) == {Event.Kind.OWNER_CHANGED, Event.Kind.NUMBER_REISSUED}


def test_time_without_offset_is_the_branchs():
    said = read_event(row(occurred_at="2026-11-29T10:15:00"), now=NOW, zone=ZONE)

    assert said.occurred_at == dt.datetime.fromisoformat(AT)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ("text", (EventReason.NOT_AN_OBJECT, "")),
        (row(source_key=""), (EventReason.MISSING, "source_key")),
        (row(source_key=7), (EventReason.WRONG_TYPE, "source_key")),
        (row(source_key="k" * 97), (EventReason.TOO_LONG, "source_key")),
        (row(detail="a\x00b"), (EventReason.CONTROL_CHARACTER, "detail")),
        (row(kind="owner_changed"), (EventReason.UNKNOWN_KIND, "kind")),
        (row(occurred_at="yesterday"), (EventReason.NOT_A_TIME, "occurred_at")),
        (row(occurred_at="2026-11-29T10:36:00+08:00"), (EventReason.IN_FUTURE, "occurred_at")),
        (row(occurred_at="2025-11-20T10:00:00+08:00"), (EventReason.TOO_OLD, "occurred_at")),
        (row(occurred_at="0001-01-01T00:00:00+14:00"), (EventReason.TOO_OLD, "occurred_at")),
        (row(user_code=None), (EventReason.MISSING, "user_code")),
        (row(user_code="", msisdn="12"), (EventReason.NOT_A_PHONE_NUMBER, "msisdn")),
        (row(kind="complaint_opened"), (EventReason.MISSING, "case")),
        (row(kind="complaint_opened", case="c", level="grave"), (EventReason.UNKNOWN_WORD, "level")),
        (row(kind="complaint_closed", case="c", satisfaction=6), (EventReason.OUT_OF_RANGE, "satisfaction")),
        (row(kind="complaint_closed", case="c", satisfaction=True), (EventReason.WRONG_TYPE, "satisfaction")),
        (
            row(kind="complaint_closed", case="c", opened_at="2026-11-29T10:20:00+08:00"),
            (EventReason.OUT_OF_ORDER, "opened_at"),
        ),
        (row(kind="state_changed"), (EventReason.MISSING, "state")),
    ],
)
def test_bad_field_is_named_with_its_reason(sent, reason):
    assert refusal(sent) == reason


def test_reasons_have_words_in_both_languages():
    words = [in_both_languages(reason) for reason in EventReason.values]

    assert all(one["zh"] and one["en"] and one["zh"] != one["en"] for one in words)


# --- stored --------------------------------------------------------------------------------------


@pytest.fixture
def two(db):
    return [
        customer(number, user_code=f"U{number}", number_hash=number_hash(f"1380000000{number}")) for number in (1, 2)
    ]


def take(*rows, key="d1", sha256="a" * 64, client=None):
    sender = Sender("api" if client else "inbox", client=client)
    return take_delivery(rows, sender=sender, idempotency_key=key, sha256=sha256, now=NOW)


def said_of(taken):
    return [(receipt.status, receipt.reason) for receipt in taken.receipts]


def test_mixed_rows_add_up_and_only_the_good_are_stored(two):
    take(row(source_key="old"))

    taken = take(
        row(source_key="old"),
        row(source_key="new"),
        row(source_key="new"),
        row(source_key="new", kind="app_chat"),
        row(source_key="who", user_code="U9"),
        row(source_key="bad", kind="?"),
        row(source_key="number", user_code=None, msisdn="+86 138-0000-0002"),
        key="d2",
        sha256="b" * 64,
    )

    assert said_of(taken) == [
        ("duplicate", ""),
        ("accepted", ""),
        ("duplicate", ""),
        ("rejected", "key_used"),
        ("rejected", "unknown_customer"),
        ("rejected", "unknown_kind"),
        ("accepted", ""),
    ]
    counts = (taken.delivery.rows, taken.delivery.accepted, taken.delivery.duplicates, taken.delivery.rejected)
    assert counts == (7, 2, 2, 3)
    stored = Event.objects.order_by("pk").values_list("source_key", "customer_id", "kind")
    assert list(stored) == [("old", 1, 8), ("new", 1, 8), ("number", 2, 8)]
    assert taken.receipts[2].event_id == taken.receipts[1].event_id == Event.objects.get(source_key="new").pk


def test_same_key_with_another_content_is_refused(two):
    first = take(row(source_key="k"))

    changed = take(row(source_key="k", occurred_at="2026-11-29T10:16:00+08:00"), key="d2", sha256="b" * 64)

    assert said_of(first) == [("accepted", "")]
    assert said_of(changed) == [("rejected", "key_used")]


def test_same_delivery_again_gets_the_first_answer(two):
    first = take(row(), row(kind="?", source_key="k2"))

    again = take(row(), row(kind="?", source_key="k2"))

    assert (again.is_again, again.delivery.pk) == (True, first.delivery.pk)
    assert said_of(again) == said_of(first)
    assert EventReceipt.objects.count() == 2


def test_delivery_key_for_other_events_is_a_conflict(two):
    take(row())

    with pytest.raises(KeyUsed):
        take(row(source_key="k2"), sha256="b" * 64)


def test_client_reaches_the_customers_of_its_unit_only(two):
    county = two[0].county
    Customer.objects.filter(pk=2).update(county=county.parent)
    client = Staff.objects.create(username="crm", role="api_client", branch=county)

    taken = take(row(source_key="a"), row(source_key="b", user_code="U2"), client=client)

    assert said_of(taken) == [("accepted", ""), ("rejected", "unknown_customer")]


def test_complaint_case_of_another_customer_is_refused(two):
    opened = row(source_key="a", kind="complaint_opened", case="C1")

    taken = take(opened, opened | {"source_key": "b", "user_code": "U2"})

    assert said_of(taken) == [("accepted", ""), ("rejected", "case_of_another")]


# --- folded --------------------------------------------------------------------------------------


def folded(*rows):
    """Store rows and fold them in the order given."""
    taken = take(*rows, key=rows[0]["source_key"], sha256="c" * 64)
    for receipt in taken.receipts:
        fold(Event.objects.get(pk=receipt.event_id), receipt.said)


OPENED = row(source_key="o", kind="complaint_opened", case="C1", level="major", occurred_at="2026-11-28T09:00:00+08:00")
CLOSED = row(source_key="c", kind="complaint_closed", case="C1", satisfaction=4)


@pytest.mark.parametrize("order", [(OPENED, CLOSED), (CLOSED, OPENED)])
def test_complaint_is_the_same_in_either_order(two, order):
    folded(*order)

    case = Complaint.objects.get()
    assert (case.customer_id, case.status, case.level, case.satisfaction) == (1, 2, 3, 4)
    assert (case.opened_at, case.closed_at) == tuple(
        dt.datetime.fromisoformat(one["occurred_at"]) for one in (OPENED, CLOSED)
    )


def state(key, word, time):
    return row(source_key=key, kind="state_changed", state=word, occurred_at=f"2026-11-29T{time}:00+08:00")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_newest_state_wins_in_either_order(two, order):
    changes = [state("s1", "suspended", "09:00"), state("s2", "normal", "10:00")]

    folded(*(changes[place] for place in order))

    assert Customer.objects.get(pk=1).state == Customer.State.NORMAL


def test_state_out_of_the_network_brings_its_day(two):
    folded(state("s", "ported_out", "09:00"))

    customer = Customer.objects.get(pk=1)
    assert (customer.state, customer.leave_date, customer.state_changed_on) == (8, NOW.date(), NOW.date())


def test_outage_is_noted_once_a_day_with_its_latest_end(two):
    late = row(source_key="b", kind="outage_ended", cell="X7", occurred_at="2026-11-29T10:20:00+08:00")

    folded(late, row(source_key="a", kind="outage_ended"))

    found = NetworkQuality.objects.get()
    assert (found.cell, found.outage_ended_at) == ("X7", dt.datetime.fromisoformat(late["occurred_at"]))


# --- keys ----------------------------------------------------------------------------------------


def test_secret_is_derived_and_differs_by_key(two):
    client = Staff.objects.create(username="crm", role="api_client", branch=two[0].county)

    key, secret = keys.create_key(client, by=None, at=NOW)
    _other, another = keys.create_key(client, by=None, at=NOW)

    assert secret == keys.secret_of(keys.key_in_use(key.code, client=client))
    assert len(secret) == 43
    assert secret != another
    assert secret not in str(vars(key))


def test_key_belongs_to_its_client_until_it_is_retired(two):
    client, stranger = (Staff.objects.create(username=name, role="api_client") for name in ("crm", "oss"))
    key, _secret = keys.create_key(client, by=None, at=NOW)

    assert keys.key_in_use(key.code, client=stranger) is None
    keys.retire_key(key, by=client, at=NOW)
    assert keys.key_in_use(key.code, client=client) is None
    with pytest.raises(keys.KeyRetired):
        keys.retire_key(key, by=client, at=NOW)


def test_only_api_clients_get_keys_and_not_too_many(two):
    person = Staff.objects.create(username="ana", role="analyst")
    client = Staff.objects.create(username="crm", role="api_client")

    with pytest.raises(keys.NoApiClient):
        keys.create_key(person, by=None, at=NOW)
    for _ in range(keys.MOST_KEYS):
        keys.create_key(client, by=None, at=NOW)
    with pytest.raises(keys.TooManyKeys):
        keys.create_key(client, by=None, at=NOW)
