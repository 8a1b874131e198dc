"""A night counts merged records once; after the merge is undone it says what it said before."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter.models import Dispatch, QueueItem
from customers import merging
from customers.models import Branch, Consent, Customer, DoNotDisturb, Staff, Standing
from cvm import nightly
from retention.gate import facts_of
from tests.night.branches import AS_OF, make_branch, numbers, spend

AT = dt.datetime(2026, 9, 9, 3, tzinfo=dt.UTC)

pytestmark = pytest.mark.usefixtures("no_tables_left")


@pytest.fixture
def leader(no_tables_left):
    make_branch(customers=200)
    return Staff.objects.create(username="chief", role="team_leader", branch=Branch.objects.get(parent=None))


def night():
    run = spend(nightly.start_night(as_of=AS_OF, accept_fewer=True))
    assert run.status == "published", run.error
    return run


def said(run, *, about):
    names = [field.name for field in Standing._meta.concrete_fields if field.name not in ("run", "pk")]
    return list(Standing.objects.filter(run_id=run.pk, customer_id__in=about).order_by("customer_id").values(*names))


def test_merged_record_stands_nowhere_and_its_bills_with_the_main_one(leader):
    before = night()
    alone = {row["customer"]: row for row in said(before, about=[3, 150])}
    main, alias = Customer.objects.filter(pk__in=[3, 150]).order_by("pk")
    Customer.objects.filter(pk__in=[3, 150]).update(state=1)

    merging.merge(alias, main, by=leader, at=AT, reason="same line")
    after = night()

    (row,) = said(after, about=[3, 150])
    assert (row["customer"], after.customers) == (3, before.customers - 1)
    assert row["cum3_fen"] == alone[3]["cum3_fen"] + alone[150]["cum3_fen"]
    assert after.summary["totals"]["cum3_fen"] == before.summary["totals"]["cum3_fen"]
    assert not QueueItem.objects.filter(run=after, customer_id=150).exists()


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pair=st.lists(st.integers(1, 200), min_size=2, max_size=2, unique=True))
def test_night_after_an_undone_merge_is_the_night_before_it(leader, pair):
    Customer.objects.filter(pk__in=pair).update(state=1)
    before = night()
    words, standings = numbers(before), said(before, about=range(1, 201))
    alias, main = Customer.objects.get(pk=pair[0]), Customer.objects.get(pk=pair[1])

    merge = merging.merge(alias, main, by=leader, at=AT, reason="same line")
    merged = night()
    merging.undo_merge(merge, by=leader, at=AT)
    after = night()

    assert said(after, about=range(1, 201)) == standings
    again, issued = numbers(after), set(Dispatch.objects.filter(run=merged).values_list("customer_id", flat=True))
    assert issued <= set(pair)  # a task given out on the bills of both stays until somebody did it
    for name in words:
        assert _without(issued, again[name], name) == _without(issued, words[name], name)


def _without(customers, rows, name):
    """Return the rows of a night; those of the queue without these customers and without the rank."""
    return [(row[0], *row[2:]) for row in rows if row[2] not in customers] if name == "queue" else rows


def test_gate_asks_every_record_of_a_customer_and_the_strictest_decides(leader):
    main, alias = Customer.objects.get(pk=3), Customer.objects.get(pk=150)
    Customer.objects.filter(pk__in=[3, 150]).update(state=1, is_red_listed=False)
    Consent.objects.filter(customer_id__in=[3, 150]).delete()
    Consent.objects.create(customer=alias, channel="call", is_given=True, said_at=AT, source="t")
    DoNotDisturb.objects.create(customer=alias, scope=1, starts_at=AT, source="t")
    Customer.objects.filter(pk=150).update(is_sensitive=True)
    main.refresh_from_db()

    alone = facts_of(main, channel="call", at=AT)
    merging.merge(alias, main, by=leader, at=AT, reason="same line")
    together = facts_of(main, channel="call", at=AT)
    Consent.objects.create(customer=main, channel="call", is_given=False, said_at=AT, source="t")

    assert (alone.has_consent, alone.is_sensitive, alone.do_not_disturb) == (False, False, ())
    assert (together.has_consent, together.is_sensitive, together.do_not_disturb) == (True, True, ((1, None),))
    assert not facts_of(main, channel="call", at=AT).has_consent
