"""Whom the night leaves in peace, held against the gate's own rule."""

import datetime as dt
import itertools

import pytest
from django.db import connection

from callcenter.models import Callback, Contact, QueueItem
from callcenter.resting import PROMISE_AHEAD, resting
from callcenter.tests.branch import ANY_HOUR, NOW
from callcenter.verdicts import history_of
from retention.gate import CALL, Facts, Purpose, Rule, judge
from retention.policies import ContactTerms

TERMS = ContactTerms(monthly_cap=2, five_star_cap=1, cap_days=30, refusal_days=15, hours=ANY_HOUR)
SECOND = dt.timedelta(seconds=1)


def called(customer, ago, outcome="thinking", **values):
    at = NOW - ago
    return Contact.objects.create(customer=customer, started_at=at, ended_at=at, outcome=outcome, **values)


def found(at=NOW, *, promised=False):
    with connection.cursor() as cursor:
        rows = resting(cursor, first=1, last=1000, terms=TERMS, at=at)
    return set(rows["customer_id"][rows["is_promised"] | (not promised)].tolist())


def test_resting_says_what_the_gate_says_about_the_contact_log(branch):
    manager = branch.manager()
    days = [dt.timedelta(days=days) for days in (4, 5, 14, 15, 29, 30)]
    agos = sorted({day + shift for day in days for shift in (-SECOND, dt.timedelta(0), SECOND)})
    customers = []
    for stars, outcome, count, ago in itertools.product((4, 5), ("thinking", "refused", "no_answer"), (1, 2, 3), agos):
        customer = branch.customer(manager, star_level=stars)
        for number in range(count):
            called(customer, ago + number * dt.timedelta(hours=3), outcome)
        customers.append(customer)

    gate = {customer.pk for customer in customers if not _gate(customer).allowed}

    assert found() == gate
    assert 0 < len(gate) < len(customers)


def _gate(customer):
    facts = Facts(star_level=customer.star_level, has_consent=True)
    verdict = judge(facts, history_of(customer, at=NOW), TERMS, channel=CALL, purpose=Purpose.MARKETING, at=NOW)
    assert verdict.rule in (Rule.ALLOWED, Rule.REFUSED, Rule.MONTHLY_CAP, Rule.NOT_REACHED)
    return verdict


def test_who_was_reached_today_rests_whatever_the_cap(branch):
    today, yesterday, missed = (branch.customer(branch.manager(name)) for name in ("a", "b", "c"))
    called(today, dt.timedelta(hours=2))
    called(yesterday, dt.timedelta(hours=20))
    called(missed, dt.timedelta(hours=2), "no_answer")

    assert found() == {today.pk}


def test_promised_call_counts_as_today_and_in_no_window(branch):
    manager = branch.manager()
    today, before = branch.customer(manager), branch.customer(manager)
    for customer, ago in ((today, dt.timedelta(hours=1)), (before, dt.timedelta(days=3))):
        promise = branch.promise(customer, status=Callback.Status.KEPT)
        item = branch.item(customer, callback=promise, status=QueueItem.Status.DONE)
        called(customer, ago, "refused", queue_item=item, is_service=item.serves)

    assert found() == {today.pk}


@pytest.mark.parametrize("values", [{"channel": "sms"}, {"is_outbound": False}])
def test_only_outbound_calls_count_in_the_windows(branch, values):
    called(branch.customer(branch.manager()), dt.timedelta(days=1), "refused", **values)

    assert found() == set()


def test_calls_after_the_run_began_are_not_read(branch):
    called(branch.customer(branch.manager()), -SECOND, "refused")

    assert found() == set()


def test_who_is_promised_a_call_this_week_is_called_then(branch):
    manager = branch.manager()
    soon, later, kept = (branch.customer(manager) for _ in range(3))
    branch.promise(soon, NOW + PROMISE_AHEAD)
    branch.promise(later, NOW + PROMISE_AHEAD + SECOND)
    branch.promise(kept, status=Callback.Status.KEPT)

    assert found() == found(promised=True) == {soon.pk}


def test_service_calls_count_in_no_window_and_service_rests_for_a_promise_only(branch):
    customer = branch.customer(branch.manager())
    called(customer, dt.timedelta(days=3), "refused", is_service=True)
    assert found() == set()

    called(customer, dt.timedelta(days=2), "refused")
    assert (found(), found(promised=True)) == ({customer.pk}, set())
