"""Who is suggested which offer, who is refused it and why."""

import datetime as dt

import numpy as np
import pytest

from customers.models import Customer
from customers.tests.frames import make_frame
from cvm.lib.months import day_number
from offers import eligible
from offers.eligible import WARNED, Catalogue, Economics, catalogue_of, explain, gain_fen, net_fen, suggest
from offers.models import Offer
from offers.queries import VERDICTS
from segmentation.models import Code

TODAY = day_number(dt.date(2018, 1, 5))
BITS = {"A2": 1, "B3": 11, "C1": 18, "C4": 21}
C1, C4, A2, B3 = (1 << BITS[code] for code in ("C1", "C4", "A2", "B3"))
ECONOMICS = Economics()


def offer(pk, **values):
    row = {
        "pk": pk,
        "family": "benefit",
        "cost_fen": 10_00,
        "binding_months": 0,
        "save_permille": 400,
        "moments": ["C1"],
        "priority": 100,
    }
    return row | values


def frame_of(**row):
    """Return a frame of one mid customer of 150 yuan a month with these columns changed."""
    worth = {
        "cum3_fen": 450_00,
        "sum12_fen": 1800_00,
        "churn_ppm": 100_000,
        "code": 2,
        "potential_signals": 0,
        "given_fen": 0,
    }
    return make_frame([worth | {"is_in_network": True, "warning": 0, "moments": C1, "broadband_carrier": 0} | row])


def suggested(*offers, **row):
    return int(suggest(frame_of(**row), catalogue_of(offers, bits=BITS), ECONOMICS)[0])


def test_constants_are_those_of_the_models():
    assert (eligible.CARE, eligible.BROADBAND) == (Offer.Family.CARE, Offer.Family.BROADBAND)
    assert Code.C == eligible.CODE_C
    assert Customer.BroadbandCarrier.OWN == eligible.OWN_BROADBAND


def test_catalogue_orders_what_saves_before_warnings_before_care_before_selling():
    assert catalogue_of([], bits=BITS) == Catalogue((), (C1, C4, WARNED, A2, B3))


def test_codes_without_a_moment_kind_are_passed_over():
    terms = catalogue_of([offer(1, moments=["C1", "Z9"]), offer(2, moments=["Z9"])], bits=BITS).offers

    assert [(one.moment_bits, one.answers_warning) for one in terms] == [(C1, False), (0, False)]


def test_no_cause_no_offer():
    assert suggested(offer(1), moments=0) == 0
    assert suggested(offer(1, moments=[]), moments=0, warning=0) == 0
    assert suggested(offer(1), is_in_network=False) == 0
    assert suggested() == 0


def test_the_most_urgent_moment_is_answered_first():
    assert suggested(offer(1, moments=["A2"]), offer(2, moments=["C4"]), moments=A2 | C4) == 2
    assert suggested(offer(1, moments=["B3"]), offer(2, moments=["A2"]), moments=A2 | B3) == 2


def test_a_warning_comes_after_saving_moments_and_before_care():
    general = offer(1, moments=[])

    assert suggested(general, offer(2, moments=["A2"]), moments=A2, warning=2) == 1
    assert suggested(general, offer(2, moments=["C1"]), moments=C1, warning=2) == 2
    assert suggested(general, moments=C1, warning=2) == 1


def test_the_greatest_net_gain_wins_then_priority_then_id():
    assert suggested(offer(1, save_permille=300), offer(2, save_permille=400)) == 2
    assert suggested(offer(1, cost_fen=20_00), offer(2, cost_fen=10_00)) == 2
    assert suggested(offer(1, priority=20), offer(2, priority=10)) == 2
    assert suggested(offer(2), offer(1)) == 1


def test_net_gain_of_the_worked_example():
    """150 yuan, margin 0.5: a year is worth 900; 45 % against 15 %, cost 200: 0.30 x 900 - 0.45 x 200 = 180 yuan."""
    terms = catalogue_of([offer(1, save_permille=450, cost_fen=200_00)], bits=BITS).offers[0]

    assert net_fen(frame_of(), terms, economics=ECONOMICS).tolist() == [180_00]


