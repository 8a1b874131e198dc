"""The first day of the demonstration: its events come through their own door and are somebody's task."""

import pytest
from django.utils import timezone

from callcenter.models import Contact, Dispatch
from customers.models import Branch, Customer, EventReceipt, Staff, Standing
from cvm.demo import today
from cvm.demo.today import live_a_day
from tests.events.happening import make
from tests.night.conftest import _unread_queue, no_tables_left  # noqa: F401 - fixtures

pytestmark = pytest.mark.usefixtures("no_tables_left")


def test_first_day_gives_hall_and_hotline_their_tasks_and_a_history():
    run = make()
    # of the few here everybody has a warning or a task: somebody has settled them all
    Dispatch.objects.update(status="closed", result="handled", closed_at=timezone.now())
    Standing.objects.filter(run_id=run.pk).update(warning=0)
    county = Branch.objects.filter(kind=Branch.Kind.COUNTY).order_by("pk").first()
    hall = Branch.objects.create(code="H1", name="人民路营业厅", kind=Branch.Kind.HALL, parent=county)
    ids = [one.pk for one in today._valuable(run)]
    Customer.objects.filter(pk__in=ids[: len(ids) // 2]).update(hall=hall, county=county)
    clerk = Staff.objects.create(username="hall", role="hall_clerk", branch=hall)
    agent = Staff.objects.create(username="hotline", role="hotline_agent", branch=Branch.objects.get(parent=None))

    number = live_a_day(run=run, clock=timezone.now)

    assert len(ids) >= 4
    assert number > 0
    assert EventReceipt.objects.filter(status="accepted", outcome__in=("moment", "task", "raised")).count() > 0
    assert not EventReceipt.objects.exclude(status="accepted").exists()
    for person, channel in ((clerk, "hall"), (agent, "hotline")):
        tasks = Dispatch.objects.visible_to(person)
        closed = tasks.filter(status="closed", closed_by=person)
        assert closed.exists()
        said = Contact.objects.filter(source_key__in=[f"task:{one.pk}" for one in closed], channel=channel)
        assert set(said.values_list("is_outbound", flat=True)) == {False}
    assert live_a_day(run=run, clock=timezone.now) == 0
