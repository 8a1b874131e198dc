"""An event while a night is at work: neither lost nor doubled, wherever the night stands."""

import pytest
from django.utils import timezone

from customers.models import Run
from cvm import nightly
from tests.events.happening import make, moments, open_items, outcome, report, settle, someone

pytestmark = pytest.mark.usefixtures("no_tables_left")


def finish(run):
    nightly.step(run.pk)
    for number in range(run.buckets):
        nightly.bucket(run.pk, number)
    nightly.step(run.pk)
    run.refresh_from_db()
    assert (run.status, run.error) == (Run.Status.PUBLISHED, "")


def go_to(run, stage):
    """Take the run to a stage and no further."""
    nightly._do_stage(run.pk)  # train
    for number in range(run.buckets):
        nightly.bucket(run.pk, number)
    while Run.objects.get(pk=run.pk).stage != stage:
        assert nightly._do_stage(run.pk)


def check_once(customer, night, *, found_by_event):
    [item], [moment] = open_items(customer), moments(customer)
    assert item.run_id == night.pk
    assert (moment.found_at is not None) == found_by_event
    assert item.level == 3


@pytest.mark.parametrize("queued", [False, True])
def test_event_before_the_buckets_are_computed(queued):
    run = make()
    customer = someone(run, queued=queued)
    night = nightly.start_night(as_of=timezone.localdate())

    receipt = report(customer)
    settle()
    finish(night)

    assert outcome(receipt) == ("raised" if queued else "task")
    check_once(customer, night, found_by_event=True)


@pytest.mark.parametrize("queued", [False, True])
def test_event_just_before_the_publication(queued):
    run = make()
    customer = someone(run, queued=queued)
    night = nightly.start_night(as_of=timezone.localdate())
    go_to(night, "publish")

    report(customer)
    settle()
    nightly.step(night.pk)

    assert Run.objects.published().pk == night.pk
    check_once(customer, night, found_by_event=True)


def test_event_stored_before_the_buckets_and_judged_after_them():
    run = make()
    customer = someone(run)
    night = nightly.start_night(as_of=timezone.localdate())
    report(customer)  # the night's buckets see the event itself, nobody has judged it yet
    go_to(night, "publish")
    assert len(moments(customer)) == 1  # the night's own, unpublished

    settle()
    nightly.step(night.pk)

    check_once(customer, night, found_by_event=True)


def test_event_judged_after_the_night_that_saw_it_was_published():
    run = make()
    customer = someone(run)
    night = nightly.start_night(as_of=timezone.localdate())
    receipt = report(customer)
    finish(night)

    settle()

    assert outcome(receipt) == "nothing"
    check_once(customer, night, found_by_event=False)


def test_customer_in_hand_keeps_the_lease_through_the_publication():
    from callcenter import claims

    run = make()
    customer = someone(run)
    report(customer)
    settle()
    [item] = open_items(customer)
    night = nightly.start_night(as_of=timezone.localdate())
    at = timezone.now()
    lease = claims.claim(manager=item.manager, run=run, at=at)
    while lease.customer_id != customer.pk:
        lease = claims.claim(manager=item.manager, run=run, at=at)

    finish(night)

    assert claims.held(token=lease.token, manager=item.manager, at=at).customer_id == customer.pk
