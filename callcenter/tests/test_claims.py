import datetime as dt
import threading
import uuid

import pytest
from django.db import IntegrityError, connection, transaction

from callcenter import claims
from callcenter.models import Callback, QueueItem
from callcenter.tests.branch import NOW, TODAY, publish_run
from callcenter.verdicts import verdict_now
from customers.actions import set_do_not_disturb
from customers.models import AuditEntry
from customers.tests.together import together

MINUTE = dt.timedelta(minutes=1)


def take(branch, manager, at=NOW):
    return claims.claim(manager=manager, run=branch.run, at=at)


def test_claim_takes_items_in_rank_order(branch):
    manager = branch.manager()
    items = branch.queued(manager, 3)

    taken = [take(branch, manager).item_id for _ in items]

    assert taken == [item.pk for item in items]
    assert take(branch, manager) is None


def test_claim_takes_nothing_of_another_manager(branch):
    branch.queued(branch.manager("first"), 1)

    assert take(branch, branch.manager("second")) is None


def test_claim_takes_nothing_of_an_unpublished_run(branch):
    manager = branch.manager()
    branch.queued(manager, 1)
    branch.run = publish_run(TODAY)

    assert take(branch, manager) is None


def test_claim_takes_due_promise_first(branch):
    manager = branch.manager()
    branch.queued(manager, 1)
    promised = branch.customer(manager)
    branch.promise(promised, due_at=NOW - MINUTE)

    assert take(branch, manager).customer_id == promised.pk


def test_claim_takes_earlier_promise_first(branch):
    manager = branch.manager()
    later, earlier = branch.customer(manager), branch.customer(manager)
    branch.promise(later, due_at=NOW - MINUTE)
    branch.promise(earlier, due_at=NOW - 9 * MINUTE)

    assert [take(branch, manager).customer_id for _ in range(2)] == [earlier.pk, later.pk]


def test_claim_leaves_promise_that_is_not_due(branch):
    manager = branch.manager()
    branch.promise(branch.customer(manager), due_at=NOW + MINUTE)

    assert take(branch, manager) is None


def test_claim_moves_open_promise_into_the_new_run(branch):
    manager = branch.manager()
    promised = branch.promise(branch.customer(manager))
    lease = take(branch, manager)
    branch.run = publish_run(TODAY)

    again = take(branch, manager, at=NOW + claims.LEASE)

    assert again.item_id == lease.item_id
    assert QueueItem.objects.get(callback=promised).run_id == branch.run.pk


def test_claim_gives_a_customer_once_for_promise_and_nightly_item(branch):
    manager = branch.manager()
    item = branch.queued(manager, 1)[0]
    branch.promise(item.customer)

    assert take(branch, manager).customer_id == item.customer_id
    assert take(branch, manager) is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"state": 6}, "off_network"),
        ({"manager": None}, "moved"),
        ({"is_black_listed": True}, "listed"),
        ({"is_sensitive": True}, "listed"),
    ],
)
def test_claim_withdraws_customer_who_changed(branch, change, reason):
    manager = branch.manager()
    gone, good = branch.queued(manager, 2)
    type(gone.customer).objects.filter(pk=gone.customer_id).update(**change)

    assert take(branch, manager).item_id == good.pk
    gone.refresh_from_db()
    assert (gone.status, gone.withdrawn_reason) == ("withdrawn", reason)


KINDS_OF_CALL = ("plain", "promise", "service")


def item_of(branch, customer, kind_of_call):
    promise = branch.promise(customer) if kind_of_call == "promise" else None
    return branch.item(customer, callback=promise, is_service=kind_of_call == "service")


def both_say(item):
    """Return what claim and gate say alike of a call."""
    allowed = verdict_now(item, at=NOW).allowed
    assert (claims.blocked_reason(item.pk, at=NOW) is None) == allowed
    return allowed


@pytest.mark.parametrize("mark", ["is_red_listed", "is_black_listed", "is_special", "is_sensitive"])
@pytest.mark.parametrize("kind_of_call", KINDS_OF_CALL)
def test_claim_and_gate_agree_on_marks(branch, mark, kind_of_call):
    customer = branch.customer(branch.manager(), **{mark: True})

    assert both_say(item_of(branch, customer, kind_of_call)) == (kind_of_call != "plain")


