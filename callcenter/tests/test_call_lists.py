"""A call list: the gate's word, the owners' queues, what a call and the end of the list do."""

from __future__ import annotations

import datetime as dt

import pytest

from callcenter import call_lists, claims
from callcenter.call_lists import NobodyToCall, TooManyToCall, make_list
from callcenter.models import Contact, QueueItem
from callcenter.tests.branch import NOW, TODAY, publish_run
from customers.actions import set_do_not_disturb
from customers.models import AuditEntry, Consent, Customer, Standing

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def people(branch):
    """Return a manager with six customers, all of them good to call and none of them queued."""
    manager = branch.manager()
    found = [branch.customer(manager) for _ in range(6)]
    for place, customer in enumerate(found):
        branch.standing(customer, kept_fen=1000 - place)
    return manager, found


def make(branch, customers, **changes):
    values = {"name": "List", "why": "Ask about broadband", "query": "band=4", "run": branch.run, "goes_first": False}
    by = changes.pop("by", None) or branch.staff("lead", "team_leader")
    values |= {"last_day": TODAY + dt.timedelta(days=7), "by": by, "at": NOW}
    return make_list([customer.pk for customer in customers], **values | changes)


def queued(run):
    return list(QueueItem.objects.filter(run=run, status="pending").order_by("rank").values_list("customer", flat=True))


def call(branch, customer, outcome, at=NOW + HOUR):
    return Contact.objects.create(
        customer=customer, staff=customer.manager, started_at=at, ended_at=at, outcome=outcome, channel="call"
    )


def test_gate_leaves_out_by_name_and_the_rest_wait_for_their_manager(branch, people):
    manager, (one, two, quiet, listed, silent, gone) = people
    set_do_not_disturb(quiet, by=manager, at=NOW - HOUR, source="desk")
    Customer.objects.filter(pk=listed.pk).update(is_red_listed=True)
    Consent.objects.filter(customer=silent).delete()
    Standing.objects.filter(customer=gone).update(band=0)

    made = make(branch, people[1])

    assert made.left_out == {"do_not_disturb": 1, "listed": 1, "no_consent": 1, "off_network": 1}
    assert made.chosen == 6 == made.entries.count() + sum(made.left_out.values())
    assert queued(branch.run) == [one.pk, two.pk]
    assert AuditEntry.objects.get(action="call_list.make").detail["customers"] == 2


def test_who_is_not_called_by_phone_is_left_out(branch, people):
    _manager, (one, *others) = people
    Standing.objects.exclude(customer=one).update(layer=4, code=3)

    assert make(branch, people[1]).left_out == {"self_service": len(others)}


def test_who_was_spoken_to_today_is_left_out(branch, people):
    _manager, (one, *_others) = people
    call(branch, one, "thinking", at=NOW - HOUR)

    assert make(branch, people[1]).left_out == {"resting": 1}


def test_nobody_and_too_many_make_no_list(branch, people):
    Consent.objects.all().delete()
    with pytest.raises(NobodyToCall) as found:
        make(branch, people[1])
    assert found.value.left_out == {"no_consent": 6}
    with pytest.raises(TooManyToCall):
        make_list(list(range(call_lists.MOST_CUSTOMERS + 1)), name="", why="", query="", run=branch.run,
                  last_day=TODAY, goes_first=False, by=branch.staff("one", "analyst"), at=NOW)  # fmt: skip
    assert call_lists.CallList.objects.count() == 0


def test_list_waits_behind_the_night_unless_it_goes_first(branch, people):
    manager, found = people
    night = branch.queued(manager, 2)
    make(branch, found[:2])
    make(branch, found[2:4], goes_first=True, by=branch.staff("second", "team_leader"))

    expected = [found[2].pk, found[3].pk, *(item.customer_id for item in night), found[0].pk, found[1].pk]
    assert queued(branch.run) == expected


def test_customer_of_the_night_keeps_the_place_and_gets_the_words(branch, people):
    _manager, found = people
    item = branch.item(found[0], rank=1)

    made = make(branch, found[:2])

    item.refresh_from_db()
    assert (item.rank, item.call_list, item.is_for_list) == (1, made, False)
    assert QueueItem.objects.filter(customer=found[0]).count() == 1


def test_claimed_item_brings_the_reason(branch, people):
    manager, found = people
    made = make(branch, found[:1])

    lease = claims.claim(manager=manager, run=branch.run, at=NOW)

    assert claims.held(token=lease.token, manager=manager, at=NOW).call_list == made


def test_next_night_takes_up_who_was_not_reached(branch, people):
    _manager, (one, two, three, *_) = people
    make(branch, [one, two, three])
    call(branch, one, "accepted")
    call(branch, two, "no_answer")
    later = NOW + dt.timedelta(days=1)
    run = publish_run(TODAY + dt.timedelta(days=1))
    branch.run = run
    for customer in (one, two, three):
        branch.standing(customer)

    call_lists.fill_queue(run, at=later)
    call_lists.fill_queue(run, at=later)

    assert sorted(queued(run)) == [two.pk, three.pk]
    call_lists.fill_queue(run, at=NOW + dt.timedelta(days=8))
    assert len(queued(run)) == 2


def test_ended_list_is_not_taken_up(branch, people):
    make(branch, people[1][:2])
    QueueItem.objects.all().delete()

    call_lists.fill_queue(branch.run, at=NOW + dt.timedelta(days=8))

    assert queued(branch.run) == []


def test_closing_withdraws_who_waits_for_the_list_alone(branch, people):
    _manager, found = people
    branch.item(found[0], rank=1)
    made = make(branch, found[:3])
    other = make(branch, found[2:3], by=branch.staff("second", "team_leader"))

    assert call_lists.close_list(made, by=made.created_by, at=NOW)
    assert not call_lists.close_list(made, by=made.created_by, at=NOW)

    assert queued(branch.run) == [found[0].pk, found[2].pk]
    assert QueueItem.objects.get(customer=found[1]).withdrawn_reason == "list_closed"
    assert QueueItem.objects.get(customer=found[2]).call_list == other


def test_progress_counts_each_customer_once_by_the_newest_result(branch, people):
    _manager, (one, two, three, *_) = people
    made = make(branch, [one, two, three])
    call(branch, one, "no_answer")
    call(branch, one, "refused", at=NOW + 2 * HOUR)
    call(branch, two, "accepted", at=NOW - dt.timedelta(days=300))

    assert call_lists.progress([made]) == {made.pk: {"refused": 1, "waiting": 2}}
