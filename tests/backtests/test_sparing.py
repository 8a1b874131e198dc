"""A kind that goes without a column finds some of its causes, and nothing that is not there."""

import datetime as dt

import numpy as np
import pytest

from customers.before_notes import OVER
from customers.noting import NOTED
from customers.past import DATED, TOLD_BEFORE
from cvm.backtests.days import KNOWN
from lifecycle.backtest.reads import reads
from lifecycle.backtest.sparing import SPARED, spared
from lifecycle.moments import REGISTRY
from lifecycle.tests.scene import TODAY, frame_of

A_YEAR = [dt.date(2024, 1, 1) + dt.timedelta(days=number) for number in range(366)]
NOW = (TODAY - dt.date(1970, 1, 1)).days
FLAT = [100, 100, 100]
# code -> rows; True: found without the spared columns too
CAUSES = {
    "A8": [({"arrears_stop_day": NOW}, True), ({"state": 3, "stop_reason": 1, "state_changed_day": NOW}, False)],
    "B1": [({"over_data_months": 2}, True), ({"usage_day": NOW, "used_data_mb": 90, "data_quota_mb": 100}, False)],
    "B2": [({"over_voice_months": 2}, True), ({"usage_day": NOW, "used_voice_min": 95, "voice_quota_min": 99}, False)],
    "C3": [({"cancel_day": NOW}, True), ({"plan_fee_fen": 88_00, "next_plan_fee_fen": 58_00}, False)],
    "C6": [({"usage_day": NOW, "zero_call_days": 9}, True), ({"last_call_day": NOW - 9}, False)],
    "C7": [({"competitor_forward_days": 1}, True), ({"dual_sim": 4, "previous_marks": 1 << 30}, False)],
}


def looks(code):
    module = REGISTRY[code]
    return reads(lambda frame: module.detect(frame, module.Thresholds()), days=A_YEAR).columns


@pytest.mark.parametrize("code", sorted(REGISTRY))
def test_every_kind_can_be_told_of_past_days(code):
    assert looks(code) <= KNOWN | DATED | OVER | NOTED


@pytest.mark.parametrize("code", sorted(SPARED))
def test_what_is_spared_is_looked_at_and_noted(code):
    assert spared(code) <= looks(code) & NOTED - TOLD_BEFORE


@pytest.mark.parametrize("code", sorted(CAUSES))
def test_without_the_spared_columns_the_other_causes_are_found_and_no_more(code):
    rows, kept = zip(*CAUSES[code], strict=True)
    frame = frame_of(*({"bills": FLAT, **row} for row in rows), {"bills": FLAT})
    module = REGISTRY[code]
    unknown = {name: np.zeros_like(frame[name]) for name in spared(code)}

    found = module.detect(frame, module.Thresholds())
    spoken = module.detect(frame.with_columns(**unknown), module.Thresholds())

    assert found.rows.tolist() == list(range(len(rows)))
    assert spoken.rows.tolist() == [number for number, is_kept in enumerate(kept) if is_kept]


def test_before_the_notes_a_special_user_is_greeted_like_everybody():
    eve = dt.date(2018, 2, 15)
    frame = frame_of({"bills": FLAT, "is_special": True}, {"bills": FLAT}, as_of=eve)
    module = REGISTRY["A4"]

    assert module.detect(frame, module.Thresholds()).rows.tolist() == [1]
    unknown = frame.with_columns(is_special=np.zeros(2, np.bool_))
    assert module.detect(unknown, module.Thresholds()).rows.tolist() == [0, 1]
