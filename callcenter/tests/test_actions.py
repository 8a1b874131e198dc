import datetime as dt
import threading
import uuid

import pytest
from django.db import connection

from callcenter import actions, claims
from callcenter.actions import Result
from callcenter.models import Callback, Contact, QueueItem
from callcenter.tests.branch import NOW
from callcenter.tests.test_claims import MINUTE, take
from customers.actions import set_do_not_disturb
from customers.models import AuditEntry, DoNotDisturb, Staff
from customers.tests.together import together

ACCEPTED = Result(outcome="accepted", note="办了续约")


def in_hand(branch, manager=None):
    manager = manager or branch.manager()
    item = branch.queued(manager, 1)[0]
    return manager, item, take(branch, manager)


def test_result_closes_the_item_and_logs_the_call(branch):
    manager, item, lease = in_hand(branch)

    contact = actions.save_result(ACCEPTED, token=lease.token, by=manager, at=NOW + MINUTE)

    item.refresh_from_db()
    assert (item.status, item.closed_at) == ("done", NOW + MINUTE)
    assert (contact.customer_id, contact.queue_item_id, contact.staff) == (item.customer_id, item.pk, manager)
    assert (contact.started_at, contact.ended_at, contact.note) == (NOW, NOW + MINUTE, "办了续约")
    assert AuditEntry.objects.get(action="desk.result").subject_id == contact.pk


def test_result_saved_twice_is_one_contact(branch):
    manager, _item, lease = in_hand(branch)

    first = actions.save_result(ACCEPTED, token=lease.token, by=manager, at=NOW)
    second = actions.save_result(Result(outcome="no_answer"), token=lease.token, by=manager, at=NOW + MINUTE)

    assert second == first
    assert Contact.objects.get().outcome == "accepted"


def test_result_after_the_lease_ran_out_is_refused(branch):
    manager, _item, lease = in_hand(branch)

    with pytest.raises(claims.LeaseLost, match="expired"):
        actions.save_result(ACCEPTED, token=lease.token, by=manager, at=NOW + claims.LEASE)
    assert not Contact.objects.exists()


def test_result_of_somebody_else_is_refused(branch):
    _manager, _item, lease = in_hand(branch)

    with pytest.raises(claims.LeaseLost):
        actions.save_result(ACCEPTED, token=lease.token, by=branch.manager("other"), at=NOW)


@pytest.mark.parametrize("result", [Result(outcome="refused"), Result(outcome="refused", cause="other", note="  ")])
def test_refusal_without_a_cause_is_refused(branch, result):
    manager, item, lease = in_hand(branch)

    with pytest.raises(actions.CauseMissing):
        actions.save_result(result, token=lease.token, by=manager, at=NOW)
    item.refresh_from_db()
    assert item.status == "leased"


def test_callback_becomes_a_promise_that_comes_first(branch):
    manager, item, lease = in_hand(branch)
    branch.queued(manager, 1)
    later = NOW + dt.timedelta(hours=2)

    actions.save_result(Result(outcome="thinking", callback_at=later), token=lease.token, by=manager, at=NOW)

    assert take(branch, manager, at=later).customer_id == item.customer_id


def test_promise_is_kept_by_the_call(branch):
    manager = branch.manager()
    promise = branch.promise(branch.customer(manager))
    lease = take(branch, manager)

    actions.save_result(Result(outcome="no_answer"), token=lease.token, by=manager, at=NOW)

    promise.refresh_from_db()
    assert promise.status == "kept"
    assert take(branch, manager) is None


def test_conversation_takes_the_customers_other_item_out(branch):
    manager = branch.manager()
    item = branch.queued(manager, 1)[0]
    branch.promise(item.customer)
    lease = take(branch, manager)

    actions.save_result(ACCEPTED, token=lease.token, by=manager, at=NOW)

    item.refresh_from_db()
    assert (item.status, item.withdrawn_reason) == ("withdrawn", "served")


def test_no_answer_leaves_the_customers_other_item(branch):
    manager = branch.manager()
    item = branch.queued(manager, 1)[0]
    branch.promise(item.customer)
    lease = take(branch, manager)

    actions.save_result(Result(outcome="no_answer"), token=lease.token, by=manager, at=NOW)

    item.refresh_from_db()
    assert item.status == "pending"


