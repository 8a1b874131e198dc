"""A ladder tried on the past year: its months, its moves, its flapping, and whose leaving it saw."""

from __future__ import annotations

from customers.features import features
from customers.tests.frames import make_frame
from segmentation.backtest import MID, back_test
from segmentation.models import Band
from segmentation.tiers import TierThresholds, bands

POLICY = TierThresholds()
LEVEL = 130  # a bill that holds the mid band


def past(*rows, policy=POLICY):
    return {month.month % 12 + 1: month for month in back_test(features(make_frame(rows)), policy)}


def test_mid_is_the_number_of_the_models():
    assert MID == Band.MID


def test_newest_month_says_what_the_rule_says():
    frame = features(make_frame([{"bills": [LEVEL] * 17}, {"bills": [10] * 17}, {"bills": [200] * 16 + [None]}]))

    newest = back_test(frame, POLICY)[-1]

    assert newest.month == frame.month
    assert newest.valuable == (bands(frame, POLICY)["band"] >= MID).sum() == 1


def test_twelve_months_oldest_first_and_fewer_with_a_short_history():
    def months(count, **policy):
        frame = features(make_frame([{"bills": [LEVEL] * count}]))
        return [month.month for month in back_test(frame, TierThresholds(**policy))]

    assert months(17) == months(19, grace_months=3) == months(24) == [2017 * 12 + month for month in range(12)]
    assert (len(months(16)), len(months(17, grace_months=3)), months(5)) == (11, 10, [])


def test_first_month_does_not_flap_for_want_of_older_bills():
    (first, *_rest) = back_test(features(make_frame([{"bills": [LEVEL] * 17}])), POLICY)

    assert (first.valuable, first.rose, first.flapped) == (1, 0, 0)


def test_falling_and_rising_again_within_a_quarter_is_flapping():
    """Sums of three months: above the line, just below in October, above again in November."""
    row = {"bills": [120] * 15 + [119, 121, 120]}

    months = past(row)

    assert (months[10].fell, months[10].flapped) == (1, 0)
    assert (months[11].rose, months[11].flapped) == (1, 1)


def test_grace_keeps_the_one_who_would_flap():
    row = {"bills": [120] * 15 + [119, 121, 120]}

    months = past(row, policy=TierThresholds(grace_months=2))

    assert sum(month.fell + month.rose + month.flapped for month in months.values()) == 0
    assert months[10].valuable == 1


def test_leaver_counts_as_seen_when_held_mid_the_month_before():
    months = past({"bills": [LEVEL] * 13 + [None] * 4}, {"bills": [20] * 13 + [None] * 4})

    assert (months[9].left, months[9].left_valuable) == (2, 1)
    assert (months[10].left, months[10].left_valuable) == (0, 0)
