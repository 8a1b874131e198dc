"""The steps of the night one by one, called as the tasks would, without a worker."""

import pytest

from customers.models import Run, Standing
from cvm import nightly
from tests.night.branches import AS_OF, CUSTOMERS, make_branch

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def spend(run):
    """Do all the work of a run here and now."""
    nightly.step(run.pk)
    for number in range(run.buckets):
        nightly.bucket(run.pk, number)
    nightly.step(run.pk)
    run.refresh_from_db()
    return run


def test_steps_lead_to_a_published_run():
    make_branch()

    run = spend(nightly.start_night(as_of=AS_OF))

    assert (run.status, run.error) == (Run.Status.PUBLISHED, "")
    assert Standing.objects.filter(run=run).count() == CUSTOMERS
