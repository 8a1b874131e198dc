"""One contact a household and day, for events and call lists as for the night: when queued, and when claimed."""

import contextlib
import datetime as dt
import threading
import time
import uuid

import pytest
from django.db import connection, transaction

from callcenter import actions, arrivals, claims, home_day
from callcenter.actions import Result
from callcenter.arrivals import NEW, RAISED, Arrival
from callcenter.call_lists import NobodyToCall, close_list, make_list, progress
from callcenter.card import card_of
from callcenter.group_tasks import owners_of
from callcenter.issuing import link_calls
from callcenter.models import Contact, Dispatch, QueueItem
from callcenter.news import news_of
from callcenter.queries import desk_numbers
from callcenter.tests.branch import NOW, TODAY
from callcenter.tests.test_task_actions import task_of
from customers.models import Customer, Event, Family, GroupAccount, Standing
from customers.tests.together import together
from lifecycle.models import KeyMoment, MomentKind

HOUR = dt.timedelta(hours=1)
DECIDER, PAYER, MEMBER = 1, 2, 3


@pytest.fixture
def manager(branch):
    return branch.manager()


def home(branch, manager, *roles):
    """Make a household, each with a standing, and return them in the order of the roles."""
    family = Family.objects.create(code=f"F{Family.objects.count()}")
    people = [branch.customer(manager, family=family, family_role=role) for role in roles]
    for place, one in enumerate(people):
        branch.standing(one, kept_fen=1000 - place, warning=0)
    return people


def arrival(customer, **changes):
    values = {
        "customer_id": customer.pk, "manager_id": customer.manager_id, "priority": 5, "level": 2, "is_strategic": False,
        "moment_bits": 2, "offer_id": 0, "kept_fen": 500, "household": customer.family_id or 0,
        "role": customer.family_role, "layer": 3,
    }  # fmt: skip
    return Arrival(**values | changes)


def arrive(branch, customer, at=NOW, **changes):
    return arrivals.put_in_queue(arrival(customer, **changes), run=branch.run, at=at)


def listed(branch, customers, **changes):
    values = {"name": "List", "why": "Ask", "query": "", "run": branch.run, "goes_first": False}
    values |= {"last_day": TODAY + dt.timedelta(days=7), "by": customers[0].manager, "at": NOW}
    return make_list([one.pk for one in customers], **values | changes)


def spoken(customer, at=NOW - HOUR, **values):
    values = {"outcome": "thinking", "staff": customer.manager} | values
    return Contact.objects.create(customer=customer, started_at=at, ended_at=at, **values)


def queue(branch):
    """Return {customer: whose tasks the call serves too} of what waits."""
    items = QueueItem.objects.filter(run=branch.run, status="pending", callback=None)
    return dict(items.values_list("customer", "covers"))


def test_event_of_a_member_calls_the_decision_maker_about_it(branch, manager):
    member, decider, payer = home(branch, manager, MEMBER, DECIDER, PAYER)
    task = task_of(member, "C2", 2, owner_role="phone_manager")

    became, item = arrive(branch, member)
    link_calls([item], at=NOW)

    assert became == NEW
    assert queue(branch) == {decider.pk: [member.pk]}
    task.refresh_from_db()
    assert (task.receiver_id, task.owner_id, task.delivered_at) == (decider.pk, manager.pk, NOW)
    assert payer.pk not in queue(branch)


def test_desk_is_told_the_deadline_of_the_relative_the_call_is_for(branch, manager):
    member, decider = home(branch, manager, MEMBER, DECIDER)
    kind = MomentKind.objects.get(code="C2")
    found = {"run": branch.run, "customer": member, "kind": kind, "detected_on": TODAY, "level": 2, "value": 0}
    KeyMoment.objects.create(**found, reference=0, deadline_hours=4, found_at=NOW)

    arrive(branch, member)

    (one,) = news_of(manager, at=NOW)
    assert (one.customer_id, one.due_at) == (decider.pk, NOW + 4 * HOUR)


