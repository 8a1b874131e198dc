"""The steps of the night one by one, called as the tasks would, without a worker."""

import datetime as dt
import io
import os
import signal
import tempfile
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
from celery import Celery
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone, translation

from callcenter.models import Contact, PhoneManager, QueueItem
from customers.models import AuditEntry, HistoryBlock, Rollup, Run, RunBucket, Staff, Standing
from customers.tests.together import together
from cvm import nightly
from cvm.localstack import LocalStack, celery_url
from cvm.management.commands import nightly as command
from cvm.night import clearing, errors, ledger, partition, sending, standing, watching
from cvm.night.opening import open_run
from lifecycle.models import KeyMoment, StagePolicy
from offers import experiment_actions
from offers.experiment_actions import Drawn, Share
from offers.models import Offer
from retention.models import ChurnModel
from segmentation.models import CohortMember, LedgerEntry
from tests.night.branches import AS_OF, ENOUGH_MONTHS, FEW, checksums, make_few, numbers, spend

pytestmark = pytest.mark.usefixtures("no_tables_left")


def publish(as_of=AS_OF):
    run = spend(nightly.start_night(as_of=as_of))
    assert (run.status, run.error) == (Run.Status.PUBLISHED, "")
    return run


def up_to_merge():
    """Return a run whose sums stand and whose checks are still to come."""
    run = nightly.start_night(as_of=AS_OF)
    nightly.step(run.pk)
    for number in range(run.buckets):
        nightly.bucket(run.pk, number)
    assert nightly._do_stage(run.pk)
    return run


def tables():
    return partition.tables()


# --- a good night


def test_steps_lead_to_a_published_run():
    make_few()

    run = publish()

    assert Standing.objects.filter(run=run).count() == FEW
    assert AuditEntry.objects.filter(action="night.start", subject_id=run.pk).exists()
    assert watching.progress(run).percent == 100
    assert run.policies == {"tier": 1, "stage": 1, "warning": 1, "cohort": 2026, "model": run.plan["model"]["id"]}


def test_model_is_made_once_a_month():
    make_few(months=ENOUGH_MONTHS)

    first, second = publish(), publish(as_of=AS_OF + dt.timedelta(days=1))

    model = ChurnModel.objects.get()
    assert model.month == first.month
    assert first.plan["model"] == second.plan["model"] == {"id": model.pk, "sha256": model.sha256}


def test_queue_leaves_out_who_was_called_lately_and_who_left_the_desk():
    make_few()
    first = publish()
    gone, staying = PhoneManager.objects.order_by("pk")
    Staff.objects.filter(pk=gone.staff_id).update(is_active=False)
    refused, thinking = QueueItem.objects.filter(run=first, manager=staying.staff).order_by("rank")[:2]
    now = timezone.now()
    for item, outcome in ((refused, "refused"), (thinking, "thinking")):
        Contact.objects.create(customer_id=item.customer_id, started_at=now, ended_at=now, outcome=outcome)

    second = publish()

    queued = QueueItem.objects.filter(run=second)
    assert not queued.filter(customer__in=(refused.customer_id, thinking.customer_id)).exists()
    assert set(queued.values_list("manager", flat=True)) == {staying.staff_id}


def test_publishing_takes_out_who_was_reached_while_the_night_worked():
    make_few()
    run = up_to_merge()
    reached, missed = QueueItem.objects.filter(run=run).order_by("manager", "rank")[:2]
    now = timezone.now()
    for item, outcome in ((reached, "thinking"), (missed, "no_answer")):
        Contact.objects.create(customer_id=item.customer_id, started_at=now, ended_at=now, outcome=outcome)

    nightly.step(run.pk)

    said = dict(QueueItem.objects.filter(pk__in=(reached.pk, missed.pk)).values_list("pk", "withdrawn_reason"))
    assert said == {reached.pk: "served", missed.pk: ""}


def test_planner_knows_that_a_table_is_one_run():
    make_few()

    run = publish()

    with connection.cursor() as cursor:
        cursor.execute(
            "select most_common_freqs from pg_stats where tablename = %s and attname = 'run_id'",
            [partition.table_of(run.pk)],
        )
        assert cursor.fetchone() == ([1.0],)


