"""Owner departments of layers: the first ones, the change of them, its trace."""

import datetime as dt

import pytest

from customers.models import AuditEntry, Staff
from segmentation.models import Department, Layer
from segmentation.owners import department_words, layers_of, owners, set_owners

NOW = dt.datetime(2026, 11, 29, tzinfo=dt.UTC)


@pytest.mark.django_db
def test_every_layer_has_one_owner_department_from_the_start():
    assert owners() == {
        Layer.STRATEGIC: Department.MARKET,
        Layer.GROUP: Department.GROUP_CUSTOMER,
        Layer.ORDINARY: Department.MARKET,
        Layer.GENERAL: Department.MARKET,
    }
    assert layers_of(Department.GROUP_CUSTOMER) == [Layer.GROUP]
    assert layers_of(Department.SERVICE) == []


@pytest.mark.django_db
def test_change_leaves_a_trace_of_what_changed_only():
    admin = Staff.objects.create_user("admin", role=Staff.Role.ADMIN)
    chosen = {**owners(), Layer.GENERAL: Department.COUNTY}
    assert set_owners(chosen, by=admin, at=NOW) == [Layer.GENERAL]
    assert set_owners(chosen, by=admin, at=NOW) == []
    assert owners()[Layer.GENERAL] == Department.COUNTY
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.detail) == ("layer_owner.change", {"layer": 4, "before": "market", "after": "county"})


def test_words_of_a_code_that_is_none_are_empty():
    assert department_words("nobody") == ""
    assert department_words(Department.MARKET) == str(Department.MARKET.label)