def test_gain_is_probability_times_save_rate_times_a_years_margin():
    assert gain_fen(frame_of(churn_ppm=100_000), 300, economics=ECONOMICS).tolist() == [27_00]
    assert gain_fen(frame_of(cum3_fen=-5), 300, economics=ECONOMICS).tolist() == [0]
    assert gain_fen(frame_of(cum3_fen=2**31 * 3, churn_ppm=1_000_000), 1000, economics=ECONOMICS)[0] > 0


def test_what_does_not_pay_is_not_offered_except_care():
    assert suggested(offer(1, save_permille=150)) == 0
    assert suggested(offer(1, save_permille=150, family="care")) == 1


@pytest.mark.parametrize(
    ("end_day", "expected"), [(0, 1), (TODAY + 90, 1), (TODAY + 91, 0), (2**30, 0), (TODAY - 1, 1)]
)
def test_who_is_bound_for_long_is_not_bound_again(end_day, expected):
    assert suggested(offer(1, binding_months=12), bundle_end_day=end_day) == expected
    assert suggested(offer(1, binding_months=0), bundle_end_day=end_day) == 1


def test_broadband_goes_to_who_has_none_of_ours():
    assert suggested(offer(1, family="broadband"), broadband_carrier=2) == 1
    assert suggested(offer(1, family="broadband"), broadband_carrier=1) == 0


@pytest.mark.parametrize(
    ("code", "signals", "cost_fen", "expected"),
    [(3, 0, 10_00, 1), (3, 0, 10_01, 0), (3, 1, 10_01, 0), (3, 2, 10_01, 1), (2, 0, 10_01, 1), (1, 0, 10_01, 1)],
)
def test_code_c_gets_costly_offers_only_with_two_signals(code, signals, cost_fen, expected):
    assert suggested(offer(1, cost_fen=cost_fen), code=code, potential_signals=signals) == expected


@pytest.mark.parametrize(("year_fen", "expected"), [(100_00, 1), (99_90, 0), (0, 0)])
def test_a_phone_manager_gives_away_a_tenth_of_the_annual_bill(year_fen, expected):
    assert suggested(offer(1, cost_fen=10_00), sum12_fen=year_fen) == expected


@pytest.mark.parametrize(("given_fen", "expected"), [(0, 1), (170_00, 1), (170_01, 0), (999_00, 0)])
def test_what_was_given_this_year_leaves_less_to_give(given_fen, expected):
    assert suggested(offer(1, cost_fen=10_00), given_fen=given_fen) == expected
    assert suggested(offer(1, cost_fen=0), given_fen=given_fen) == 1


def test_explain_tells_authority_and_budget_apart():
    offers = [offer(1, cost_fen=180_01), offer(2, cost_fen=20_00), offer(3, cost_fen=10_00)]
    told = explain(frame_of(given_fen=165_00), catalogue_of(offers, bits=BITS), ECONOMICS)
    assert {one.offer_id: one.verdict for one in told} == {
        1: eligible.ABOVE_AUTHORITY,
        2: eligible.BUDGET_SPENT,
        3: eligible.SUGGESTED,
    }
    assert eligible.BUDGET_SPENT in VERDICTS


def test_a_refused_offer_leaves_the_place_to_the_next_cause():
    dear, cheap = offer(1, cost_fen=500_00), offer(2, moments=["A2"], family="care", cost_fen=1_00)

    assert suggested(dear, cheap, moments=C1 | A2) == 2


