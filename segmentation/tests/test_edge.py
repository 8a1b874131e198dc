"""Near the edge: the next sum, the nudge to the fen, and the count of what came true."""

from __future__ import annotations

import numpy as np
import pytest

from customers.features import features
from customers.tests.frames import make_frame
from segmentation import edge
from segmentation.edge import DROP, FALL, LIFT, NONE, RISE, THIN, edges, hits
from segmentation.models import Band
from segmentation.tiers import TierThresholds, bands

POLICY = TierThresholds()


def frame_of(*bills, **row):
    return features(make_frame([{"bills": list(one), **row} for one in bills]))


def one(*bills, policy=POLICY, **row):
    """Return kind, line and nudge of a customer whose last bills (yuan) these are, the newest last."""
    found = edges(frame_of([bills[0]] * 6 + list(bills), **row), policy)
    return int(found.kind[0]), int(found.line[0]), int(found.nudge_fen[0])


@pytest.mark.parametrize(
    ("bills", "expected"),
    [
        # 130 + 119 + 119 = 368 stands; next: 119 + 119 + 122.66 = 360.66 stands by 66 fen
        ((130, 119, 119), (THIN, Band.MID, 66)),
        # 140 + 118 + 118 = 376; next: 118 + 118 + 125.33 = 361.33
        ((140, 118, 118), (THIN, Band.MID, 1_33)),
        # 150 + 110 + 110 = 370; next: 110 + 110 + 123.33 = 343.33, ¥16.67 below
        ((150, 110, 110), (FALL, Band.MID, 16_67)),
        # 200 + 100 + 100 = 400; next: 333.33, within reach
        ((200, 100, 100), (FALL, Band.MID, 26_67)),
        # 200 + 90 + 90 = 380; next: 306.66, beyond reach
        ((200, 90, 90), (DROP, Band.MID, 53_34)),
        # 90 + 125 + 125 = 340; next: 125 + 125 + 113.33 = 363.33
        ((90, 125, 125), (RISE, Band.MID, 3_33)),
        # 112 + 115 + 115 = 342; next: 115 + 115 + 114 = 344, ¥16 below
        ((112, 115, 115), (LIFT, Band.MID, 16_00)),
        ((160, 160, 160), (NONE, 0, 0)),
        ((10, 10, 10), (NONE, 0, 0)),
    ],
)
def test_edge_of_a_customer(bills, expected):
    assert one(*bills) == expected


def test_nudge_is_exactly_what_the_next_bill_lacks():
    """Whoever gets the nudge on top of the expected bill stands at or above the line, one fen less does not."""
    dice = np.random.default_rng(4)
    frame = features(make_frame([{"bills": dice.integers(60, 220, 12).tolist()} for _ in range(400)]))
    found = edges(frame, POLICY)
    lines = 3 * np.array([0, 0, 50_00, 80_00, 120_00, 200_00])
    bills = frame.history["arpu_fen"].astype(np.int64)
    expected = bills[0] + bills[1] + frame["cum3_fen"] // 3

    assert set(found.kind.tolist()) == {NONE, FALL, DROP, LIFT, THIN, RISE}
    lifted = np.isin(found.kind, (FALL, DROP, LIFT))
    assert (expected + found.nudge_fen == lines[found.line])[lifted].all()
    spared = np.isin(found.kind, (THIN, RISE))
    assert (expected - found.nudge_fen == lines[found.line])[spared].all()
    assert (found.line == bands(frame, POLICY)["band"])[np.isin(found.kind, (FALL, DROP, THIN))].all()
    assert (found.nudge_fen[np.isin(found.kind, (FALL, LIFT, THIN))] <= edge.REACH_FEN).all()


def test_grace_holds_who_would_fall():
    assert one(150, 110, 110, policy=TierThresholds(grace_months=2))[0] == THIN
    assert one(150, 110, 110, policy=TierThresholds(grace_months=1))[0] == FALL


def test_who_is_off_the_network_stands_at_no_edge():
    assert edges(frame_of([150, 150, 150, 150, 110, None]), POLICY).kind.tolist() == [NONE]


def test_past_is_judged_by_what_was_known_then():
    bills = [130, 130, 130, 150, 110, 110, 90, 90, 90, 90, 90, 90]
    whole, shorter = frame_of(bills), frame_of(bills[:6])

    now, then = edges(shorter, POLICY), edges(whole, POLICY, back=6)

    assert (
        (now.kind.tolist(), now.nudge_fen.tolist())
        == (then.kind.tolist(), then.nudge_fen.tolist())
        == ([FALL], [16_67])
    )


def test_hits_count_what_came_and_what_was_missed():
    fell = [130] * 9 + [130, 150, 110, 110, 90]  # named to fall a month ago, and fell
    stayed = [130] * 9 + [130, 150, 110, 110, 150]  # named, and a great bill kept the band
    surprise = [130] * 12 + [130, 20]  # nobody could know
    found = hits(frame_of(fell, stayed, surprise), POLICY)

    assert (found.named[FALL], found.came[FALL], found.missed[FALL]) == (2, 1, 1)
    assert sum(tenth.customers for tenth in found.tenths) >= 2
    assert [tenth.from_fen for tenth in found.tenths] == sorted(tenth.from_fen for tenth in found.tenths)


def test_hits_of_nobody_and_of_a_short_history_are_none():
    assert hits(features(make_frame([])), POLICY).tenths == []
    assert hits(frame_of([100, 100, 100]), POLICY).months == 0


def test_nudge_in_services():
    assert [edge.pack_fen(fen) for fen in (1, 5_00, 5_01, 30_00, 30_01)] == [5_00, 5_00, 10_00, 30_00, 0]
    assert [edge.minutes(fen) for fen in (0, 1, 15, 16, 3_00)] == [0, 1, 1, 2, 20]