@pytest.mark.parametrize("obstacle", ["consent", "resting", "group"])
def test_payer_is_called_where_the_decision_maker_may_not(branch, manager, obstacle):
    member, decider, payer = home(branch, manager, MEMBER, DECIDER, PAYER)
    if obstacle == "consent":
        decider.consents.all().delete()
    elif obstacle == "group":
        Standing.objects.filter(customer=decider).update(layer=2)
    else:
        spoken(decider, NOW - dt.timedelta(days=3), outcome="refused")

    arrive(branch, member)

    assert queue(branch) == {payer.pk: [member.pk]}


def test_event_joins_the_household_s_call_that_waits(branch, manager):
    member, other, _decider = home(branch, manager, MEMBER, MEMBER, DECIDER)
    before = branch.item(other, rank=50, level=1)

    became, item = arrive(branch, member, level=3)

    before.refresh_from_db()
    assert (became, item) == (RAISED, before.pk)
    assert queue(branch) == {other.pk: [member.pk]}
    assert (before.level, before.arrived_at) == (3, NOW)


def brought(customer, **values):
    """Give the customer a task an event brought."""
    event = Event.objects.create(
        customer=customer, kind=Event.Kind.DOWNGRADE_REQUEST, occurred_at=NOW, source_key=f"e{customer.pk}"
    )
    return task_of(customer, "C3", 3, event=event, **values)


@pytest.fixture
def in_hand(branch, manager):
    """A household whose decision maker is being called when a member asks to leave; (item, token, member)."""
    member, decider = home(branch, manager, MEMBER, DECIDER)
    item = branch.item(decider)
    lease = claims.claim(manager=manager, run=branch.run, at=NOW)
    brought(member)
    became, found = arrive(branch, member, at=NOW + HOUR / 60)
    link_calls([found], at=NOW + HOUR / 60)
    item.refresh_from_db()
    assert (became, found, item.covers) == (RAISED, item.pk, [member.pk])
    return item, lease.token, member


def test_event_of_a_household_in_hand_is_said_in_that_call(branch, manager, in_hand):
    item, token, member = in_hand

    assert queue(branch) == {}
    news = news_of(manager, at=NOW + HOUR / 30)
    assert [(one.customer_id, one.is_in_hand) for one in news] == [(item.customer_id, True)]
    card = card_of(claims.held(token=token, manager=manager, at=NOW), user=manager, at=NOW)
    assert [relative.moment for relative in card.household] == [str(Dispatch.objects.get().kind.name)]
    actions.save_result(Result(outcome="accepted"), token=token, by=manager, at=NOW + HOUR / 30)
    task = Dispatch.objects.get(customer=member)
    assert (task.status, task.result, task.receiver_id) == ("closed", "accepted", item.customer_id)


def test_event_of_a_household_comes_up_at_once_when_the_call_in_hand_reached_nobody(branch, manager, in_hand):
    _item, token, member = in_hand
    at = NOW + HOUR / 30

    actions.save_result(Result(outcome="no_answer"), token=token, by=manager, at=at)

    assert queue(branch) == {member.pk: []}
    assert [one.customer_id for one in news_of(manager, at=at)] == [member.pk]
    task = Dispatch.objects.get(customer=member)
    assert (task.is_open, task.receiver_id, task.owner_id) == (True, None, manager.pk)
    assert claims.claim(manager=manager, run=branch.run, at=at).customer_id == member.pk


def test_event_of_a_household_waits_with_the_call_that_was_put_off(branch, manager, in_hand):
    item, token, member = in_hand

    actions.skip(token=token, by=manager, at=NOW + HOUR / 30, reason="later")

    assert queue(branch) == {item.customer_id: [member.pk]}
    assert [one.is_in_hand for one in news_of(manager, at=NOW + HOUR / 30)] == [False]


@pytest.mark.parametrize(("outcome", "is_called"), [("no_answer", True), ("accepted", False)])
def test_event_during_a_service_call_waits_for_what_becomes_of_it(branch, manager, outcome, is_called):
    member, decider = home(branch, manager, MEMBER, DECIDER)
    decider.consents.all().delete()
    branch.item(decider, is_service=True)
    lease = claims.claim(manager=manager, run=branch.run, at=NOW)

    assert arrive(branch, member)[0] == NEW
    assert claims.claim(manager=manager, run=branch.run, at=NOW) is None
    actions.save_result(Result(outcome=outcome), token=lease.token, by=manager, at=NOW)

    following = claims.claim(manager=manager, run=branch.run, at=NOW)
    assert (following is not None and following.customer_id == member.pk) == is_called