def test_explain_tells_every_offer_and_agrees_with_the_suggestion():
    offers = [
        offer(1, cost_fen=500_00),
        offer(2),
        offer(3, save_permille=300),
        offer(4, moments=["A2"]),
        offer(5, save_permille=100),
        offer(6, binding_months=12),
        offer(7, family="broadband"),
    ]
    frame = frame_of(bundle_end_day=TODAY + 300, broadband_carrier=1)
    told = explain(frame, catalogue_of(offers, bits=BITS), ECONOMICS)

    assert told[0].offer_id == suggest(frame, catalogue_of(offers, bits=BITS), ECONOMICS)[0] == 2
    assert {one.offer_id: one.verdict for one in told} == {
        1: eligible.ABOVE_AUTHORITY,
        2: eligible.SUGGESTED,
        3: eligible.OUTRANKED,
        4: eligible.NO_OCCASION,
        5: eligible.NOT_WORTH,
        6: eligible.BOUND,
        7: eligible.HAS_BROADBAND,
    }
    assert {one.verdict for one in told} < set(VERDICTS)


def test_one_row_is_suggested_what_many_rows_are():
    random = np.random.default_rng(5)
    rows = [
        {
            "cum3_fen": int(random.integers(0, 900_00)),
            "sum12_fen": int(random.integers(0, 3600_00)),
            "churn_ppm": int(random.integers(0, 1_000_000)),
            "code": int(random.integers(1, 4)),
            "potential_signals": int(random.integers(0, 4)),
            "moments": int(random.choice([0, C1, C4, A2, B3, C1 | A2])),
            "warning": int(random.integers(0, 4)),
            "given_fen": int(random.integers(0, 200_00)),
            "is_in_network": bool(random.random() < 0.9),
        }
        for _ in range(60)
    ]
    catalogue = catalogue_of(
        [offer(1), offer(2, moments=["C4"], cost_fen=60_00), offer(3, moments=[]), offer(4, moments=["A2"])], bits=BITS
    )
    together = suggest(make_frame(rows), catalogue, ECONOMICS)

    assert [int(suggest(make_frame([row]), catalogue, ECONOMICS)[0]) for row in rows] == together.tolist()
    assert set(together.tolist()) >= {0, 1, 3}


@pytest.mark.parametrize(("tags", "expected"), [(0, 0), (0b01, 0), (0b10, 1), (0b11, 1)])
def test_an_offer_for_a_tag_goes_only_to_who_carries_it(tags, expected):
    assert suggested(offer(1, needs_tag__bit=1), tags=tags) == expected


@pytest.mark.parametrize(("tags", "expected"), [(0, 1), (0b01, 1), (0b10, 0), (1 << 62, 1)])
def test_an_offer_not_for_a_tag_passes_its_carriers_over(tags, expected):
    assert suggested(offer(1, not_for_tag__bit=1), tags=tags) == expected


def test_the_highest_tag_is_a_bit_like_any_other():
    assert suggested(offer(1, needs_tag__bit=62), tags=1 << 62) == 1
    assert suggested(offer(1, not_for_tag__bit=62), tags=1 << 62) == 0


def test_explain_names_the_tag_as_the_reason():
    catalogue = catalogue_of([offer(1, needs_tag__bit=3), offer(2, not_for_tag__bit=0)], bits=BITS)

    told = {one.offer_id: one.verdict for one in explain(frame_of(tags=1), catalogue, ECONOMICS)}

    assert told == {1: eligible.LACKS_TAG, 2: eligible.HAS_TAG}


@pytest.mark.parametrize(("stage", "is_suggested"), [(2, False), (3, True), (4, True), (5, False)])
def test_an_offer_for_stages_is_for_no_other(stage, is_suggested):
    bound = offer(1, stages=[3, 4])

    assert suggested(bound, stage=stage) == (1 if is_suggested else 0)
    assert suggested(offer(1, stages=[]), stage=stage) == 1
    [told] = explain(frame_of(stage=stage), catalogue_of([bound], bits=BITS), ECONOMICS)
    assert told.verdict == (eligible.SUGGESTED if is_suggested else eligible.OTHER_STAGE)


def test_the_offer_of_the_stage_wins_over_a_better_one_for_another():
    elsewhere, here = offer(1, stages=[5], save_permille=900), offer(2, stages=[4])

    assert suggested(elsewhere, here, stage=4) == 2
