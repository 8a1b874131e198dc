"""The score of a record: pure for one customer, the same sum in the database for many."""

import datetime as dt
from decimal import Decimal

import pytest

from customers import completeness_counts, upkeep_actions
from customers.access import Scope
from customers.completeness import WEIGHTS, completeness
from customers.models import Customer, Event
from customers.tests.people import NOW, county, customer, staff
from customers.verified import EDITABLE

NOTHING = {
    "broadband_carrier": 0, "dual_sim": 0, "birth_date": None, "handset_model": "", "family_role": 0, "pay_mode": 0,
    "occupation": "", "industry": "", "interests": "", "name": "", "gender": 0,
}  # fmt: skip


def test_weights_add_up_to_a_hundred_and_name_what_people_can_correct():
    assert sum(WEIGHTS.values()) == 100
    assert set(WEIGHTS) == set(EDITABLE)


def test_nothing_known_asks_for_the_heaviest_field_first():
    found = completeness(NOTHING)

    assert found.score == 0
    assert found.missing == tuple(sorted(WEIGHTS, key=lambda field: -WEIGHTS[field]))


def test_every_field_adds_its_weight():
    told = {**NOTHING, "birth_date": dt.date(1985, 3, 27), "dual_sim": 1, "name": "王伟"}

    found = completeness(told)

    assert found.score == 12 + 14 + 4
    assert not {"birth_date", "dual_sim", "name"} & set(found.missing)


def test_verified_nothing_is_known():
    assert completeness(NOTHING, verified=["broadband_carrier"]).score == 18


@pytest.mark.django_db
def test_counts_in_the_database_equal_the_rule():
    manager, sales = staff(), county("C2")
    customer(1, manager=manager)
    customer(2, manager=manager, name="王伟", birth_date=dt.date(1985, 3, 27), dual_sim=1, gender=1)
    whom = customer(3, county=sales, handset_model="P60", interests="足球", pay_mode=2)
    customer(4, state=Customer.State.PORTED_OUT, name="离网")
    for number in (1, 3):
        upkeep_actions.confirm(Customer.objects.get(pk=number), field="broadband_carrier", by=manager, at=NOW)
    Event.objects.create(customer=whom, kind=14, occurred_at=NOW + dt.timedelta(hours=1), source_key="e")
    scores = {
        number: completeness(
            {field: getattr(Customer.objects.get(pk=number), field) for field in WEIGHTS},
            verified=["broadband_carrier"] if number == 1 else [],
        ).score
        for number in (1, 2, 3)
    }

    counties = completeness_counts.by_county(Scope(is_everything=True))

    assert scores == {1: 18, 2: 32, 3: 27}
    assert [(unit.name, unit.customers, unit.score) for unit in counties] == [
        ("C1", 2, Decimal("25.0")), ("C2", 1, Decimal("27.0")),
    ]  # fmt: skip
    assert counties[0].known_permille[:3] == [500, 500, 500]
    assert [unit.customers for unit in completeness_counts.by_manager(Scope(is_everything=True))] == [2]
    assert [unit.name for unit in completeness_counts.by_county(Scope(county_ids=(sales.pk,)))] == ["C2"]