def test_lease_that_ran_out_is_a_call_that_waits(branch, manager):
    member, decider = home(branch, manager, MEMBER, DECIDER)
    item = branch.item(decider)
    claims.claim(manager=manager, run=branch.run, at=NOW)

    assert arrive(branch, member, NOW + claims.LEASE) == (RAISED, item.pk)

    item.refresh_from_db()
    assert item.covers == [member.pk]


def test_service_call_goes_to_whom_it_concerns_whatever_the_household_had(branch, manager):
    member, decider = home(branch, manager, MEMBER, DECIDER)
    branch.item(decider)
    spoken(decider)

    arrive(branch, member, is_service=True)

    assert queue(branch) == {decider.pk: [], member.pk: []}
    lease = claims.claim(manager=manager, run=branch.run, at=NOW)
    assert lease.customer_id == member.pk
    assert QueueItem.objects.get(customer=decider).withdrawn_reason == "household"


@pytest.mark.parametrize(
    ("contact", "blocked"),
    [
        ({}, "household"),
        ({"outcome": "no_answer"}, None),
        ({"is_service": True}, "household"),
        ({"channel": "visit"}, "household"),
        ({"channel": "hall", "is_outbound": False}, "household"),
        ({"channel": "sms"}, None),
        ({"at": NOW - dt.timedelta(hours=16)}, None),  # yesterday in Shanghai
    ],
)
def test_claim_leaves_a_household_that_was_spoken_to_today(branch, manager, contact, blocked):
    member, other = home(branch, manager, MEMBER, MEMBER)
    item = branch.item(member)
    spoken(other, **contact)

    assert claims.blocked_reason(item.pk, at=NOW) == blocked
    with pytest.raises(NobodyToCall) if blocked else contextlib.nullcontext():
        listed(branch, [member])
    promised = branch.item(member, rank=-5, callback=branch.promise(member))
    assert claims.blocked_reason(promised.pk, at=NOW) is None


def test_two_of_a_household_are_not_taken_in_the_same_instant(shared_branch):
    branch = shared_branch
    one, two = branch.manager("one"), branch.manager("two")
    first, second = home(branch, one, MEMBER, MEMBER)
    Customer.objects.filter(pk=second.pk).update(manager=two)
    second.refresh_from_db()
    branch.item(first), branch.item(second)

    taken = []
    together(*[lambda who=who: taken.append(claims.claim(manager=who, run=branch.run, at=NOW)) for who in (one, two)])

    assert len([lease for lease in taken if lease]) == 1
    assert QueueItem.objects.filter(status="leased").count() == 1


def test_events_of_one_household_judged_together_bring_one_call(branch, manager):
    member, decider, other = home(branch, manager, MEMBER, DECIDER, MEMBER)
    alone = branch.customer(manager)
    branch.standing(alone)

    found = [arrival(one) for one in (member, alone, other)]
    became = arrivals.put_all(found, run=branch.run, at=NOW)

    assert became == {member.pk: NEW, other.pk: RAISED, alone.pk: NEW}
    assert queue(branch) == {decider.pk: [member.pk, other.pk], alone.pk: []}


def test_households_are_taken_in_one_order_whoever_asks(shared_branch):
    branch = shared_branch
    manager = branch.manager()
    (first, _), (second, _) = home(branch, manager, MEMBER, MEMBER), home(branch, manager, MEMBER, MEMBER)
    is_taken, free = threading.Event(), []

    def has_the_first():
        with transaction.atomic():
            home_day.own(first.pk)
            is_taken.set()
            wait_for_a_waiter()
            free.append(home_day.try_to_own(second.pk))

    def wants_both():
        assert is_taken.wait(10)
        with transaction.atomic():
            home_day.own_all([second.pk, first.pk])

    together(has_the_first, wants_both)

    assert free == [True]  # who waits for the first has not taken the second yet


