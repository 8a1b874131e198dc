"""What a customer is worth: value band, layer and customer code (DOMAIN 4.1). Pure NumPy, integers only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from customers.credit import CreditTerms
from customers.features import LEAST_BASE_FEN, has_bills, has_growth, sum_fact
from customers.frame import Frame
from customers.history import ARREARS, IN_NETWORK

# The numbers of segmentation.models; test_tiers holds the two together.
STRATEGIC, GROUP, ORDINARY, GENERAL = 1, 2, 3, 4
CODE_A, CODE_B, CODE_C = 1, 2, 3
A_STRATEGIC, A_HIGH, B_VALUE, B_POTENTIAL, C_GENERAL, C_NEW, HELD = 1, 2, 3, 4, 5, 6, 7
CODE_OF_REASON = np.array([0, CODE_A, CODE_A, CODE_B, CODE_B, CODE_C, CODE_C], dtype=np.int8)
OWN_BROADBAND = 1  # Customer.BroadbandCarrier.OWN
OURS_MAIN = 3  # Customer.DualSim.OURS_MAIN
GROUP_CLASS_B = 2  # GroupAccount.GroupClass.B: classes A and B make a key person strategic

NEW_BELOW_MONTHS = 3  # nights before this was a value of the policy

Mask = npt.NDArray[np.bool_]
Small = npt.NDArray[np.int8]


@dataclass(frozen=True)
class TierThresholds:
    """One tier policy as plain values: limits in fen of the three-month average, and the weights of the code.

    `grace_months`: so many months in a row below a line before a customer falls (1 = at once); rising needs one.
    `potential_signals`: so many points of potential make B; each sign brings its weight. `arrears_months` and
    `low_score_below` are the terms of credit (customers/credit.py); code A asks for the first.
    """

    low_from_fen: int = 50_00
    potential_from_fen: int = 80_00
    mid_from_fen: int = 120_00
    high_from_fen: int = 200_00
    code_a_tenure_months: int = 12
    potential_signals: int = 2
    grace_months: int = 1
    arrears_months: int = 6
    low_score_below: int = 450
    new_below_months: int = NEW_BELOW_MONTHS
    rise_percent: int = 10
    saturation_percent: int = 80
    old_handset_months: int = 24
    weight_rise: int = 1
    weight_saturation: int = 1
    weight_broadband: int = 1
    weight_handset: int = 1
    weight_sim: int = 1

    @property
    def credit(self) -> CreditTerms:
        """Return what of it decides about credit."""
        return CreditTerms(arrears_months=self.arrears_months, low_score_below=self.low_score_below)


def bands(frame: Frame, policy: TierThresholds) -> Frame:
    """Return the frame with band and previous_band (one month earlier); needs `features`."""
    return frame.with_columns(
        band=band_of(held_sum(frame, policy, back=0), frame["is_in_network"], policy),
        previous_band=band_of(held_sum(frame, policy, back=1), was_in_network(frame, back=1), policy),
    )


def band_of(held_fen: npt.NDArray[Any], is_in_network: npt.NDArray[Any], policy: TierThresholds) -> Small:
    """Return the band of each three-month sum (`held_sum`), 0 for those off the network."""
    band: Small = np.ones(len(held_fen), dtype=np.int8)
    for limit in (policy.low_from_fen, policy.potential_from_fen, policy.mid_from_fen, policy.high_from_fen):
        band += held_fen >= 3 * limit
    band *= is_in_network
    return band


def held_sum(frame: Frame, policy: TierThresholds, *, back: int) -> npt.NDArray[np.int64]:
    """Return the three-month sum in fen that decides the band `back` months ago: the best of the months of grace.

    Falling only after n months in a row below a line is the band of the greatest of the last n sums.
    """
    held = frame["cum3_fen"] if back == 0 else sum_fact(frame, "arpu_fen", start=back)
    for older in range(back + 1, back + policy.grace_months):
        held = np.maximum(held, sum_fact(frame, "arpu_fen", start=older))
    return held


def was_in_network(frame: Frame, *, back: int) -> Mask:
    """Tell who was on the network at the month end `back` months ago; nobody where it is not loaded."""
    if frame.months <= back:
        return np.zeros(len(frame), dtype=np.bool_)
    was_there: Mask = (frame.history["flags"][back] & IN_NETWORK) != 0
    return was_there


def months_needed(policy: TierThresholds) -> int:
    """Return how many months of history bands, previous bands and codes look at."""
    return max(policy.arrears_months + 1, policy.grace_months + 3)


def tiers(frame: Frame, policy: TierThresholds) -> Frame:
    """Return the frame with layer, code, code_reason and potential_signals; needs `bands` and `cohort`.

    A better code counts at once, a worse one only after two months: the code is the better of what this month and
    last month say by themselves. Those off network are general at once.
    """
    framed = frame.with_columns(layer=_layer(frame))
    signals = potential_signals(framed, policy, back=0)
    reason = _reason(framed, policy, signals, back=0)
    last_reason = _reason(framed, policy, potential_signals(framed, policy, back=1), back=1)
    code, last_code = CODE_OF_REASON[reason], CODE_OF_REASON[last_reason]
    is_held = (last_code < code) & frame["is_in_network"]
    return framed.with_columns(
        code=np.where(is_held, last_code, code),
        code_reason=np.where(is_held, np.int8(HELD), reason),
        potential_signals=signals,
    )


def potential_signals(frame: Frame, policy: TierThresholds, *, back: int) -> Small:
    """Return the points of the five signs of selling potential as they stood `back` (0 or 1) months ago.

    Bills up on the three months before; allowance nearly used or overage in two of three months; broadband missing
    or elsewhere; an old handset; a competitor's number as second SIM. With every weight 1 they are counted. Only the
    profile of today is known, so broadband and SIM count the same for last month.
    """
    signs = (
        (policy.weight_rise, _rose(frame, policy, back=back)),
        (policy.weight_saturation, _is_saturated(frame, policy, back=back)),
        (policy.weight_broadband, frame["broadband_carrier"] != OWN_BROADBAND),
        (policy.weight_handset, frame["handset_months"] >= policy.old_handset_months + back),
        (policy.weight_sim, frame["dual_sim"] == OURS_MAIN),
    )
    points = np.zeros(len(frame), dtype=np.int8)
    for weight, sign in signs:
        points += np.int8(weight) * sign.astype(np.int8)
    return points


def _layer(frame: Frame) -> Small:
    group_class, is_member = frame["group_class"], frame["cohort_state"] != 0
    is_key_person = frame["is_key_person"] & (group_class >= 1) & (group_class <= GROUP_CLASS_B)
    layer = np.full(len(frame), GENERAL, dtype=np.int8)
    layer[is_member] = ORDINARY
    layer[is_member & (group_class != 0)] = GROUP
    layer[is_key_person | (frame["vip_card"] > 0)] = STRATEGIC
    return layer


def _reason(frame: Frame, policy: TierThresholds, signals: Small, *, back: int) -> Small:
    """Return the clause that fires by the bills of one month alone."""
    cum3 = frame["cum3_fen"] if back == 0 else frame["last_cum3_fen"]
    tenure = frame["tenure_at_month"] - np.int16(back)
    is_mid, is_strategic = cum3 >= 3 * policy.mid_from_fen, frame["layer"] == STRATEGIC
    may_be_best = is_mid & (tenure >= policy.code_a_tenure_months) & ~_had_arrears(frame, policy, back=back)
    reason = np.full(len(frame), C_GENERAL, dtype=np.int8)
    reason[(cum3 >= 3 * policy.potential_from_fen) & (signals >= policy.potential_signals)] = B_POTENTIAL
    reason[is_mid] = B_VALUE
    reason[may_be_best & (cum3 >= 3 * policy.high_from_fen)] = A_HIGH
    reason[may_be_best & is_strategic] = A_STRATEGIC
    reason[tenure < policy.new_below_months] = C_NEW
    reason[~(frame["is_in_network"] if back == 0 else was_in_network(frame, back=1))] = C_GENERAL
    return reason


def _had_arrears(frame: Frame, policy: TierThresholds, *, back: int) -> Mask:
    flags = frame.history["flags"][back : back + policy.arrears_months]
    had_arrears: Mask = (np.bitwise_or.reduce(flags, axis=0) & ARREARS) != 0
    return had_arrears


def _rose(frame: Frame, policy: TierThresholds, *, back: int) -> Mask:
    now = frame["cum3_fen"] if back == 0 else frame["last_cum3_fen"]
    before = frame["previous_cum3_fen"] if back == 0 else sum_fact(frame, "arpu_fen", start=4)
    is_measured = has_growth(frame, back=back) & (before >= LEAST_BASE_FEN)
    rose: Mask = is_measured & (100 * now >= (100 + policy.rise_percent) * before)
    return rose


def _is_saturated(frame: Frame, policy: TierThresholds, *, back: int) -> Mask:
    """Overage in two of three months, or three months' use at the share (80 %) of three monthly quotas or more."""
    is_over: Mask = (frame.history["over_fee_fen"][back : back + 3] > 0).sum(axis=0, dtype=np.int8) >= 2
    uses_up = _uses_up(frame, "data_mb", "data_quota_mb", policy, back=back)
    uses_up |= _uses_up(frame, "voice_min", "voice_quota_min", policy, back=back)
    return is_over | (uses_up & has_bills(frame, back=back, count=3))


def _uses_up(frame: Frame, fact: str, quota: str, policy: TierThresholds, *, back: int) -> Mask:
    limit = 3 * policy.saturation_percent * frame[quota].astype(np.int64)
    uses_up: Mask = (limit > 0) & (100 * sum_fact(frame, fact, start=back) >= limit)
    return uses_up
