"""Snapshots: which months, who is in the base, who is lost, which customers."""

import numpy as np
import pytest

from customers.tests.frames import make_frame
from retention.churn_sample import Plan, gather, gather_all, in_base, in_sample, is_lost, plan_snapshots, snapshot


@pytest.mark.parametrize(
    ("months", "plan"),
    [
        (8, None),
        (9, Plan(learn=(6,), check=3, window=3)),
        (12, Plan(learn=(6,), check=3, window=6)),
        (18, Plan(learn=(6,), check=3, window=12)),
        (19, Plan(learn=(6, 7), check=3, window=12)),
        (24, Plan(learn=(6, 7, 8), check=3, window=12)),
    ],
)
def test_plan_uses_as_much_past_as_there_is(months, plan):
    assert plan_snapshots(months) == plan


def test_no_learned_outcome_lies_after_the_check():
    plan = plan_snapshots(24)

    assert min(plan.learn) - 3 >= plan.check


@pytest.mark.parametrize(
    ("bills", "base", "lost"),
    [
        ([100, 100, 100, 100, 100, 100], True, False),
        ([100, 100, 100, 0, 0, 0], True, True),  # in network, but no positive bill in the three months after
        ([100, 100, 100, 0, 0, 50], True, False),
        ([100, 100, 100, 100, 100, None], True, True),  # off network at the end
        ([100, 100, 100, None, None, 100], True, False),  # came back in time
        ([100, 0, 0, 0, 0, 0], True, True),  # a positive bill within the three months up to the snapshot
        ([0, 0, 0, 100, 100, 100], False, False),  # no positive bill: nothing to lose
        ([100, 100, None, 100, 100, 100], False, False),  # off network at the snapshot
    ],
)
def test_label_of_one_customer(bills, base, lost):
    frame = make_frame([{"bills": bills}])

    assert in_base(frame, months_back=3).tolist() == [base]
    if base:
        assert is_lost(frame, months_back=3).tolist() == [lost]


def test_credit_notes_are_no_positive_bill():
    frame = make_frame([{"bills": [100, 100, 100, "-5", "-5", "-5"]}])

    assert is_lost(frame, months_back=3).tolist() == [True]


def test_sample_is_the_same_everywhere_and_about_as_large_as_asked():
    ids = np.arange(1, 100_001)

    chosen = in_sample(ids, customers=100_000, limit=10_000)

    assert 9_500 < chosen.sum() < 10_500
    halves = [in_sample(part, customers=100_000, limit=10_000) for part in np.array_split(ids, 7)]
    np.testing.assert_array_equal(np.concatenate(halves), chosen)
    assert in_sample(ids[:5], customers=5, limit=10_000).all()


def test_buckets_gather_to_what_one_frame_gives():
    frame = make_frame([{"bills": [100 + number] * 9} for number in range(20)])
    plan = plan_snapshots(9)

    whole = gather(frame, plan=plan, customers=20)
    parts = gather_all([gather(frame.take(np.arange(first, first + 10)), plan=plan, customers=20) for first in (0, 10)])

    np.testing.assert_array_equal(parts.check.features, whole.check.features)
    np.testing.assert_array_equal(parts.learn.id, whole.learn.id)


def test_snapshot_knows_the_bills_before_and_after_it():
    frame = make_frame([{"bills": [1, 2, 3, 10, 20, 30, 100, 200, 300]}])  # oldest first
    found = snapshot(frame, months_back=3, window=3)
    assert (found.value_fen.tolist(), found.realised_fen.tolist()) == ([60_00], [600_00])
