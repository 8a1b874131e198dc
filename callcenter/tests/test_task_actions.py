"""A saved result closes the task it served; who was not there is tried again; overdue tasks are flagged once."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from callcenter import actions, claims, task_actions
from callcenter.actions import Result
from callcenter.backups import next_in_line
from callcenter.models import Dispatch, QueueItem
from callcenter.tests.branch import NOW, a_kind


def task_of(customer, code="C1", bit=0, **values):
    known = {
        "kind": a_kind(code, bit) if code else None,
        "is_lead": True,
        "priority": 8,
        "level": 2,
        "detected_at": NOW,
        "due_at": NOW + dt.timedelta(days=1),
        "expires_at": NOW + dt.timedelta(days=20),
        "channel": "call",
        "owner_role": "phone_manager",
        "owner_id": customer.manager_id,
    }
    return Dispatch.objects.create(customer=customer, **known | values)


@pytest.fixture
def manager(branch):
    return branch.manager()


@pytest.fixture
def called(branch, manager):
    """A customer with a shown task and a talking point, in the manager's hand."""
    customer = branch.customer(manager)
    branch.standing(customer)
    task, point = task_of(customer), task_of(customer, "A2", 4, is_lead=False, priority=1, channel="sms")
    branch.item(customer, dispatch=task)
    return task, point


def save(branch, manager, outcome, **values):
    lease = claims.claim(manager=manager, run=branch.run, at=NOW)
    at = NOW + dt.timedelta(seconds=90)
    return actions.save_result(Result(outcome, **values), token=lease.token, by=manager, at=at)


def results():
    return list(Dispatch.objects.order_by("pk").values_list("status", "result", "cause"))


def test_result_closes_the_task_and_its_talking_points(branch, manager, called):
    save(branch, manager, "refused", cause="fee", satisfaction=2)

    assert results() == [("closed", "refused", "fee")] * 2
    shown, point = Dispatch.objects.order_by("pk")
    assert (shown.seconds, shown.satisfaction, shown.closed_by, point.satisfaction) == (90, 2, manager, None)
    assert shown.attempted_at == shown.closed_at == NOW + dt.timedelta(seconds=90)


def test_promise_keeps_the_task_open_until_then(branch, manager, called):
    later = NOW + dt.timedelta(days=1)

    save(branch, manager, "thinking", callback_at=later)

    assert [row[0] for row in results()] == ["accepted", "accepted"]
    assert set(Dispatch.objects.values_list("next_contact_at", flat=True)) == {later}


def test_third_try_without_an_answer_ends_the_shown_task_and_shows_the_next(branch, manager, called):
    task, point = called
    Dispatch.objects.filter(pk=task.pk).update(dials=1)
    save(branch, manager, "no_answer")
    assert results()[0][0] == "open"
    item = QueueItem.objects.get(customer=task.customer_id)

    task_actions.settle_by_call(
        item, outcome="no_answer", cause="", callback_at=None, satisfaction=None, by=manager, at=NOW
    )

    assert results() == [("closed", "not_reached", ""), ("open", "", "")]
    point.refresh_from_db()
    assert point.is_lead


def test_call_of_a_household_settles_the_phone_desks_tasks_of_all(branch, manager):
    speaker, relative = branch.customer(manager), branch.customer(manager)
    branch.standing(speaker)
    theirs = task_of(relative, receiver=speaker)
    visit = task_of(relative, "C9", 5, is_lead=False, owner_role="account_manager")
    branch.item(speaker, covers=[relative.pk])

    save(branch, manager, "accepted")

    theirs.refresh_from_db()
    visit.refresh_from_db()
    assert (theirs.status, theirs.result) == ("closed", "accepted")
    assert (visit.status, visit.is_lead) == ("open", True)


def test_overdue_tasks_are_flagged_once(branch, manager, called):
    after = NOW + dt.timedelta(days=2)

    assert (task_actions.escalate(at=NOW), task_actions.escalate(at=after), task_actions.escalate(at=after)) == (
        0,
        1,
        0,
    )
    assert Dispatch.objects.get(pk=called[0].pk).escalated_at == after


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "closed"},
        {"status": "closed", "result": "handled"},
        {"result": "handled"},
        {"satisfaction": 6},
    ],
)
def test_database_keeps_tasks_honest(branch, manager, called, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        Dispatch.objects.filter(pk=called[0].pk).update(**wrong)


def test_one_open_task_of_a_kind_and_one_shown(branch, manager, called):
    customer = called[0].customer
    with pytest.raises(IntegrityError), transaction.atomic():
        task_of(customer, is_lead=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        task_of(customer, "C4", 6)
    task_of(customer, "", is_lead=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        task_of(customer, "", is_lead=False)


def test_stand_in_is_the_next_of_the_team():
    assert next_in_line([(1, "a"), (2, "a"), (5, "a"), (3, "b")]) == {1: 2, 2: 5, 5: 1, 3: 0}
    assert next_in_line([]) == {}
