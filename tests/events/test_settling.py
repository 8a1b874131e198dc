"""From an accepted event to the desk: the night's own verdict, once, whatever breaks in between."""

import datetime as dt

import pytest
from django.db import OperationalError
from django.utils import timezone

from callcenter.models import Dispatch, QueueItem
from customers.actions import set_do_not_disturb
from customers.models import Complaint, Event, EventReceipt, Run
from cvm.events import judging, settling
from tests.events.happening import make, moments, open_items, outcome, publish, report, settle, someone

pytestmark = pytest.mark.usefixtures("no_tables_left")


def later(seconds):
    return lambda: timezone.now() + dt.timedelta(seconds=seconds)


def test_porting_query_is_on_the_desk_at_once_and_only_once():
    run = make()
    customer = someone(run)

    receipt = report(customer)
    assert settle() == 1

    [moment], [item] = moments(customer), open_items(customer)
    assert (moment.run_id, moment.event_id, moment.level) == (run.pk, receipt.event_id, 3)
    assert moment.detected_on == timezone.localdate()
    assert (item.run_id, item.manager_id, item.level) == (run.pk, customer.manager_id, 3)
    assert item.arrived_at is not None
    task = Dispatch.objects.get(customer=customer, kind=moment.kind, status="open")
    [shown] = Dispatch.objects.filter(customer=customer, status="open", is_lead=True)
    assert (task.event_id, task.level, item.dispatch_id) == (receipt.event_id, 3, shown.pk)
    assert shown.priority >= task.priority
    before = QueueItem.objects.filter(run=run, manager=item.manager_id, status="pending", rank__lt=item.rank)
    assert all((one.level, one.kept_fen) >= (3, 0) for one in before)
    kept = EventReceipt.objects.get(pk=receipt.pk)
    assert (kept.outcome, kept.moments, kept.attempts) == ("task", 1, 1)

    again = report(customer, "porting_code", key="e2")
    settle()

    assert outcome(again) == "nothing"
    assert (len(moments(customer)), len(open_items(customer))) == (1, 1)

    night = publish(days_ago=0)  # the next night knows of it: not again, and still on the desk

    [item] = open_items(customer)
    assert (item.run_id, len(moments(customer))) == (night.pk, 1)
    assert item.moment_bits >> moment.kind.bit & 1

    repeated = publish(days_ago=0)  # the same day once more replaces the night's moments, not the event's

    [item] = open_items(customer)
    assert (item.run_id, len(moments(customer))) == (repeated.pk, 1)
    assert Dispatch.objects.filter(customer=customer, kind=moment.kind).get().pk == task.pk


def test_queued_customer_is_raised_and_a_lease_stays(monkeypatch):
    run = make()
    customer = someone(run, queued=True)
    [before] = open_items(customer)

    receipt = report(customer)
    settle()

    [item] = open_items(customer)
    assert outcome(receipt) == "raised"
    assert Dispatch.objects.get(customer=customer, event_id=receipt.event_id).status == "open"
    assert (item.pk, item.level) == (before.pk, 3)
    assert item.rank <= before.rank
    assert item.moment_bits & before.moment_bits == before.moment_bits


def test_gate_is_respected_and_the_moment_kept():
    run = make()
    customer = someone(run)
    set_do_not_disturb(customer, by=None, at=timezone.now(), source="test")

    receipt = report(customer)
    settle()

    assert (outcome(receipt), open_items(customer)) == ("moment", [])
    assert len(moments(customer)) == 1


def test_event_before_the_first_night_is_stored_and_acted_upon():
    run = make()
    customer = someone(run)
    Run.objects.update(is_current=False)

    receipt = report(customer, "complaint_opened", case="C1")
    settle()

    assert outcome(receipt) == "no_night"
    assert Complaint.objects.filter(case_code="C1", customer=customer).exists()
    assert EventReceipt.objects.get(pk=receipt.pk).said == {}


def ids(events):
    return {event.pk for event in events.values()}


def test_poison_is_set_aside_and_keeps_nobody_waiting(monkeypatch):
    run = make()
    customer = someone(run)
    poison, good = report(customer, key="poison"), report(customer, key="good")
    judge = settling.judge
    monkeypatch.setattr(
        settling, "judge", lambda events, **said: 1 / 0 if poison.event_id in ids(events) else judge(events, **said)
    )

    for attempt in range(settling.MOST_ATTEMPTS + 1):
        settling.settle_waiting(clock=later(60 * attempt))

    kept = EventReceipt.objects.get(pk=poison.pk)
    assert (kept.outcome, kept.problem, kept.attempts) == ("failed", "ZeroDivisionError", settling.MOST_ATTEMPTS)
    assert outcome(good) == "task"
    assert len(moments(customer)) == 1


def test_silent_attempt_is_made_again_and_busy_locks_do_not_count(monkeypatch):
    run = make()
    customer = someone(run)
    receipt = report(customer)
    assert settling.take_up(at=timezone.now()) == [receipt.pk]  # and then its worker was killed

    assert settle() == 0
    judge = settling.judge

    def busy(*_args, **_said):
        raise OperationalError("lock timeout")

    monkeypatch.setattr(settling, "judge", busy)
    settling.settle_waiting(clock=later(20))
    monkeypatch.setattr(settling, "judge", judge)
    assert EventReceipt.objects.get(pk=receipt.pk).attempts == 1

    assert settling.settle_waiting(clock=later(60)) == 1
    assert settling.settle_waiting(clock=later(120)) == 0
    assert len(moments(customer)) == len(open_items(customer)) == 1


def test_failed_attempt_leaves_nothing_half_done(monkeypatch):
    run = make()
    customer = someone(run)
    receipt = report(customer, "complaint_opened", case="C1", level="major")

    def break_off(*_args, **_said):
        raise ValueError

    monkeypatch.setattr(judging.tasking, "issue_at_once", break_off)
    settle()

    assert (outcome(receipt), moments(customer, "C8"), open_items(customer)) == ("", [], [])
    assert not Complaint.objects.filter(case_code="C1").exists()


def test_few_customers_are_judged_together_as_each_would_be_alone():
    from customers.models import Customer

    run = make()
    people = list(Customer.objects.filter(state=1, manager__isnull=False).order_by("pk"))[::9]
    kinds = ["porting_eligible", "hall_visit", "cancel_request", "payment_delay"]
    receipts = [
        report(one, kinds[place % 4], key=f"e{place}") for place, one in enumerate([*people, people[0], people[1]])
    ]
    events = {receipt.customer_id: Event.objects.get(pk=receipt.event_id) for receipt in receipts}
    at = timezone.now()
    alone = [judging.judge({customer: event}, run=run, at=at).moments for customer, event in sorted(events.items())]
    together = judging.judge(events, run=run, at=at).moments
    names = ("customer_id", "kind_id", "event_id", "level", "deadline_hours", "value", "reference")

    assert sorted(told(one, names) for one in together) == sorted(told(one, names) for some in alone for one in some)
    assert len(together) > 3
    assert settle() == len(receipts)
    assert EventReceipt.objects.filter(outcome="").count() == 0
    assert set(EventReceipt.objects.values_list("attempts", flat=True)) == {1}


def told(moment, names):
    return tuple(getattr(moment, name) for name in names)
