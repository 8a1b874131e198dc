"""Portfolios are spread evenly, up to capacity, the same way every time."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from hypothesis import given
from hypothesis import strategies as st

from callcenter.portfolios import Assignment, NobodyToAssignTo, NothingPublished, assign_portfolios, spread
from callcenter.tests.branch import NOW
from customers.models import AuditEntry, Customer, Run


def portfolio():
    return dict(Customer.objects.order_by("pk").values_list("pk", "manager__username"))


@given(
    st.integers(0, 60),
    st.dictionaries(st.integers(1, 9), st.integers(0, 12), max_size=6),
    st.integers(1, 10),
)
def test_spread_is_even_and_within_capacity(count, held, capacity):
    shares = spread(range(1, count + 1), held, capacity=capacity)

    given_out = [customer for share in shares.values() for customer in share]
    room = sum(max(capacity - count, 0) for count in held.values())
    assert sorted(given_out) == list(range(1, min(count, room) + 1))
    after = {manager: held[manager] + len(share) for manager, share in shares.items()}
    assert all(total <= capacity for total in after.values())
    levelled = [held.get(manager, 0) + len(shares.get(manager, ())) for manager in held]
    served = [after[manager] for manager in shares]
    assert not served or max(served) <= 1 + min([total for total in levelled if total < capacity], default=capacity)


def test_portfolios_fill_up_and_keep_what_they_have(branch):
    anna, bert = branch.manager("anna"), branch.manager("bert")
    kept = branch.customer(anna).pk
    free = [branch.customer(None).pk for _ in range(4)]
    gone = branch.customer(None, state=Customer.State.PORTED_OUT).pk

    done = assign_portfolios(capacity=2, now=NOW)

    assert done == Assignment(assigned=3, left=1)
    assert portfolio() == {
        kept: "anna",
        free[0]: "bert",
        free[1]: "anna",
        free[2]: "bert",
        free[3]: None,
        gone: None,
    }
    assert AuditEntry.objects.filter(action="portfolio.assign").count() == 2
    assert assign_portfolios(capacity=2, now=NOW) == Assignment(assigned=0, left=1)
    assert bert.portfolio.count() == 2


def test_portfolios_need_managers_and_a_published_layer(branch):
    Run.objects.all().update(is_current=False)
    with pytest.raises(NobodyToAssignTo):
        assign_portfolios(capacity=2, now=NOW)
    branch.manager("anna")
    with pytest.raises(NothingPublished):
        assign_portfolios(capacity=2, now=NOW, layer=1)
    with pytest.raises(CommandError):
        call_command("assign_portfolios", "--layer", "1")
