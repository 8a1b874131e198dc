"""What the figures of two arms allow to say: intervals, and whether the split came out as drawn. Pure.

Counts and sums come in exact; what is estimated from them is a float and never money that anybody owes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

UNBALANCED = 0.001  # below it the split did not come out as drawn (the alarm level of GrowthBook)


@dataclass(frozen=True)
class Interval:
    """An estimate and what is compatible with the figures at the level asked for."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class Sums:
    """Exact sums over the members of an arm: how many, their values, the squares of these."""

    number: int
    total: int
    squares: int

    @property
    def mean(self) -> float:
        return self.total / self.number

    @property
    def variance(self) -> float:
        """Return the sample variance; the numerator is exact, so that nothing cancels."""
        return (self.number * self.squares - self.total**2) / (self.number * (self.number - 1))


def share_interval(hits: int, number: int, *, level: float) -> Interval | None:
    """Return a share with its Wilson score interval (Wilson 1927), None without members."""
    if not number:
        return None
    z = NormalDist().inv_cdf(1 - level / 2)
    share, square = hits / number, z * z
    middle = (share + square / (2 * number)) / (1 + square / number)
    half = z / (1 + square / number) * math.sqrt(share * (1 - share) / number + square / (4 * number**2))
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))


def share_difference(hits: int, number: int, control_hits: int, control: int, *, level: float) -> Interval | None:
    """Return share minus the control's, with Newcombe's interval of the two Wilson ones (Newcombe 1998, method 10)."""
    ours, theirs = share_interval(hits, number, level=level), share_interval(control_hits, control, level=level)
    if ours is None or theirs is None:
        return None
    difference = ours.estimate - theirs.estimate
    below = math.hypot(ours.estimate - ours.low, theirs.high - theirs.estimate)
    above = math.hypot(ours.high - ours.estimate, theirs.estimate - theirs.low)
    return Interval(difference, difference - below, difference + above)


def mean_interval(sums: Sums, *, level: float) -> Interval | None:
    """Return a mean with Student's interval, None for fewer than two members."""
    if sums.number < 2:
        return None
    half = _student(sums.number - 1, level) * math.sqrt(sums.variance / sums.number)
    return Interval(sums.mean, sums.mean - half, sums.mean + half)


def mean_difference(sums: Sums, control: Sums, *, level: float) -> Interval | None:
    """Return mean minus the control's, with Welch's interval (Welch 1947), None for fewer than two members in either."""
    if min(sums.number, control.number) < 2:
        return None
    difference = sums.mean - control.mean
    parts = [(one.variance / one.number, one.number - 1) for one in (sums, control)]
    spread = sum(part for part, _freedom in parts)
    if not spread:
        return Interval(difference, difference, difference)
    freedom = spread**2 / sum(part**2 / free for part, free in parts)
    half = _student(freedom, level) * math.sqrt(spread)
    return Interval(difference, difference - half, difference + half)


def sample_ratio_p(members: Sequence[int], shares: Sequence[int]) -> float:
    """Return how likely a split at least as uneven is, were the arms drawn by their shares (chi-square); 1 without members."""
    whole = sum(members)
    if not whole:
        return 1.0
    expected = [whole * share / sum(shares) for share in shares]
    statistic = sum((seen - due) ** 2 / due for seen, due in zip(members, expected, strict=True))
    from scipy.special import chdtrc  # slow to import, and only a results page needs it

    return float(chdtrc(len(members) - 1, statistic))


def _student(freedom: float, level: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 1 - level / 2))
