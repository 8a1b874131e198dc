"""Changes kept in whole percent answer every threshold as the sums themselves do; the kept columns judge like all."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import numpy as np
import pytest

from customers.features import features
from customers.frame import Frame
from customers.history import HAS_BILL, IN_NETWORK, SUSPENDED
from cvm.lib.months import day_number
from lifecycle.signs import LEVEL, NO_FALL, UNMEASURED, Signs, StageThresholds, with_changes
from lifecycle.stage_frame import _thinned
from lifecycle.stages import newest_stages, stages

PERCENTS = range(-90, 101)
JUDGED = ("stage", "stage_reason", "stage_since", "stage_detail", "stage_months", "stage_path")


def a_frame(bills, *, voice=None, data=None, flags=None) -> Frame:
    """Return a frame of these bills ([months, customers], newest first), everything else quiet."""
    size, dice = bills.shape[1], np.random.default_rng(2)
    nothing = np.zeros(bills.shape, np.int32)
    history = {
        "arpu_fen": bills.astype(np.int32),
        "flags": np.full(bills.shape, HAS_BILL | IN_NETWORK, np.int32) if flags is None else flags,
        "voice_min": nothing if voice is None else voice.astype(np.int32),
        "data_mb": nothing if data is None else data.astype(np.int32),
        "sms_count": dice.integers(0, 2, bills.shape, np.int32),
        "active_days": dice.integers(0, 31, bills.shape, np.int32),
        "signal_day": dice.integers(1, 28, bills.shape, np.int32) * (dice.random(bills.shape) < 0.01),
    }
    columns = {name: np.zeros(size, np.int32) for name in ("porting_eligible_day", "downgrade_day", "county_id")}
    joined = day_number(dt.date(2015, 1, 1)) + dice.integers(0, 1200, size)
    columns |= {"id": np.arange(1, size + 1), "state": np.ones(size, np.int16), "join_day": joined.astype(np.int32)}
    columns["low_bits"] = dice.integers(0, 64, size).astype(np.int16)
    return features(Frame(dt.date(2018, 1, 20), 2017 * 12 + 11, columns, history))


def halves(now, before):
    """Return bills whose newest three months add up to `now`, the three before to `before`."""
    zeros = np.zeros_like(now)
    return np.stack([now, zeros, zeros, before, zeros, zeros])


@pytest.mark.parametrize("most", [5_000, 4_000_000, 700_000_000])
def test_whole_percents_answer_as_the_sums_do(most):
    dice = np.random.default_rng(most)
    before = dice.integers(1, most, 20_000)
    near = before * (100 + dice.integers(-90, 101, len(before))) // 100 + dice.integers(-1, 2, len(before))
    now = np.where(dice.random(len(before)) < 0.5, dice.integers(0, 2 * most, len(before)), np.maximum(near, 0))
    history = with_changes(a_frame(halves(now, before), data=halves(now, before))).history

    growth, falls, data_falls = (history[name][0] for name in ("bill_growth", "bill_fall", "data_fall"))
    is_level = before < 30_00
    assert (growth[is_level] == LEVEL).all()
    assert (falls[is_level] == NO_FALL).all()
    for percent in PERCENTS:
        at_most, at_least = 100 * now <= (100 + percent) * before, 100 * now >= (100 + percent) * before
        assert np.array_equal((falls <= percent)[~is_level], at_most[~is_level])
        assert np.array_equal((growth >= percent)[~is_level], at_least[~is_level])
        assert np.array_equal(data_falls <= percent, at_most)


def test_exact_percents_are_exact():
    pairs = [(1, 3), (2, 3), (99_999, 100_000), (100_001, 100_000), (79_99, 100_00), (80_00, 100_00), (80_01, 100_00)]
    now, before = (np.array(side) for side in zip(*pairs, strict=True))
    found = with_changes(a_frame(halves(now, before), voice=halves(now, before))).history["voice_fall"][0]
    assert found.tolist() == [-(-100 * (a - b) // b) for a, b in pairs]
    assert [Fraction(int(a), int(b)) <= Fraction(80, 100) for a, b in pairs] == (found <= -20).tolist()


def test_without_six_bills_nothing_is_measured():
    bills = np.full((8, 3), 100_00)
    flags = np.full((8, 3), HAS_BILL | IN_NETWORK, np.int32)
    flags[7, 1], flags[5, 2] = IN_NETWORK, IN_NETWORK
    history = with_changes(a_frame(bills, flags=flags)).history
    assert history["bill_growth"][:3].tolist() == [[0, 0, UNMEASURED], [0, 0, UNMEASURED], [0, UNMEASURED, UNMEASURED]]
    assert (history["bill_growth"][3:] == UNMEASURED).all()
    assert (history["voice_fall"] == NO_FALL).all()  # from nothing, nothing falls


def test_kept_columns_judge_as_all_of_them_do():
    dice = np.random.default_rng(3)
    shape = (30, 2_000)
    walk = np.exp(np.cumsum(dice.normal(0, 0.08, shape), axis=0))
    bills = dice.lognormal(9, 0.8, shape[1]) * walk * (dice.random(shape) < 0.97)
    flags = np.where(dice.random(shape) < 0.97, HAS_BILL | IN_NETWORK, 0) | SUSPENDED * (dice.random(shape) < 0.1)
    use = [dice.poisson(150 * walk) * (dice.random(shape) < share) for share in (0.8, 0.6)]
    frame = a_frame(bills, voice=use[0], data=use[1] // 100, flags=flags.astype(np.int32))
    kept = _thinned(frame)
    signs, moved = Signs(kept), 0  # one object for all policies, more than it keeps signs for
    for _round in range(12):
        lines = np.sort(dice.choice(np.arange(-60, 60), 4, replace=False)).tolist()
        policy = StageThresholds(
            *(min(lines[0], -1), lines[1], lines[3], lines[2], int(dice.integers(-90, 0)), int(dice.integers(0, 20))),
            confirm_months=int(dice.integers(1, 4)), silent_kind=int(dice.integers(1, 4)),
            silent_data_mb=int(dice.integers(1, 1025)), return_bill_fen=int(dice.integers(0, 1000_00)),
        )  # fmt: skip
        one, other, tried = stages(frame, policy), stages(kept, policy), newest_stages(kept, policy, signs=signs)
        assert all(np.array_equal(one[name], other[name]) for name in JUDGED)
        assert all(np.array_equal(one[name], tried[name]) for name in ("stage", "stage_detail"))
        moved += int((one["stage"] != newest_stages(frame, StageThresholds())["stage"]).sum())
    assert moved > 1_000