@pytest.mark.parametrize("kind_of_call", KINDS_OF_CALL)
def test_claim_and_gate_agree_on_consent(branch, kind_of_call):
    customer = branch.customer(branch.manager())
    item = item_of(branch, customer, kind_of_call)
    customer.consents.update(is_given=False)

    assert both_say(item) == (kind_of_call != "plain")


@pytest.mark.parametrize("kind_of_call", KINDS_OF_CALL)
@pytest.mark.parametrize(("own", "merged"), [(True, False), (None, True), (None, None), (None, False), (True, True)])
def test_claim_and_gate_agree_on_the_consents_of_merged_records(branch, own, merged, kind_of_call):
    customer = branch.customer(branch.manager())
    item = item_of(branch, customer, kind_of_call)
    for record, said in ((customer, own), (branch.customer(None, merged_into=customer), merged)):
        record.consents.all().delete() if said is None else record.consents.update(is_given=said)

    agreed = False not in (own, merged) and True in (own, merged)
    assert both_say(item) == (agreed or kind_of_call != "plain")


@pytest.mark.parametrize("kind_of_call", KINDS_OF_CALL)
def test_claim_and_gate_agree_on_lists_and_silence_of_merged_records(branch, kind_of_call):
    manager = branch.manager()
    listed, silent = branch.customer(manager), branch.customer(manager)
    branch.customer(None, merged_into=listed, is_special=True)
    alias = branch.customer(None, merged_into=silent)
    set_do_not_disturb(alias, by=None, at=NOW - MINUTE, source="hotline", scope=2)

    assert both_say(item_of(branch, listed, kind_of_call)) == (kind_of_call != "plain")
    assert not both_say(item_of(branch, silent, kind_of_call))


@pytest.mark.parametrize("scope", [1, 2])
@pytest.mark.parametrize("kind_of_call", KINDS_OF_CALL)
def test_claim_and_gate_agree_on_do_not_disturb(branch, scope, kind_of_call):
    manager = branch.manager()
    item = item_of(branch, branch.customer(manager), kind_of_call)
    set_do_not_disturb(item.customer, by=manager, at=NOW - MINUTE, source="hotline", scope=scope)

    assert both_say(item) == (scope == 1 and kind_of_call != "plain")


def test_claim_withdraws_customer_who_must_not_be_called(branch):
    manager = branch.manager()
    quiet, good = branch.queued(manager, 2)
    set_do_not_disturb(quiet.customer, by=manager, at=NOW, source="hotline")

    assert take(branch, manager).item_id == good.pk
    quiet.refresh_from_db()
    assert quiet.withdrawn_reason == "do_not_disturb"


def test_claim_withdraws_the_last_customer_too(branch):
    manager = branch.manager()
    quiet = branch.queued(manager, 1)[0]
    set_do_not_disturb(quiet.customer, by=manager, at=NOW, source="hotline")

    assert take(branch, manager) is None
    quiet.refresh_from_db()
    assert quiet.status == "withdrawn"


def test_ended_do_not_disturb_does_not_stop_the_claim(branch):
    manager = branch.manager()
    item = branch.queued(manager, 1)[0]
    set_do_not_disturb(item.customer, by=manager, at=NOW - 2 * MINUTE, ends_at=NOW - MINUTE, source="hotline")

    assert take(branch, manager).item_id == item.pk


def test_live_lease_cannot_be_taken_over(branch):
    manager = branch.manager()
    branch.queued(manager, 1)
    take(branch, manager)

    assert take(branch, manager, at=NOW + claims.LEASE - MINUTE) is None


def test_expired_lease_is_freed_by_the_next_claim_and_leaves_a_trace(branch):
    manager = branch.manager()
    item = branch.queued(manager, 1)[0]
    lost = take(branch, manager)

    again = take(branch, manager, at=NOW + claims.LEASE)

    assert (again.item_id, again.token == lost.token) == (item.pk, False)
    assert AuditEntry.objects.get(action="desk.lease_expired").subject_id == item.pk


def test_heartbeat_prolongs_live_lease(branch):
    manager = branch.manager()
    branch.queued(manager, 1)
    lease = take(branch, manager)

    until = claims.keep(token=lease.token, manager=manager, at=NOW + MINUTE)

    assert until == NOW + MINUTE + claims.LEASE
    assert claims.held(token=lease.token, manager=manager, at=NOW + claims.LEASE).pk == lease.item_id


def test_heartbeat_never_revives_expired_lease(branch):
    manager = branch.manager()
    branch.queued(manager, 1)
    lease = take(branch, manager)

    with pytest.raises(claims.LeaseLost, match="expired"):
        claims.keep(token=lease.token, manager=manager, at=NOW + claims.LEASE)


