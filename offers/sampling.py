"""How many customers a test needs before it starts, so that a difference worth knowing would show. Pure.

Two-sided, at a false alarm rate of 5 % over all comparisons with the control (Bonferroni) and a power of 80 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

FALSE_ALARM, POWER = 0.05, 0.80


def needed_for_shares(*, base_permille: int, effect_permille: int, shares: Sequence[int], control: int) -> int:
    """Return how many members a test needs in all to see a share rise or fall by `effect_permille` in any one arm.

    For groups of n and r·n members (Fleiss, Levin, Paik: Statistical Methods for Rates and Proportions, 3rd ed.,
    chapter 4, without continuity correction): n = (z_a·sqrt((r+1)·p·q) + z_b·sqrt(r·p1·q1 + p2·q2))² / (r·(p2-p1)²), with
    p = (p1 + r·p2)/(r+1). Of the directions rise and fall the one that needs more counts, of the arms the smallest.
    """
    base, effect = base_permille / 1000, effect_permille / 1000
    directions = [other for other in (base + effect, base - effect) if 0 < other < 1]
    if not directions:
        raise ValueError(f"a share of {base_permille} per mille cannot move by {effect_permille}")
    return max(
        _whole(_for_shares(base, other, ratio=ratio, comparisons=len(shares) - 1), shares[control])
        for other in directions
        for ratio in _ratios(shares, control)
    )


def needed_for_means(*, spread_fen: float, effect_fen: int, shares: Sequence[int], control: int) -> int:
    """Return how many members a test needs in all to see a mean differ by `effect_fen`, given its standard deviation.

    For groups of n and r·n members: n = (1 + 1/r)·((z_a + z_b)·s/d)² (the normal approximation, same source).
    """
    z_alarm, z_power = _quantiles(len(shares) - 1)
    return max(
        _whole((1 + 1 / ratio) * ((z_alarm + z_power) * spread_fen / effect_fen) ** 2, shares[control])
        for ratio in _ratios(shares, control)
    )


def level_of(comparisons: int) -> float:
    """Return the false alarm rate of one comparison, so that all of them together stay within 5 %."""
    return FALSE_ALARM / max(1, comparisons)


def _for_shares(base: float, other: float, *, ratio: float, comparisons: int) -> float:
    z_alarm, z_power = _quantiles(comparisons)
    mean = (base + ratio * other) / (1 + ratio)
    spread = z_alarm * math.sqrt((1 + ratio) * mean * (1 - mean)) + z_power * math.sqrt(
        ratio * base * (1 - base) + other * (1 - other)
    )
    return spread**2 / (ratio * (other - base) ** 2)


def _quantiles(comparisons: int) -> tuple[float, float]:
    normal = NormalDist()
    return normal.inv_cdf(1 - level_of(comparisons) / 2), normal.inv_cdf(POWER)


def _ratios(shares: Sequence[int], control: int) -> list[float]:
    return [share / shares[control] for number, share in enumerate(shares) if number != control]


def _whole(in_control: float, share: int) -> int:
    """Return the members of the whole test, given those its control needs."""
    return math.ceil(math.ceil(in_control) * 1000 / share)
