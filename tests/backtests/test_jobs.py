"""The life of a back-test as a job: asked once, done on a worker, cancelled, killed and done all the same, adopted."""

import datetime as dt
import time

import pytest

from customers.models import AuditEntry, Staff
from cvm import nightly
from cvm.backtests import actions, tasks
from cvm.backtests.actions import KIND_CHANGED, NOT_DONE, NOTHING_NEW, TOO_OLD, NotFresh, NotRunning
from cvm.backtests.plan import CannotBeTried
from lifecycle.models import BackTest, BackTestBucket, KeyMoment, MomentKind
from tests.backtests.trials import NOW, ask, branch_with_a_night, done, person, sums
from tests.night.branches import AS_OF, make_branch, spend

pytestmark = pytest.mark.django_db

SECONDS = 120
Status = BackTest.Status


@pytest.fixture
def admin():
    branch_with_a_night()
    return person(Staff.Role.ADMIN)


@pytest.fixture
def sent(monkeypatch):
    """What is sent to the workers instead of being sent."""
    found = []
    monkeypatch.setattr(tasks.app, "send_task", lambda name, arguments, **options: found.append((arguments, options)))
    return found


def wait(test, condition):
    deadline = time.monotonic() + SECONDS
    while not condition(test):
        assert time.monotonic() < deadline, (test.status, test.error)
        time.sleep(0.02)
        test.refresh_from_db()
    return test


def refusal(test, *, by, at=NOW):
    with pytest.raises(NotFresh) as error:
        actions.adopt(test, by=by, at=at)
    return error.value.why


def test_the_same_question_twice_is_one_job(admin):
    analyst = person(Staff.Role.ANALYST)

    first, second = ask("C4", by=admin, share_percent=60), ask("C4", by=analyst, share_percent=60)
    other = ask("C4", by=analyst, share_percent=61)

    assert (first.pk == second.pk, first.pk == other.pk) == (True, False)
    assert BackTest.objects.get(pk=first.pk).requested_by == admin
    assert AuditEntry.objects.filter(action="back_test.ask").count() == 2


def test_a_done_one_answers_the_same_question_and_a_cancelled_one_does_not(admin):
    first = done(ask("A2", by=admin))
    assert (first.status, ask("A2", by=admin).pk) == (Status.DONE, first.pk)

    second = ask("C1", by=admin)
    actions.cancel(second, by=admin, at=NOW)
    assert ask("C1", by=admin).pk != second.pk


def test_buckets_go_to_the_workers_last_of_all(admin, sent):
    test = ask("C4", by=admin)

    tasks.send(test.pk)

    assert [arguments for arguments, _ in sent] == [[test.pk, number] for number in range(test.buckets)]
    assert {options["priority"] for _, options in sent} == {9}


def test_sweep_sends_only_what_is_open_and_stands_still(admin, sent):
    test = ask("C4", by=admin, at=NOW)
    tasks.bucket(test.pk, 0)

    tasks.sweep()
    assert sent == []  # a bucket got done just now
    BackTest.objects.update(moved_at=NOW)
    tasks.sweep()

    assert [number for (_, number), _ in sent] == list(range(1, test.buckets))


def test_a_bucket_that_comes_twice_counts_once(admin):
    test = ask("C4", by=admin)
    tasks.bucket(test.pk, 0)
    tasks.bucket(test.pk, 0)
    once = sums(done(test))

    other = ask("C4", by=admin, share_percent=69)
    BackTest.objects.filter(pk=other.pk).update(plan=test.plan, draft=test.draft)
    assert sums(done(other)) == once


def test_cancelled_back_test_keeps_nothing(admin):
    test = ask("C4", by=admin)
    tasks.bucket(test.pk, 0)

    actions.cancel(test, by=admin, at=NOW)
    done(test)

    assert (test.status, bytes(test.result), test.ended_by) == (Status.CANCELLED, b"", admin)
    assert not BackTestBucket.objects.exclude(partial=b"").exists()
    with pytest.raises(NotRunning):
        actions.cancel(test, by=admin, at=NOW)