@pytest.mark.parametrize("is_service", [False, True])
def test_saved_call_tells_its_purpose(branch, is_service):
    manager = branch.manager()
    branch.item(branch.customer(manager), is_service=is_service)
    lease = claims.claim(manager=manager, run=branch.run, at=NOW)

    contact = actions.save_result(Result(outcome="thinking"), token=lease.token, by=manager, at=NOW)

    assert contact.is_service == is_service


def test_do_not_call_ends_everything_for_this_customer(branch):
    manager = branch.manager()
    item = branch.queued(manager, 1)[0]
    due = branch.promise(item.customer)
    later = branch.promise(item.customer, due_at=NOW + dt.timedelta(days=1))
    lease = take(branch, manager)

    actions.save_result(Result(outcome="do_not_call"), token=lease.token, by=manager, at=NOW)

    period = DoNotDisturb.objects.get()
    assert (period.source, period.set_by, period.ends_at) == ("desk", manager, NOW + dt.timedelta(days=365))
    assert [Callback.objects.get(pk=promise.pk).status for promise in (due, later)] == ["kept", "cancelled"]
    item.refresh_from_db()
    assert (item.status, item.withdrawn_reason) == ("withdrawn", "do_not_disturb")
    assert take(branch, manager, at=NOW + dt.timedelta(days=2)) is None


def test_result_is_still_logged_when_another_desk_said_do_not_call(branch):
    manager, item, lease = in_hand(branch)
    set_do_not_disturb(item.customer, by=None, at=NOW, source="hotline")

    actions.save_result(ACCEPTED, token=lease.token, by=manager, at=NOW)

    assert Contact.objects.count() == 1


def test_skip_puts_the_customer_behind_the_others(branch):
    manager, item, lease = in_hand(branch)
    other = branch.queued(manager, 1)[0]

    actions.skip(token=lease.token, by=manager, at=NOW, reason="later")

    assert [take(branch, manager).item_id for _ in range(2)] == [other.pk, item.pk]
    assert AuditEntry.objects.get(action="desk.skip").reason == "later"


def test_skipped_promise_comes_back_in_a_quarter_of_an_hour(branch):
    manager = branch.manager()
    promised = branch.customer(manager)
    branch.promise(promised)
    actions.skip(token=take(branch, manager).token, by=manager, at=NOW, reason="later")
    branch.queued(manager, 1)

    assert take(branch, manager, at=NOW + MINUTE).customer_id != promised.pk
    assert take(branch, manager, at=NOW + MINUTE) is None
    assert take(branch, manager, at=NOW + actions.SKIPPED_PROMISE_WAITS).customer_id == promised.pk


def test_skip_of_a_lost_lease_is_refused(branch):
    manager, _item, lease = in_hand(branch)

    with pytest.raises(claims.LeaseLost):
        actions.skip(token=lease.token, by=manager, at=NOW + claims.LEASE, reason="later")
    with pytest.raises(claims.LeaseLost):
        actions.skip(token=uuid.uuid4(), by=manager, at=NOW, reason="later")


def test_number_is_shown_with_a_trace_that_holds_no_number(branch):
    manager, item, lease = in_hand(branch)

    clear = actions.reveal_number(token=lease.token, by=manager, at=NOW, reason="call_now")

    entry = AuditEntry.objects.get(action="desk.reveal_number")
    assert clear == item.customer.msisdn
    assert (entry.actor, entry.subject_id, entry.reason) == (manager, item.customer_id, "call_now")
    assert clear not in str(entry.detail)


def test_number_is_refused_in_quiet_hours(branch):
    manager, _item, _lease = in_hand(branch)
    night = NOW + dt.timedelta(hours=6)
    lease = take(branch, manager, at=night)

    with pytest.raises(actions.MayNotCall) as refused:
        actions.reveal_number(token=lease.token, by=manager, at=night, reason="call_now")
    assert refused.value.verdict.rule == "quiet_hours"
    assert refused.value.verdict.next_allowed_at == dt.datetime(2026, 11, 24, 1, tzinfo=dt.UTC)
    assert not AuditEntry.objects.filter(action="desk.reveal_number").exists()


