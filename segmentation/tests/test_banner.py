"""The rotating banner: who holds a card, who left, who takes it."""

from __future__ import annotations

import numpy as np

from customers.features import features
from customers.tests.frames import make_frame
from segmentation.banner import LEAST_HOLDERS, Flow, flows, winner


def frame_of(*rows):
    return features(make_frame([{"bills": bills, "vip_card": card} for bills, card in rows]))


def test_only_card_holders_of_the_opening_count_and_the_best_kept_come_first():
    stays, leaves, gone, joins = [100] * 8, [100] * 7 + [None], [100] * 5 + [None] * 3, [None] * 7 + [100]
    frame = frame_of((stays, 1), (leaves, 2), (stays, 3), (stays, 0), (gone, 1), (joins, 1), (leaves, 1))
    units = np.array([1, 1, 2, 2, 2, 2, 0])

    found = flows(frame, units, back=0)

    assert [(flow.unit, flow.holders, flow.left) for flow in found] == [(2, 1, 0), (1, 2, 1)]
    assert [(flow.unit, flow.left) for flow in flows(frame, units, back=2)] == [(1, 0), (2, 1)]
    assert found[0].month == frame.month


def test_banner_needs_holders_enough():
    small, large = Flow(1, 5, LEAST_HOLDERS - 1, 0), Flow(2, 5, LEAST_HOLDERS, 3)
    assert winner([small, large]) == large
    assert winner([small]) is None


def test_alert_is_the_yearly_churn_that_alarmed_the_branch():
    assert not Flow(1, 5, 10_000, 255).is_alarming
    assert Flow(1, 5, 10_000, 256).is_alarming
    assert not Flow(1, 5, 0, 0).is_alarming