def test_queue_holds_nobody_over_capacity_and_ranks_without_gaps():
    make_few()
    PhoneManager.objects.update(daily_capacity=7)

    run = publish()

    for manager in PhoneManager.objects.all():
        ranks = QueueItem.objects.filter(run=run, manager=manager.staff).order_by("rank").values_list("rank", flat=True)
        assert list(ranks) == list(range(1, 8))


def test_absent_manager_gets_no_queue():
    make_few()
    absent = PhoneManager.objects.first()
    PhoneManager.objects.filter(pk=absent.pk).update(is_absent=True)

    run = publish()

    assert not QueueItem.objects.filter(run=run, manager=absent.staff).exists()
    assert QueueItem.objects.filter(run=run).exists()


def test_next_night_goes_on_from_the_last_one():
    make_few()
    first = publish()
    frozen = set(CohortMember.objects.values_list("customer_id", "entry_month"))
    test = start_test(first)

    second = publish(as_of=AS_OF + dt.timedelta(days=1))

    assert second.plan["previous_run"] == first.pk
    assert second.plan["moment_runs"] == [first.pk]
    assert frozen
    assert set(CohortMember.objects.values_list("customer_id", "entry_month")) == frozen
    assert dict(
        Standing.objects.filter(run=second, cohort_entry__gt=0).values_list("customer_id", "cohort_entry")
    ) == dict(frozen)
    monthly = KeyMoment.objects.filter(kind__code="C4")
    assert monthly.filter(run=first).exists()
    assert not monthly.filter(run=second).exists()
    assert_arms_are_kept(second, test)


def start_test(run):
    """Start a test of the night's commonest offer among everybody of value, half of them without it."""
    standings = Standing.objects.filter(run=run, band__gt=0).order_by("customer_id")
    proposed = standings.filter(offer_id__gt=0).values_list("offer_id", flat=True)
    commonest, _count = Counter(proposed).most_common(1)[0]
    ids, cum3_fen = zip(*standings.values_list("customer_id", "cum3_fen"), strict=True)
    by, now = Staff.objects.create(username="ana", role=Staff.Role.ANALYST), timezone.now()
    arms = [Share(None, 500), Share(Offer.objects.get(pk=commonest), 500)]
    words = {"name": "x", "question": "x", "days": 30, "base_permille": 900, "effect_permille": 20}
    test = experiment_actions.draft(arms=arms, by=by, at=now, **words)
    test.salt = "the same draw every time"
    test.save(update_fields=["salt"])
    drawn = Drawn(ids, cum3_fen, chosen=len(ids), left_out={})
    experiment_actions.start(test, drawn, needed=1, run=run, by=by, on=run.as_of, at=now)
    return test


def assert_arms_are_kept(run, test):
    """The control gets anything but the tested offer, on no page and no desk; of the other arm somebody gets it."""
    control, own = test.arms.order_by("position")
    for rows in (Standing.objects.filter(run=run), QueueItem.objects.filter(run=run)):
        of_control = rows.filter(customer__in=control.members.values("customer"))
        assert of_control.exists()
        assert not of_control.filter(offer_id=own.offer_id).exists()
        assert rows.filter(customer__in=own.members.values("customer"), offer_id=own.offer_id).exists()
    assert not control.members.exclude(offered_on=None).exists()
    assert set(own.members.values_list("offered_on", flat=True)) >= {run.as_of}


def test_task_delivered_twice_changes_nothing():
    make_few()
    run = nightly.start_night(as_of=AS_OF)
    nightly.step(run.pk)
    nightly.bucket(run.pk, 0)
    once = checksums(run)

    nightly.bucket(run.pk, 0)
    nightly.step(run.pk)

    assert checksums(run) == once
    assert run.bucket_rows.get(bucket=0).attempts == 1
    published = spend(run)
    said = numbers(published)
    nightly.step(run.pk)
    nightly.bucket(run.pk, 3)
    assert numbers(published) == said
    assert published.status == Run.Status.PUBLISHED


