"""Facets of a customer: worked codes, limits, one row like many."""

import numpy as np
import pytest

from customers.facets import FACETS, MOST, MOST_PRODUCTS, Products, codes, facets, structure
from customers.tests.frames import make_frame
from cvm.lib.months import day_number


def fees(voice=0, data=0, value_added=0):
    return {
        "voice": np.atleast_1d(np.int64(voice)),
        "data": np.atleast_1d(np.int64(data)),
        "value_added": np.atleast_1d(np.int64(value_added)),
    }


def found(row, **spent):
    packed = facets(make_frame([row]), fees(**spent))
    return {name: int(codes(packed, name)[0]) for name in FACETS}


def test_nobody_special_has_the_lowest_code_of_each():
    plain = {"brand": 0, "tenure_months": 0, "broadband_carrier": 0}
    assert found(plain) == dict.fromkeys(FACETS, 0)


def test_every_facet_keeps_its_own_code():
    row = {"brand": 3, "tenure_months": 130, "is_key_person": True, "group_class": 2, "pay_mode": 5, "bundle_count": 1}
    row |= {
        "payment_delays": 1,
        "bundle_end_day": 2**30,
        "vnet": 2,
        "soft_bundle_count": 1,
        "broadband_carrier": 1,
        "is_in_family": True,
    }
    assert found(row, data=900, voice=100) == {
        "brand": 3, "tenure_band": 5, "structure": 2, "bundling": 2, "group": 5, "payment": 5, "products": 5,
        "credit": 2,
    }  # fmt: skip


@pytest.mark.parametrize(("months", "band"), [(0, 0), (2, 0), (3, 1), (11, 1), (12, 2), (24, 3), (60, 4), (120, 5)])
def test_tenure_bands_begin_at_their_line(months, band):
    assert found({"tenure_months": months})["tenure_band"] == band


@pytest.mark.parametrize(
    ("spent", "code"),
    [
        ((501, 300, 199), 1),
        ((500, 300, 200), 4),  # exactly half does not lead
        ((10, 30, 10), 2),
        ((0, 0, 1), 3),
        ((0, 0, 0), 0),
        ((-100, 0, 0), 0),
        ((-100, 60, 40), 2),
    ],
)
def test_more_than_half_leads(spent, code):
    assert structure(fees(*spent)).tolist() == [code]


@pytest.mark.parametrize(("days", "count", "code"), [(92, 1, 1), (93, 1, 2), (92, 0, 0)])
def test_who_is_bound_for_three_months_is_bound_soon_free(days, count, code):
    as_of = make_frame([{}]).as_of
    assert found({"bundle_count": count, "bundle_end_day": day_number(as_of) + days})["bundling"] == code


def test_v_net_and_soft_bundle_are_one_product():
    bare = {"broadband_carrier": 2}
    assert found(bare | {"vnet": 1})["products"] == 1
    assert found(bare | {"vnet": 1, "soft_bundle_count": 2})["products"] == 1


def test_codes_fit_their_bits_and_have_words():
    for _words, choices in FACETS.values():
        assert 0 <= min(choices.values) <= max(choices.values) <= MOST
    assert max(Products.values) == MOST_PRODUCTS


def test_one_customer_like_many():
    rows = [{"brand": number % 4, "tenure_months": 9 * number, "bundle_count": number % 2} for number in range(20)]
    spent = {name: np.arange(20) * weight for name, weight in (("voice", 2), ("data", 3), ("value_added", 1))}
    together = facets(make_frame(rows), spent)
    alone = [
        facets(make_frame([row]), {name: values[at : at + 1] for name, values in spent.items()})[0]
        for at, row in enumerate(rows)
    ]
    assert together.tolist() == alone


def test_nobody_has_no_facets():
    assert len(facets(make_frame([]), {name: values[:0] for name, values in fees().items()})) == 0
