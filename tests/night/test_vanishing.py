"""A night that would lose many customers is not published, unless somebody says that they are really gone."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from customers.models import Customer, Run
from cvm import nightly
from cvm.night import balance
from cvm.night.errors import CustomersVanished
from tests.night.branches import AS_OF, make_branch, spend

pytestmark = pytest.mark.usefixtures("no_tables_left")


def leave(count):
    """Take so many customers off the network."""
    stay = Customer.objects.filter(state=Customer.State.NORMAL).order_by("pk").values_list("pk", flat=True)
    Customer.objects.filter(pk__in=list(stay[:count])).update(state=Customer.State.CANCELLED_ACTIVE)


def start(**options):
    return spend(nightly.start_night(as_of=AS_OF, **options))


def test_night_that_loses_many_customers_is_not_published():
    make_branch()
    first = start()
    in_network = first.summary["totals"]["in_network"]
    leave(in_network * 20 // 1000)
    second = start()
    leave(in_network * 30 // 1000)

    refused = start()
    still = Run.objects.published()
    accepted = start(accept_fewer=True)

    assert (first.status, second.status, refused.status) == ("published", "published", "failed")
    assert refused.summary["failure"]["code"] == CustomersVanished.code
    assert still == second
    assert (accepted.status, accepted.plan["accept_fewer"]) == ("published", True)


def test_night_may_lose_two_in_a_hundred_and_no_more():
    run = Run(plan={}, summary={})
    published = Run.objects.create(
        as_of=AS_OF, month=AS_OF, started_at="2026-09-10T00:00Z", status="published", is_current=True,
        summary={"totals": {"in_network": 1000}},
    )  # fmt: skip

    balance._check_vanished(run, {"in_network": 980})
    with pytest.raises(CustomersVanished) as caught:
        balance._check_vanished(run, {"in_network": 979})
    run.plan["accept_fewer"] = True
    balance._check_vanished(run, {"in_network": 1})
    Run.objects.filter(pk=published.pk).update(summary={})
    balance._check_vanished(Run(plan={}), {"in_network": 0})

    assert caught.value.detail == {"before": 1000, "found": 979, "permille": 20}
    assert "979" in str(caught.value)


def test_command_hands_the_word_on(monkeypatch):
    asked = {}

    def start_night(**options):
        asked.update(options)
        return Run(pk=1, as_of=AS_OF)

    monkeypatch.setattr("cvm.management.commands.nightly.start_night", start_night)
    call_command("nightly", "--as-of", str(AS_OF), "--accept-fewer", "--no-wait")

    assert asked["accept_fewer"] is True
