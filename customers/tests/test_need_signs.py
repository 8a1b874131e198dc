"""What the data suggest: one worked row per sign, the border, and nobody whose line is not in use."""

import numpy as np
import pytest

from customers.models import Customer, NeedKind
from customers.need_signs import COMPETITOR_BROADBAND, LAST_IN_NETWORK, SECOND_NUMBER, SignTerms, signs
from customers.tests.frames import make_frame

BILLED = {"bills": [88, 88, 88], "broadband_carrier": 0}


def suggested(*rows, roam_months=0, has_handset_bundle=False):
    frame = make_frame([BILLED | row for row in rows])
    count = len(frame)
    frame = frame.with_columns(
        roam_months=np.full(count, roam_months, np.int16), has_handset_bundle=np.full(count, has_handset_bundle)
    )
    return {code: mask.tolist() for code, mask in signs(frame, SignTerms()).items() if mask.any()}


def test_constants_are_those_of_the_model():
    assert Customer.BroadbandCarrier.COMPETITOR == COMPETITOR_BROADBAND
    assert Customer.DualSim.OTHER_MAIN == SECOND_NUMBER


def test_nothing_stands_out():
    assert suggested({}) == {}


@pytest.mark.parametrize(
    ("over", "expected"),
    [
        ([10_00, 0, 10_00], {"DATA": [True]}),
        ([0, 0, 90_00], {}),
        ([10_00, 10_00, 9_99], {"DATA": [True]}),
        ([0, 9_99, 10_00], {}),
    ],
)
def test_charges_beyond_the_plan_in_two_of_three_months(over, expected):
    assert suggested({"over_fee_fen": over}) == expected


@pytest.mark.parametrize(("months", "expected"), [(1, {}), (2, {"ROAMING": [True]})])
def test_roaming_twice(months, expected):
    assert suggested({}, roam_months=months) == expected


def test_old_handset_without_a_handset_contract():
    old, young = {"handset_months": 24}, {"handset_months": 23}

    assert suggested(old, young) == {"HANDSET": [True, False]}
    assert suggested(old, has_handset_bundle=True) == {}


def test_another_carriers_broadband_and_sim():
    assert suggested({"broadband_carrier": 2}, {"dual_sim": 4}) == {
        "BROADBAND": [True, False],
        "TARIFF": [False, True],
    }


def test_who_left_needs_nothing():
    assert suggested({"broadband_carrier": 2, "state": 6}) == {}
    assert Customer.State.PRE_CANCEL == LAST_IN_NETWORK


def test_who_has_no_bill_needs_nothing():
    assert suggested({"broadband_carrier": 2, "handset_months": 60, "bills": [88, 88, None]}) == {}


def test_nobody_is_no_sign():
    frame = make_frame([]).with_columns(roam_months=np.zeros(0, np.int16), has_handset_bundle=np.zeros(0, np.bool_))

    assert {len(mask) for mask in signs(frame, SignTerms()).values()} == {0}


@pytest.mark.django_db
def test_every_sign_is_a_kind_of_need():
    frame = make_frame([BILLED]).with_columns(roam_months=np.zeros(1), has_handset_bundle=np.zeros(1, np.bool_))

    assert set(signs(frame, SignTerms())) <= set(NeedKind.objects.values_list("code", flat=True))