def test_a_bucket_that_ends_every_worker_fails_the_back_test(admin):
    test = ask("C4", by=admin)
    BackTestBucket.objects.filter(bucket=2).update(attempts=tasks.MOST_ATTEMPTS)

    assert (done(test).status, test.error) == (Status.FAILED, tasks.KEEPS_FAILING)


def test_an_unforeseen_error_fails_the_back_test_with_a_reason(admin):
    test = ask("C4", by=admin)
    BackTest.objects.update(plan={**test.plan, "code": "ZZ"})

    tasks.bucket(test.pk, 0)

    test.refresh_from_db()
    assert (test.status, test.error) == (Status.FAILED, tasks.WENT_WRONG)


def test_killed_worker_changes_nothing(celery_worker_process):
    branch_with_a_night(customers=600)
    admin = person(Staff.Role.ADMIN)
    expected = sums(done(ask("C1", by=admin, red_days=8)))
    BackTest.objects.all().delete()
    test = ask("C1", by=admin, red_days=8)

    tasks.send(test.pk)
    wait(test, lambda one: one.bucket_rows.filter(is_done=True).count() >= 2)
    celery_worker_process.kill()
    test.refresh_from_db()
    assert test.status == Status.RUNNING
    celery_worker_process.start()
    wait(test, lambda one: one.status != Status.RUNNING)

    assert (test.status, test.error) == (Status.DONE, "")
    assert sums(test) == expected


def test_terms_are_adopted_and_the_next_night_uses_them(no_tables_left):
    make_branch(months=11, customers=200)
    spend(nightly.start_night(as_of=AS_OF))
    admin = person(Staff.Role.ADMIN)
    MomentKind.objects.filter(code="C4").update(is_enabled=False)
    test = done(ask("C4", by=admin, share_percent=90, orange_share_percent=60, least_fall_fen=5_00, cool_down_days=30))

    kind = actions.adopt(test, by=admin, at=NOW, reason="more of them")

    assert (kind.is_enabled, kind.cool_down_days, kind.version) == (True, 30, 2)
    assert kind.thresholds == {"share_percent": 90, "orange_share_percent": 60, "least_fall_fen": 5_00}
    trace = AuditEntry.objects.get(action="moment_kind.adopt")
    assert (trace.actor, trace.reason, trace.detail["back_test"]) == (admin, "more of them", test.pk)
    assert trace.detail["before"]["thresholds"]["share_percent"] == 70
    run = spend(nightly.start_night(as_of=AS_OF + dt.timedelta(days=1)))
    planned = next(one for one in run.plan["moments"] if one["code"] == "C4")
    assert planned["thresholds"] == test.draft["thresholds"]
    assert KeyMoment.objects.filter(run=run, kind=kind).exists()


def test_nothing_is_adopted_without_a_fresh_back_test_of_exactly_these_terms(admin):
    running = ask("C4", by=admin, share_percent=60)
    assert refusal(running, by=admin) == NOT_DONE

    test = done(running)
    later = test.finished_at + dt.timedelta(days=7, seconds=1)
    assert refusal(test, by=admin, at=later) == TOO_OLD
    MomentKind.objects.filter(code="C4").update(cool_down_days=50)
    assert refusal(test, by=admin, at=test.finished_at) == KIND_CHANGED
    MomentKind.objects.filter(code="C4").update(cool_down_days=60)
    actions.adopt(test, by=admin, at=test.finished_at)
    assert refusal(test, by=admin, at=test.finished_at) == NOTHING_NEW


def test_a_kind_without_enough_bills_cannot_be_tried(admin):
    from customers.models import HistoryBlock

    HistoryBlock.objects.filter(month__lt=dt.date(2026, 8, 1)).delete()

    with pytest.raises(CannotBeTried) as error:
        ask("C4", by=admin)

    assert (error.value.reach.months, error.value.reach.first) == (4, None)