def test_heartbeat_refuses_foreign_token(branch):
    manager = branch.manager()
    branch.queued(manager, 1)
    lease = take(branch, manager)

    with pytest.raises(claims.LeaseLost):
        claims.keep(token=lease.token, manager=branch.manager("other"), at=NOW)
    with pytest.raises(claims.LeaseLost):
        claims.keep(token=uuid.uuid4(), manager=manager, at=NOW)


def test_heartbeat_ends_when_customer_says_do_not_call(branch):
    manager = branch.manager()
    item = branch.queued(manager, 1)[0]
    lease = take(branch, manager)
    set_do_not_disturb(item.customer, by=None, at=NOW, source="hotline")

    with pytest.raises(claims.LeaseLost, match="do_not_disturb"):
        claims.keep(token=lease.token, manager=manager, at=NOW)
    assert claims.held(token=lease.token, manager=manager, at=NOW) is None
    item.refresh_from_db()
    assert item.status == "withdrawn"


def test_database_refuses_a_customer_in_two_hands(branch):
    manager = branch.manager()
    item = branch.queued(manager, 1)[0]
    promised = branch.promise(item.customer)
    lease = {"status": "leased", "lease_token": uuid.uuid4(), "lease_expires_at": NOW}
    QueueItem.objects.filter(pk=item.pk).update(**lease)

    with pytest.raises(IntegrityError, match="queue_customer_leased_once"), transaction.atomic():
        branch.item(item.customer, callback=promised, **lease)


def test_claim_walks_the_index_of_the_managers_queue(branch):
    manager = branch.manager()
    branch.queued(manager, 5)
    values = {"manager": manager.pk, "run": branch.run.pk, "at": NOW, "until": NOW, "token": uuid.uuid4()}
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        cursor.execute("set local enable_bitmapscan = off")
        cursor.execute("explain (costs off) " + claims.CLAIM, values)
        plan = "\n".join(line for (line,) in cursor.fetchall())

    candidate = plan.split("CTE candidate")[1].split("CTE failing")[0]
    assert "Index Scan using queue_next_of_manager" in candidate
    assert "Seq Scan" not in candidate
    assert "Hashed" not in plan


# --- real connections ----------------------------------------------------------------------------


def naive_claim(*, manager, run, at, pause):
    """Claim as one would without thinking: read, then write. The control that must double."""
    item = QueueItem.objects.filter(manager=manager, run=run, status="pending").order_by("rank").first()
    pause()
    if item is None:
        return None
    QueueItem.objects.filter(pk=item.pk).update(status="done")
    return claims.Lease(item_id=item.pk, customer_id=item.customer_id, token=uuid.uuid4())


def test_eight_desks_never_hold_the_same_customer(shared_branch):
    branch = shared_branch
    managers = [branch.manager("east"), branch.manager("west")]
    items = [item.pk for manager in managers for item in branch.queued(manager, 20)]
    taken = []

    def desk(manager):
        while lease := take(branch, manager):
            taken.append(lease.item_id)

    together(*[lambda manager=managers[n % 2]: desk(manager) for n in range(8)])

    assert sorted(taken) == sorted(items)


def test_naive_claim_does_hold_the_same_customer(shared_branch):
    branch = shared_branch
    manager = branch.manager()
    branch.queued(manager, 4)
    taken, both_read = [], threading.Barrier(2, timeout=20)

    def desk():
        taken.append(naive_claim(manager=manager, run=branch.run, at=NOW, pause=both_read.wait).item_id)

    together(desk, desk)

    assert taken[0] == taken[1]


def test_promise_and_nightly_item_of_one_customer_are_never_both_in_hand(shared_branch):
    branch = shared_branch
    manager = branch.manager()
    for item in branch.queued(manager, 10):
        branch.promise(item.customer)
    taken = []

    def desk():
        while lease := take(branch, manager):
            taken.append(lease.customer_id)

    together(*[desk] * 4)

    assert sorted(taken) == sorted(Callback.objects.values_list("customer_id", flat=True))


def test_do_not_call_from_another_connection_counts_at_once(shared_branch):
    branch = shared_branch
    manager = branch.manager()
    quiet, good = branch.queued(manager, 2)

    together(lambda: set_do_not_disturb(quiet.customer, by=None, at=NOW, source="hotline"))

    assert take(branch, manager).item_id == good.pk
