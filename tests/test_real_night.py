"""A real data set from the file to the pages: import, portfolios, a night, figures that are doors."""

import datetime as dt
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from callcenter.models import QueueItem
from callcenter.portfolios import assign_portfolios
from customers.models import ImportBatch, Run, Staff, Standing
from cvm import nightly, staffing
from retention.models import ChurnModel
from tests.night.branches import checksums, spend
from tests.night.conftest import _unread_queue, no_tables_left  # noqa: F401 - fixtures
from tests.pages.links import doors

FOLDER = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
CUSTOMERS = 18_000
AS_OF = dt.date(2005, 10, 15)
CALLS = 80

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("no_tables_left"),
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the real data sets are not on this machine"),
]


@pytest.fixture
def bigger_buckets(settings):
    settings.CVM_BUCKET_SIZE = 8192


def make_staff():
    now = timezone.now()
    for name, role in (("ana", "analyst"), ("pm1", "phone_manager"), ("pm2", "phone_manager")):
        staffing.create_staff(name, role=role, unit="", password="", at=now)


def client_of(username):
    client = Client()
    client.force_login(Staff.objects.get(username=username))
    return client


def publish():
    run = spend(nightly.start_night(as_of=AS_OF))
    assert (run.status, run.error) == (Run.Status.PUBLISHED, "")
    return run


def test_card_holders_go_from_the_file_to_the_pages(bigger_buckets):
    make_staff()
    call_command("import", str(FOLDER), dataset="uci_credit_monthly_60", stdout=StringIO())
    for batch in ImportBatch.objects.all():
        assert batch.rows_read == batch.rows_accepted + batch.rows_rejected + batch.rows_duplicate
    assign_portfolios(capacity=CUSTOMERS, now=timezone.now())

    first, run = publish(), publish()

    assert checksums(first) == checksums(run)
    check_doors(client_of("ana"))
    check_customers(run)
    check_queue(run)
    check_model(run)


def check_doors(client):
    """Every number of the overview leads to exactly that many customers."""
    found = set(doors(client.get(reverse("home")).content.decode()))
    assert len(found) > 80
    assert (f"{reverse('customers')}?in_network=1", CUSTOMERS) in found
    counted = {(url, client.get(url).context["number"]) for url, _customers in found}
    assert counted == found


def check_customers(run):
    """The dearest customer, the one with the greatest refund and the one most at risk have their page."""
    rows = Standing.objects.filter(run=run)
    chosen = [rows.order_by(order, "customer_id")[0] for order in ("-cum3_fen", "cum3_fen", "-churn_ppm")]
    assert chosen[1].cum3_fen < 0
    for standing in chosen:
        assert client_of("ana").get(reverse("customer", args=[standing.customer_id])).status_code == 200


def check_queue(run):
    """Each manager has a day's work, and not more."""
    queued = QueueItem.objects.filter(run=run)
    managers = Staff.objects.filter(role=Staff.Role.PHONE_MANAGER)
    assert [queued.filter(manager=manager).count() for manager in managers] == [CALLS, CALLS]


def check_model(run):
    """Six months teach nothing, and the page of the night says so."""
    assert ChurnModel.objects.get(pk=run.policies["model"]).kind == ChurnModel.Kind.SCORE_CARD
    page = client_of("ana").get(reverse("run", args=[run.pk]))
    assert "评分卡" in page.context["model"]
    assert page.context["model"] in page.content.decode()
