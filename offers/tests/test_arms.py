"""What a running test changes in the suggestion: the own arm's offer first, the other arms' never, no refusal overridden."""

from dataclasses import asdict, replace
from json import dumps, loads

import pytest

from offers.eligible import ArmTerms, catalogue_from, catalogue_of, explain, recommend, suggest
from offers.tests.test_eligible import BITS, ECONOMICS, frame_of, offer

USUAL, TESTED, OTHER = 1, 2, 3
CONTROL_ARM, OWN, RIVAL = 10, 11, 12
ARMS = (
    ArmTerms(CONTROL_ARM, 0, (TESTED, OTHER)),
    ArmTerms(OWN, TESTED, (OTHER,)),
    ArmTerms(RIVAL, OTHER, (TESTED,)),
)
NOBODYS = 0


def catalogue(**tested):
    offers = [
        offer(USUAL, save_permille=300),
        offer(TESTED, **{"save_permille": 200} | tested),
        offer(OTHER, save_permille=900),
    ]
    return replace(catalogue_of(offers, bits=BITS), arms=ARMS)


def ranked(arm, *, known=None, **row):
    frame = frame_of(arm=arm, **{"is_barred": False} | row)
    return recommend(frame, known or catalogue(), ECONOMICS, most=3)[:, 0].tolist()


def test_each_arm_gets_its_own_offer_first_and_never_the_others():
    assert ranked(NOBODYS) == [OTHER, USUAL, TESTED]
    assert ranked(OWN) == [TESTED, USUAL, 0]
    assert ranked(RIVAL) == [OTHER, USUAL, 0]
    assert ranked(CONTROL_ARM) == [USUAL, 0, 0]


@pytest.mark.parametrize(
    "refusal",
    [{"cost_fen": 10_000_00}, {"stages": [5]}, {"needs_tag__bit": 3}, {"save_permille": 100}],
)
def test_refused_offer_stays_refused(refusal):
    known = catalogue(**refusal)

    assert ranked(OWN, known=known, stage=3) == [USUAL, 0, 0]
    told = {one.offer_id: one.verdict for one in explain(frame_of(arm=OWN, is_barred=False, stage=3), known, ECONOMICS)}
    assert told[USUAL] == "suggested"
    assert told[TESTED] not in ("suggested", "outranked")
    assert told[OTHER] == "other_arm"


def test_gate_stands_before_the_arm():
    barred = ranked(OWN, is_barred=True)

    assert barred[0] == USUAL  # as on any other day, and still without what another arm is tested for
    assert OTHER not in barred


def test_test_is_an_occasion_of_its_own_except_for_the_control_and_who_has_left():
    assert ranked(OWN, moments=0) == [TESTED, 0, 0]
    assert ranked(CONTROL_ARM, moments=0) == [0, 0, 0]
    assert ranked(NOBODYS, moments=0) == [0, 0, 0]
    assert ranked(OWN, moments=0, is_in_network=False) == [0, 0, 0]


def test_one_row_is_told_as_the_night_suggests():
    frame = frame_of(arm=OWN, is_barred=False)

    assert suggest(frame, catalogue(), ECONOMICS)[0] == TESTED
    assert explain(frame, catalogue(), ECONOMICS)[0].offer_id == TESTED


def test_arms_survive_the_plan_as_plain_values():
    plain = loads(dumps(asdict(catalogue())))

    assert catalogue_from(plain) == catalogue()
    del plain["arms"]
    assert catalogue_from(plain).arms == ()
