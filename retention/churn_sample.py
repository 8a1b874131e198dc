"""Which past snapshots to learn from and to check on, who is lost there, and a deterministic sample of customers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from customers.frame import Frame
from customers.history import IN_NETWORK
from retention.churn_features import WINDOW, Matrix, churn_features

HORIZON = 3  # months after a snapshot in which a customer is lost or not
MIN_MONTHS = 3 * HORIZON  # three to look at, three to learn the outcome, three to check it
SNAPSHOTS = 3  # at most so many snapshots are pooled for learning
SAMPLE = 100_000  # customers looked at, at most


@dataclass(frozen=True)
class Plan:
    """Months back of the snapshots. The outcome of every learning snapshot is known before the check snapshot."""

    learn: tuple[int, ...]
    check: int
    window: int


@dataclass(frozen=True)
class Snapshot:
    """Customers of the base at one month: features, whether they were lost afterwards, their value, their id.

    `value_fen` are the HORIZON bills up to the month, `realised_fen` the HORIZON bills after it.
    """

    features: Matrix
    lost: npt.NDArray[np.bool_]
    value_fen: npt.NDArray[np.int64]
    realised_fen: npt.NDArray[np.int64]
    id: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.lost)


@dataclass(frozen=True)
class Sample:
    """What one or more buckets give for learning (snapshots pooled) and for the check on a later time."""

    learn: Snapshot
    check: Snapshot


def plan_snapshots(months: int) -> Plan | None:
    """Return the temporal split for so many months of history, or None when there are fewer than MIN_MONTHS.

    The check snapshot lies HORIZON months before the newest month, learning ends another HORIZON earlier, so no
    learned outcome lies after the check. As much window as the history allows; more snapshots only once it is full.
    """
    if months < MIN_MONTHS:
        return None
    first = 2 * HORIZON
    window = min(WINDOW, months - first)
    snapshots = min(SNAPSHOTS, months - first - window + 1)
    return Plan(learn=tuple(range(first, first + snapshots)), check=HORIZON, window=window)


def gather(frame: Frame, *, plan: Plan, customers: int, limit: int = SAMPLE) -> Sample:
    """Return the sample one frame (a bucket, or everybody) contributes; `customers` is how many there are in all."""
    rows = np.flatnonzero(in_sample(frame["id"], customers=customers, limit=limit))
    chosen = frame.take(rows)
    learn = join([snapshot(chosen, months_back=back, window=plan.window) for back in plan.learn])
    return Sample(learn, snapshot(chosen, months_back=plan.check, window=plan.window))


def gather_all(samples: Sequence[Sample]) -> Sample:
    """Return the samples of several buckets as one, in the order given."""
    return Sample(join([sample.learn for sample in samples]), join([sample.check for sample in samples]))


def snapshot(frame: Frame, *, months_back: int, window: int = WINDOW) -> Snapshot:
    """Return the base of that month with features as known then and the outcome of the HORIZON months after it."""
    base = frame.take(np.flatnonzero(in_base(frame, months_back=months_back)))
    bills = base.history["arpu_fen"][months_back : months_back + HORIZON]
    after = base.history["arpu_fen"][months_back - HORIZON : months_back]
    return Snapshot(
        churn_features(base, months_back=months_back, window=window),
        is_lost(base, months_back=months_back),
        bills.sum(axis=0, dtype=np.int64),
        after.sum(axis=0, dtype=np.int64),
        base["id"].astype(np.int64),
    )


def in_base(frame: Frame, *, months_back: int) -> npt.NDArray[np.bool_]:
    """Return who can be lost: in network at that month's end with a positive bill in its newest three months."""
    bills = frame.history["arpu_fen"][months_back : months_back + HORIZON]
    return _in_network(frame, months_back) & (bills > 0).any(axis=0)


def is_lost(frame: Frame, *, months_back: int) -> npt.NDArray[np.bool_]:
    """Return who is lost HORIZON months later: off network then, or without a positive bill in each of the months."""
    after = frame.history["arpu_fen"][months_back - HORIZON : months_back]
    return ~_in_network(frame, months_back - HORIZON) | ~(after > 0).any(axis=0)


def in_sample(ids: npt.NDArray[np.generic], *, customers: int, limit: int) -> npt.NDArray[np.bool_]:
    """Return about `limit` of `customers`, chosen by a hash of the id: the same on every machine and every night."""
    if customers <= limit:
        return np.ones(len(ids), dtype=bool)
    return _mix(ids.astype(np.uint64)) < np.uint64(limit / customers * 2**64)


def join(parts: Sequence[Snapshot]) -> Snapshot:
    """Return snapshots below each other."""
    return Snapshot(
        np.asfortranarray(np.concatenate([part.features for part in parts])),
        np.concatenate([part.lost for part in parts]),
        np.concatenate([part.value_fen for part in parts]),
        np.concatenate([part.realised_fen for part in parts]),
        np.concatenate([part.id for part in parts]),
    )


def _in_network(frame: Frame, months_back: int) -> npt.NDArray[np.bool_]:
    return frame.history["flags"][months_back] & IN_NETWORK != 0


def _mix(ids: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return a well-mixed 64-bit hash (the finaliser of SplitMix64)."""
    mixed = ids + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
