"""Near the edge: who crosses a line of the ladder next month, and the smallest nudge that keeps or lifts them. Pure.

The oldest of the three bills drops out next month; the one to come is taken to be the average of the last three. So the
next sum is known but for one bill, and what that bill would have to be is the nudge. How often this came true is
counted on the past months with the same function (`hits`), and shown beside the list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from customers.frame import Frame
from segmentation.tiers import TierThresholds, band_of, held_sum, was_in_network

NONE, FALL, DROP, LIFT, THIN, RISE = range(6)
KINDS = {"fall": FALL, "drop": DROP, "lift": LIFT, "thin": THIN, "rise": RISE}
REACH_FEN = 30_00  # of the next bill: the greatest nudge one more service is worth
PAST_MONTHS, TENTHS = 6, 10
LINES = ("low_from_fen", "potential_from_fen", "mid_from_fen", "high_from_fen")  # the lines under bands 2 to 5

# What a nudge is in services, our planning figures: packs from the smallest on, and a minute beyond the plan.
PACKS_FEN = (5_00, 10_00, 20_00, 30_00)
MINUTE_FEN = 15

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Edges:
    """Per customer: which kind of edge (NONE for most), the band above the line in question, and the nudge in fen.

    Fall: the next bill that much above the expected one keeps the band; drop: the same, beyond reach. Lift: that much
    lifts over the line. Thin: that much less would be a fall. Rise: the next sum stands that much above the line by itself.
    """

    kind: npt.NDArray[np.int8]
    line: npt.NDArray[np.int8]
    nudge_fen: Numbers


@dataclass(frozen=True)
class Tenth:
    """A tenth of those near a line in past months, by how far the next sum was expected from it, and what came."""

    from_fen: int
    to_fen: int
    customers: int
    above: int


@dataclass(frozen=True)
class Hits:
    """What the forecast was worth: of those expected to fall or rise, how many did; and who did without being named."""

    months: int
    named: dict[int, int]
    came: dict[int, int]
    missed: dict[int, int]
    tenths: list[Tenth]


def edges(frame: Frame, policy: TierThresholds, *, back: int = 0) -> Edges:
    """Return the edges as they stood `back` months ago, by nothing that was not known then."""
    there = frame["is_in_network"] if back == 0 else was_in_network(frame, back=back)
    to_come, expected = next_sums(frame, policy, back=back)
    now, then = band_of(held_sum(frame, policy, back=back), there, policy), band_of(expected, there, policy)
    lines = 3 * np.array([0, 0, *(getattr(policy, name) for name in LINES), 1 << 40], np.int64)
    spare, missing = expected - lines[now], lines[now + 1] - expected
    is_thin = (now >= 2) & (spare <= missing)
    choices = [
        (then < now, FALL, now, lines[now] - to_come),
        (then > now, RISE, then, expected - lines[then]),
        (is_thin, THIN, now, spare),
        (~is_thin, LIFT, now + 1, missing),
    ]
    kind, line, nudge = (np.select([c[0] for c in choices], [c[at] for c in choices]) for at in (1, 2, 3))
    kind = np.where((kind == FALL) & (nudge > REACH_FEN), DROP, kind)
    is_near = there & ((nudge <= REACH_FEN) | (kind == DROP) | (kind == RISE))
    return Edges((kind * is_near).astype(np.int8), (line * is_near).astype(np.int8), np.where(is_near, nudge, 0))


def next_sums(frame: Frame, policy: TierThresholds, *, back: int) -> tuple[Numbers, Numbers]:
    """Return next month's expected sum of three bills, and the sum that would decide the band with the grace."""
    bills = frame.history["arpu_fen"]
    last_two = bills[back].astype(np.int64) + bills[back + 1]
    to_come = last_two + (last_two + bills[back + 2]) // 3
    if policy.grace_months == 1:
        return to_come, to_come
    shorter = TierThresholds(**{**policy.__dict__, "grace_months": policy.grace_months - 1})
    return to_come, np.maximum(to_come, held_sum(frame, shorter, back=back))


def hits(frame: Frame, policy: TierThresholds) -> Hits:
    """Count on the past months, up to PAST_MONTHS, what the forecast said and what the month after brought."""
    named, came, missed = ({FALL: 0, RISE: 0} for _ in range(3))
    gaps, above = [np.zeros(0, np.int64)], [np.zeros(0, np.bool_)]
    months = 0
    for back in range(1, 1 + min(PAST_MONTHS, frame.months - 2 - policy.grace_months)):
        found = _past(frame, policy, back=back)
        months += bool(found.edges.kind.any())
        for kind, moved in ((FALL, found.fell), (RISE, found.rose)):
            is_named = (found.edges.kind == kind) | ((found.edges.kind == DROP) & (kind == FALL))
            named[kind] += int(is_named.sum())
            came[kind] += int((is_named & moved).sum())
            missed[kind] += int((moved & ~is_named).sum())
        is_close = (found.edges.kind > NONE) & (np.abs(found.gap) <= REACH_FEN)
        gaps.append(found.gap[is_close])
        above.append(found.is_above[is_close])
    return Hits(months, named, came, missed, _tenths(np.concatenate(gaps), np.concatenate(above)))


def pack_fen(nudge_fen: int) -> int:
    """Return the fee of the smallest pack that is worth the nudge; 0 when none is."""
    return next((fee for fee in PACKS_FEN if fee >= nudge_fen), 0)


def minutes(nudge_fen: int) -> int:
    """Return the minutes beyond the plan that are worth the nudge."""
    return -(-nudge_fen // MINUTE_FEN)


@dataclass(frozen=True)
class _Past:
    edges: Edges
    gap: Numbers
    is_above: npt.NDArray[np.bool_]
    fell: npt.NDArray[np.bool_]
    rose: npt.NDArray[np.bool_]


def _past(frame: Frame, policy: TierThresholds, *, back: int) -> _Past:
    """Return what was expected `back` months ago, and where everybody stood a month later; who left counts nowhere."""
    found = edges(frame, policy, back=back)
    stayed = frame["is_in_network"] if back == 1 else was_in_network(frame, back=back - 1)
    stayed = stayed & was_in_network(frame, back=back)
    before = band_of(held_sum(frame, policy, back=back), stayed, policy)
    after = band_of(held_sum(frame, policy, back=back - 1), stayed, policy)
    _to_come, expected = next_sums(frame, policy, back=back)
    lines = 3 * np.array([0, 0, *(getattr(policy, name) for name in LINES)], np.int64)
    kind = np.where(stayed, found.kind, np.int8(NONE)).astype(np.int8)
    return _Past(
        edges=Edges(kind, found.line, found.nudge_fen),
        gap=expected - lines[found.line],
        is_above=after >= found.line,
        fell=after < before,
        rose=after > before,
    )


def _tenths(gap: Numbers, above: npt.NDArray[Any]) -> list[Tenth]:
    order = np.argsort(gap, kind="stable")
    return [
        Tenth(int(gap[part[0]]), int(gap[part[-1]]), len(part), int(above[part].sum()))
        for part in np.array_split(order, TENTHS)
        if len(part)
    ]
