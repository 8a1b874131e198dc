"""Verdicts that differ from the run published before: found, written once, forgotten in time."""

import datetime as dt

import numpy as np
import pytest
from django.db import transaction
from django.utils import timezone

from customers.models import Customer, Run, RunBucket, Standing, StandingChange
from cvm import nightly
from cvm.night import buckets, changes, clearing, partition
from tests.night import branches
from tests.pages import branch

VERDICTS = ("band", "code", "layer", "stage", "warning", "cohort_state", "state")


def columns(ids, **given):
    zeros = {name: np.zeros(len(ids), dtype=np.int16) for name in VERDICTS}
    return {"customer_id": np.array(ids, dtype=np.int32)} | zeros | {n: np.array(v, np.int16) for n, v in given.items()}


def rows(found):
    names = ("customer_id", "field", "before", "after")
    return list(zip(*(found[name].tolist() for name in names), strict=True))


# --- the rule ------------------------------------------------------------------------------------


def test_differences_name_customer_verdict_before_and_after():
    before = columns([3, 1, 2], band=[4, 5, 3], warning=[0, 0, 1])
    after = columns([1, 2, 3], band=[5, 4, 4], warning=[3, 1, 0])

    assert rows(changes.differences(before, after)) == [(2, 1, 3, 4), (1, 5, 0, 3)]


def test_customers_known_to_one_side_only_have_no_differences():
    before, after = columns([1, 4, 9], band=[1, 1, 1]), columns([2, 4, 5], band=[5, 1, 5])

    assert rows(changes.differences(before, after)) == []


def test_nothing_against_nothing():
    assert rows(changes.differences(columns([]), columns([1, 2]))) == []
    assert rows(changes.differences(columns([1, 2]), columns([]))) == []


def test_every_field_has_a_column_of_the_standing():
    assert set(changes.COLUMNS) == set(StandingChange.Field)
    assert set(changes.COLUMNS.values()) <= {field.column for field in Standing._meta.concrete_fields}


# --- in the night --------------------------------------------------------------------------------


@pytest.fixture
def two_nights(no_tables_left, transactional_db):
    """A published first night, and a second one a day later whose customers partly changed."""
    branches.make_branch(customers=120)
    first = nightly.start_night(as_of=branches.AS_OF)
    branches.spend(first)
    Customer.objects.filter(pk__lte=5).update(state=Customer.State.PRE_CANCEL)
    second = nightly.start_night(as_of=branches.AS_OF + dt.timedelta(days=1))
    return first, second


@pytest.mark.django_db(transaction=True)
def test_second_night_writes_exactly_what_differs(two_nights):
    first, second = two_nights
    assert StandingChange.objects.filter(run=first).count() == 0
    branches.spend(second)

    table = {}
    for run in (first, second):
        found = Standing.objects.filter(run=run).values_list("customer_id", *VERDICTS)
        table[run.pk] = {row[0]: row[1:] for row in found}
    fields = list(changes.COLUMNS)
    expected = {
        (pk, field, old, new)
        for pk, verdicts in table[second.pk].items()
        for field, old, new in zip(fields, table[first.pk][pk], verdicts, strict=True)
        if old != new
    }
    written = list(StandingChange.objects.filter(run=second).values_list("customer_id", "field", "before", "after"))
    assert len(written) == len(expected) > 0
    assert set(written) == expected


@pytest.mark.django_db(transaction=True)
def test_a_bucket_done_again_writes_its_changes_once(two_nights, monkeypatch):
    _first, second = two_nights
    nightly.step(second.pk)
    close = buckets._close

    def killed(*_args, **_kwargs):
        raise RuntimeError("killed")

    monkeypatch.setattr(buckets, "_close", killed)
    with pytest.raises(RuntimeError, match="killed"):
        _work(second, 0)
    assert not StandingChange.objects.filter(run=second).exists()
    monkeypatch.setattr(buckets, "_close", close)
    _work(second, 0)
    once = StandingChange.objects.filter(run=second).count()
    assert once > 0
    _work(second, 0)
    assert StandingChange.objects.filter(run=second).count() == once


def _work(run, number):
    with transaction.atomic():
        buckets.work(run.pk, number, clock=timezone.now)


@pytest.mark.django_db(transaction=True)
def test_changes_of_a_failed_run_are_cleared(two_nights):
    _first, second = two_nights
    nightly.step(second.pk)
    _work(second, 0)
    Run.objects.filter(pk=second.pk).update(status=Run.Status.FAILED)
    assert StandingChange.objects.filter(run=second).exists()

    clearing.clear_failed()

    assert not StandingChange.objects.filter(run=second).exists()
    assert second.pk not in partition.tables()
    assert RunBucket.objects.filter(run=second).exists()  # the ledger stays


@pytest.mark.django_db
def test_changes_are_kept_for_24_months():
    place = branch.build(customers=4)
    as_of = place.run.as_of
    old = Run.objects.create(as_of=dt.date(2024, 10, 31), month=as_of, started_at=timezone.now(), status="published")
    edge = Run.objects.create(as_of=dt.date(2024, 11, 1), month=as_of, started_at=timezone.now(), status="published")
    for run in (old, edge, place.run):
        StandingChange.objects.create(run=run, customer_id=1, field=1, before=3, after=4)

    assert changes.tidy(as_of) == 1
    assert set(StandingChange.objects.values_list("run", flat=True)) == {edge.pk, place.run.pk}