def test_number_is_refused_without_a_live_lease(branch):
    manager, _item, lease = in_hand(branch)

    with pytest.raises(claims.LeaseLost):
        actions.reveal_number(token=lease.token, by=manager, at=NOW + claims.LEASE, reason="call_now")


def test_number_is_refused_when_the_trace_cannot_be_written(branch, monkeypatch):
    manager, _item, lease = in_hand(branch)

    def fail(*_args, **_values):
        raise OSError("audit")

    monkeypatch.setattr(actions.audit, "record", fail)
    with pytest.raises(OSError, match="audit"):
        actions.reveal_number(token=lease.token, by=manager, at=NOW, reason="call_now")


def test_numbers_are_counted_within_an_hour(branch, monkeypatch):
    monkeypatch.setattr(actions, "REVEALS_PER_HOUR", 2)
    manager, _item, lease = in_hand(branch)
    reveal = {"token": lease.token, "by": manager, "reason": "call_now"}
    actions.reveal_number(at=NOW, **reveal)
    actions.reveal_number(at=NOW, **reveal)

    with pytest.raises(actions.RevealLimit):
        actions.reveal_number(at=NOW, **reveal)


def test_promises_follow_customers_to_another_manager(branch):
    old, new = branch.manager("old"), branch.manager("new")
    customer = branch.customer(old)
    branch.promise(customer)
    take(branch, old)
    QueueItem.objects.update(status="pending", lease_token=None, lease_expires_at=None)
    type(customer).objects.update(manager=new)

    assert actions.hand_over_promises() == 1
    assert actions.hand_over_promises() == 0
    assert take(branch, new).customer_id == customer.pk


def test_promise_withdrawn_from_the_old_manager_comes_to_the_new_one(branch):
    old, new = branch.manager("old"), branch.manager("new")
    customer = branch.customer(old)
    branch.promise(customer)
    lease = take(branch, old)
    type(customer).objects.update(manager=new)
    actions.hand_over_promises()

    assert claims.held(token=lease.token, manager=old, at=NOW) is None

    assert QueueItem.objects.get().withdrawn_reason == "moved"
    assert take(branch, new).customer_id == customer.pk


# --- real connections ----------------------------------------------------------------------------


def test_double_click_from_two_connections_is_one_contact(shared_branch):
    branch = shared_branch
    manager, _item, lease = in_hand(branch)
    saved = []

    def click():
        saved.append(actions.save_result(ACCEPTED, token=lease.token, by=manager, at=NOW).pk)

    together(*[click] * 6)

    assert saved == [Contact.objects.get().pk] * 6


def test_two_reveals_at_the_limit_show_one_number(shared_branch, monkeypatch):
    monkeypatch.setattr(actions, "REVEALS_PER_HOUR", 1)
    branch = shared_branch
    manager, _item, lease = in_hand(branch)
    shown = []

    def look():
        try:
            shown.append(actions.reveal_number(token=lease.token, by=manager, at=NOW, reason="call_now"))
        except actions.RevealLimit:
            shown.append(None)

    together(*[look] * 2)

    assert sorted(number is None for number in shown) == [False, True]


def test_contact_is_saved_while_a_claim_locks_the_item(shared_branch):
    """FOR NO KEY UPDATE: a contact that refers to a locked item need not wait for the claim to end."""
    branch = shared_branch
    manager = branch.manager()
    item = branch.queued(manager, 1)[0]
    locked, saved = threading.Event(), threading.Event()

    def claiming():
        from django.db import transaction

        with transaction.atomic():
            take(branch, manager)
            locked.set()
            assert saved.wait(timeout=20), "the contact waited for the claim"

    def saving():
        assert locked.wait(timeout=20), "nothing was claimed"
        with connection.cursor() as cursor:
            cursor.execute("set lock_timeout = '10s'")
        Contact.objects.create(
            customer=item.customer, queue_item=item, started_at=NOW, ended_at=NOW, outcome="accepted"
        )
        saved.set()

    together(claiming, saving)
    assert Staff.objects.count() == 1