def wait_for_a_waiter(seconds=10):
    """Return once another connection waits for an advisory lock."""
    for _ in range(100 * seconds):
        with connection.cursor() as cursor:
            cursor.execute("select exists (select from pg_locks where locktype = 'advisory' and not granted)")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise TimeoutError


def test_list_makes_one_call_a_household_and_its_result_counts_for_all(branch, manager):
    member, decider, sibling = home(branch, manager, MEMBER, DECIDER, MEMBER)
    alone = branch.customer(manager)
    branch.standing(alone, kept_fen=1)

    made = listed(branch, [member, sibling, alone])

    assert queue(branch) == {decider.pk: [member.pk, sibling.pk], alone.pk: []}
    lease = claims.claim(manager=manager, run=branch.run, at=NOW)
    assert lease.customer_id == decider.pk
    item = claims.held(token=lease.token, manager=manager, at=NOW)
    assert item.call_list == made
    assert [relative.evidence for relative in card_of(item, user=manager, at=NOW).household] == ["Ask", "Ask"]
    actions.save_result(Result(outcome="accepted"), token=lease.token, by=manager, at=NOW)
    assert progress([made])[made.pk] == {"accepted": 2, "waiting": 1}


def test_list_joins_the_night_s_call_and_gives_it_its_words(branch, manager):
    member, other = home(branch, manager, MEMBER, MEMBER)
    night = branch.item(other)

    made = listed(branch, [member])

    night.refresh_from_db()
    assert (night.covers, night.call_list, night.is_for_list) == ([member.pk], made, False)
    assert queue(branch) == {other.pk: [member.pk]}


def test_group_customers_of_a_list_go_to_their_account_manager(branch, manager):
    account = branch.staff("account", "account_manager")
    theirs, ours = branch.customer(manager), branch.customer(manager)
    theirs.group = GroupAccount.objects.create(code="G", name="G", group_class=1, account_manager=account)
    theirs.save()
    branch.standing(theirs, layer=2)
    branch.standing(ours)

    made = listed(branch, [theirs, ours])

    assert queue(branch) == {ours.pk: []}
    assert made.left_out == {"group": 1}
    task = Dispatch.objects.get()
    assert (task.customer, task.owner, task.owner_role, task.call_list) == (theirs, account, "account_manager", made)
    assert owners_of(made) == [("account", 1, 1)]
    close_list(made, by=made.created_by, at=NOW)
    assert owners_of(made) == [("account", 1, 0)]


def test_desk_tells_apart_whom_the_claim_would_give_now_and_whom_later(branch, manager):
    free, tried, (with_held, visited), (with_leased, taken) = (
        branch.customer(manager),
        branch.customer(manager),
        home(branch, manager, MEMBER, MEMBER),
        home(branch, manager, MEMBER, MEMBER),
    )
    for one in (free, tried, with_held, with_leased):
        branch.item(one)
    spoken(tried, at=NOW - HOUR, outcome="no_answer")
    task = task_of(visited, "C4", 6, channel="visit", owner_role="account_manager", owner_id=manager.pk)
    Dispatch.objects.filter(pk=task.pk).update(status="accepted", held_at=NOW)
    branch.item(taken, status="leased", lease_token=uuid.uuid4(), leased_at=NOW, lease_expires_at=NOW + HOUR)

    def numbers(at=NOW):
        found = desk_numbers(manager, run=branch.run, at=at)
        return found.waiting, found.callable_now, found.later

    assert numbers() == (4, 1, 3)
    assert claims.claim(manager=manager, run=branch.run, at=NOW).customer_id == free.pk
    assert numbers() == (3, 0, 3)
    assert claims.claim(manager=manager, run=branch.run, at=NOW) is None
    Dispatch.objects.filter(pk=task.pk).update(status="done")
    assert numbers(NOW + 2 * HOUR)[1:] == (4 + 1, 0)  # the two leases have run out too


def test_service_is_never_put_off(branch, manager):
    one = branch.customer(manager)
    branch.item(one, is_service=True)
    spoken(one, outcome="no_answer")

    found = desk_numbers(manager, run=branch.run, at=NOW)

    assert (found.waiting, found.later) == (1, 0)
    assert claims.claim(manager=manager, run=branch.run, at=NOW).customer_id == one.pk