def test_old_partitions_go_but_their_queues_stay():
    make_few()
    days = [AS_OF + dt.timedelta(days=number) for number in range(5)]

    runs = [publish(as_of=day) for day in days]

    assert tables() == {run.pk for run in runs[-partition.KEEP :]}
    assert QueueItem.objects.filter(run=runs[0]).exists()


def test_repeated_day_does_not_push_out_the_day_before():
    make_few()
    yesterday = publish(as_of=AS_OF)
    today = [publish(as_of=AS_OF + dt.timedelta(days=1)) for _ in range(4)]

    assert yesterday.pk in tables()
    assert {run.plan["previous_run"] for run in today} == {yesterday.pk}


# --- a bad one


def test_second_night_is_refused_while_one_runs():
    make_few()
    running = nightly.start_night(as_of=AS_OF)

    with pytest.raises(errors.NightAlreadyRunning) as caught:
        nightly.start_night(as_of=AS_OF)

    assert caught.value.detail["run"] == running.pk
    assert "0 of 5" in errors.english(caught.value)
    assert Run.objects.count() == 1


def test_of_two_nights_at_the_same_instant_one_is_refused():
    make_few()

    def attempt():
        try:
            return open_run(as_of=AS_OF, requested_by=None, reason="", at=timezone.now())
        except errors.NightAlreadyRunning as error:
            return error

    outcomes = together(attempt, attempt)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NightAlreadyRunning", "Run"]
    assert Run.objects.count() == 1


def test_nothing_to_do_without_customers():
    with pytest.raises(errors.NothingToDo):
        nightly.start_night(as_of=AS_OF)

    assert not Run.objects.exists()


def test_nothing_to_do_before_the_first_month_closed():
    make_few()
    HistoryBlock.objects.exclude(month=dt.date(2026, 8, 1)).delete()

    with pytest.raises(errors.NothingToDo):
        nightly.start_night(as_of=dt.date(2026, 8, 30))

    assert nightly.start_night(as_of=dt.date(2026, 8, 31)).month == dt.date(2026, 8, 1)


def test_missing_policy_is_named():
    make_few()
    StagePolicy.objects.update(status=StagePolicy.Status.RETIRED)

    with pytest.raises(errors.PolicyMissing, match=str(StagePolicy._meta.verbose_name)):
        nightly.start_night(as_of=AS_OF)

    assert (Run.objects.count(), tables()) == (0, set())


def test_command_says_why_nothing_began():
    with pytest.raises(CommandError):
        call_command("nightly", "--as-of", AS_OF.isoformat())


def answer_by(monkeypatch, taken):
    """Let workers answer which queues they take, by name of the worker."""
    answers = {worker: [{"name": queue} for queue in queues] for worker, queues in taken.items()} or None
    monkeypatch.setattr(sending.app.control, "inspect", lambda timeout: SimpleNamespace(active_queues=lambda: answers))


@pytest.mark.parametrize(("workers", "told"), [({"events@here": ["events"]}, 1), ({"celery@here": ["celery"]}, 0)])
def test_command_says_when_no_worker_is_there(monkeypatch, workers, told):
    make_few()
    answer_by(monkeypatch, workers)
    monkeypatch.setattr(command, "FIRST_CARE_SECONDS", -1)
    monkeypatch.setattr(command, "sweep", lambda: spend(Run.objects.get()))
    out = io.StringIO()

    with translation.override("en"):
        call_command("nightly", "--as-of", AS_OF.isoformat(), stdout=out)

    assert out.getvalue().count("No worker answers") == told


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda run: spoil_plan(run, customers=FEW + 1), "customers_missing"),
        (lambda run: spoil_plan(run, capacity={}), "queue_too_long"),
        (lambda run: Rollup.objects.filter(run=run, kind="state").first().delete(), "rollup_unbalanced"),
        (
            lambda run: one(LedgerEntry, run).update(members=1, kept=1, lost_off_network=0, lost_value=0),
            "ledger_unbalanced",
        ),
        (lambda run: one(QueueItem, run).update(rank=500), "queue_unsound"),
        (lambda run: execute(f"delete from {partition.table_of(run.pk)} where customer_id = 5"), "customers_missing"),
        (lambda run: execute(f"update {partition.table_of(run.pk)} set cum3_fen = cum3_fen + 1"), "buckets_disagree"),
    ],
)
def test_unbalanced_books_keep_yesterday(spoil, code):
    make_few()
    yesterday = publish(as_of=AS_OF - dt.timedelta(days=1))
    run = up_to_merge()
    spoil(run)

    nightly.step(run.pk)

    run.refresh_from_db()
    assert (run.status, run.summary["failure"]["code"]) == (Run.Status.FAILED, code)
    assert Run.objects.get(is_current=True) == yesterday
    assert tables() == {yesterday.pk}
    assert not any(numbers(run).values())
    assert set(QueueItem.objects.filter(run=yesterday).values_list("status", flat=True)) == {"pending"}
    assert publish().is_current


def spoil_plan(run, **values):
    run.refresh_from_db()
    run.plan |= values
    run.save(update_fields=["plan"])


def one(model, run):
    return model.objects.filter(pk=model.objects.filter(run=run).order_by("pk").first().pk)


def execute(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_broken_rule_fails_the_run_with_its_reason(monkeypatch):
    make_few()
    run = nightly.start_night(as_of=AS_OF)
    nightly.step(run.pk)
    run.refresh_from_db()
    spoil_plan(run, counties=run.plan["counties"][:1])

    nightly.bucket(run.pk, 0)

    run.refresh_from_db()
    assert run.status == Run.Status.FAILED
    assert run.error.startswith("Step “cvm.nightly.bucket” stopped on UnknownCounty")
    with translation.override("en"):
        assert watching.failure(run) == run.error


def test_failed_run_is_cleared_even_when_the_failing_worker_could_not():
    make_few()
    run = up_to_merge()
    Run.objects.filter(pk=run.pk).update(status=Run.Status.FAILED)

    clearing.clear_failed()

    assert tables() == set()
    assert not any(numbers(run).values())


def test_bucket_that_kills_its_worker_every_time_ends_the_run():
    make_few()
    run = nightly.start_night(as_of=AS_OF)
    nightly.step(run.pk)
    RunBucket.objects.filter(run=run, bucket=2).update(attempts=10)

    nightly.bucket(run.pk, 2)

    run.refresh_from_db()
    assert run.summary["failure"] == {"code": "bucket_keeps_failing", "detail": {"bucket": 2, "attempts": 10}}


# --- the queue


@pytest.fixture
def own_queue(monkeypatch):
    """A Valkey of this test's own, which it may fill or stop; its clients give up soon."""
    with tempfile.TemporaryDirectory(dir="/tmp", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        stack = LocalStack(state=Path(folder) / "state", throw_away=True, with_postgres=False)
        stack.start()
        app = Celery("own", broker=celery_url(stack.redis_url, database=0), set_as_current=False)
        app.conf.broker_connection_timeout = 0.2
        monkeypatch.setattr(sending, "app", app)
        yield stack
        app.close()
        stack.stop()


def test_queue_that_is_gone_leaves_nothing_half_open(own_queue):
    make_few()
    own_queue.stop()

    with pytest.raises(errors.QueueUnavailable):
        nightly.start_night(as_of=AS_OF)

    run = Run.objects.get()
    assert (run.status, run.summary["failure"]["code"]) == (Run.Status.FAILED, "queue_unavailable")
    assert tables() == set()


def test_queue_that_is_full_leaves_nothing_half_open(own_queue):
    make_few()
    own_queue.valkey.client().config_set("maxmemory", 1)

    with pytest.raises(errors.QueueUnavailable):
        nightly.start_night(as_of=AS_OF)

    assert Run.objects.get().status == Run.Status.FAILED
    own_queue.valkey.client().config_set("maxmemory", 0)
    assert nightly.start_night(as_of=AS_OF).status == Run.Status.RUNNING


def test_queue_that_hangs_leaves_nothing_half_open(own_queue):
    make_few()
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    sending.app.conf.broker_transport_options = options | {"socket_timeout": options["socket_timeout"] / 40}
    os.kill(own_queue.valkey.number(), signal.SIGSTOP)

    with pytest.raises(errors.QueueUnavailable):
        nightly.start_night(as_of=AS_OF)

    os.kill(own_queue.valkey.number(), signal.SIGCONT)
    assert Run.objects.get().status == Run.Status.FAILED


def test_command_survives_a_queue_lost_while_it_watches(own_queue, monkeypatch):
    make_few()
    monkeypatch.setattr(command, "FIRST_CARE_SECONDS", -1)

    def lose():
        Run.objects.update(
            status=Run.Status.FAILED, summary={"failure": {"code": "queue_unavailable", "detail": {"problem": "x"}}}
        )
        raise errors.QueueUnavailable(problem="x")

    monkeypatch.setattr(command, "sweep", lose)

    with pytest.raises(CommandError):
        call_command("nightly", "--as-of", AS_OF.isoformat(), stdout=io.StringIO())


def test_nobody_answers_on_a_queue_that_is_gone(own_queue):
    own_queue.stop()

    assert not sending.is_a_worker_there()


@pytest.mark.parametrize(
    ("taken", "is_there"),
    [({"events@here": ["events"]}, False), ({"events@here": ["events"], "celery@here": ["celery"]}, True), ({}, False)],
)
def test_a_worker_of_another_queue_is_none_for_nights(monkeypatch, taken, is_there):
    answer_by(monkeypatch, taken)

    assert sending.is_a_worker_there() == is_there


def test_a_real_worker_says_that_it_takes_nights(celery_worker_process):
    assert sending.is_a_worker_there()


def test_queue_lost_in_the_middle_waits_for_the_sweep(own_queue):
    make_few()
    run = nightly.start_night(as_of=AS_OF)
    own_queue.stop()

    nightly.step(run.pk)

    run.refresh_from_db()
    assert (run.status, run.stage) == (Run.Status.RUNNING, "buckets")


# --- beside others


class Reader:
    """A second connection whose look at the standings lasts until it is told to end."""

    def __init__(self):
        self.connection = connection.copy()
        self.connection.set_autocommit(False)

    def count(self, run):
        with self.connection.cursor() as cursor:
            cursor.execute("select count(*) from customers_standing where run_id = %s", [run.pk])
            return cursor.fetchone()[0]

    def end(self):
        self.connection.rollback()


@pytest.fixture
def reader():
    one = Reader()
    yield one
    one.connection.close()


def test_reader_in_the_middle_neither_waits_nor_holds_up_publication(reader):
    make_few()
    yesterday = publish()
    assert reader.count(yesterday) == FEW

    today = publish(as_of=AS_OF + dt.timedelta(days=1))

    assert (reader.count(yesterday), reader.count(today)) == (FEW, FEW)


def test_old_partition_somebody_still_reads_goes_a_night_later(reader, monkeypatch):
    make_few()
    monkeypatch.setattr(partition, "KEEP", 1)
    monkeypatch.setattr(partition, "PATIENCE", "100ms")
    first = publish()
    assert reader.count(first) == FEW
    publish(as_of=AS_OF + dt.timedelta(days=1))
    assert first.pk in tables()

    reader.end()
    partition.tidy()

    assert first.pk not in tables()


def test_bucket_of_a_run_that_failed_meanwhile_leaves_no_row(monkeypatch):
    make_few()
    run = nightly.start_night(as_of=AS_OF)
    nightly.step(run.pk)
    write = standing.write

    def write_while_the_run_fails(*args, **kwargs):
        write(*args, **kwargs)
        together(lambda: ledger.fail(run.pk, errors.QueueUnavailable(problem="test"), at=timezone.now()))

    monkeypatch.setattr(standing, "write", write_while_the_run_fails)
    nightly.bucket(run.pk, 0)

    assert run.bucket_rows.get(bucket=0).status == RunBucket.Status.WAITING
    run.refresh_from_db()
    assert run.summary["failure"]["code"] == "queue_unavailable"
