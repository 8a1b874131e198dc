"""Whose list is behind a number of a ladder page: ids of a run's customers, by the same columns the page counts."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from customers.frame import Frame
from segmentation import edge, whatif
from segmentation.actions import Ladder
from segmentation.codes import codes_of
from segmentation.edge import Edges, Hits
from segmentation.ladder_frame import ladder_frame
from segmentation.models import TierPolicy
from segmentation.tiers import TierThresholds, band_of, held_sum, was_in_network

Ids = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

MOVES = ("up", "down", "moved")
TURNS = ("better", "worse", "turned")  # of the code
NEAR = "near"
# bands by a version, a month before and now, empty for any; how they moved; by the ladder in force and by the version:
# band, code
CELL = re.compile(
    r"f(?P<then>[0-5]*)-(?P<now>[0-5]*)|f-(?P<moved>up|down|left|joined)|m(?P<old>[0-5])(?P<new>[0-5])"
    r"|k(?P<before>[1-3])(?P<after>[1-3])"
)


class UnknownCell(ValueError):
    """The address names a number no ladder page shows."""


def edges_of(run_id: int, policy: TierThresholds) -> tuple[Ids, Edges]:
    """Return everybody of a run and the edge each stands at; kept for the ladder asked for last."""
    return ladder_frame(run_id)["id"], _edges(run_id, policy)


def hits_of(run_id: int, policy: TierThresholds) -> Hits:
    """Return what the forecast was worth on the months before."""
    return _hits(run_id, policy)


def at_edge(run_id: int, policy: TierThresholds, *, kind: int, line: int = 0) -> Ids:
    """Return who stands at this kind of edge, of one line (its upper band) or of any."""
    ids, found = edges_of(run_id, policy)
    wanted = found.kind == kind
    return np.asarray(ids[wanted & (found.line == line) if line else wanted])


def behind(run_id: int, version: int, what: str) -> Ids:
    """Return whom a version moves or holds, of MOVES, TURNS, NEAR or a cell. Raises UnknownCell, DoesNotExist."""
    ladder = Ladder.of(TierPolicy.objects.get(version=version))
    return np.asarray(ladder_frame(run_id)["id"][mask(run_id, ladder, what)])


def mask(run_id: int, ladder: Ladder, what: str) -> Mask:
    """Tell of everybody in the kept frame whether a ladder moves or holds them so. Raises UnknownCell."""
    frame, cell = ladder_frame(run_id), CELL.fullmatch(what)
    if what == NEAR:
        return whatif.is_near(frame, ladder)
    if what in TURNS or (cell and cell["before"]):
        return _turned(run_id, ladder, what)
    before, after = (whatif.bands_under(frame, terms) for terms in whatif.policies_of(ladder))
    if what in MOVES:
        found: dict[str, Mask] = {"up": after > before, "down": after < before, "moved": after != before}
        return found[what]
    if cell is None:
        raise UnknownCell(what)
    return _cell(frame, ladder.thresholds, cell, before=before, after=after)


def _turned(run_id: int, ladder: Ladder, what: str) -> Mask:
    before, after = (codes_of(run_id, terms) for terms in whatif.policies_of(ladder))
    if what in TURNS:  # A is better than C: the smaller number
        found: dict[str, Mask] = {"better": after < before, "worse": after > before, "turned": after != before}
        return found[what]
    return np.asarray((before == int(what[1])) & (after == int(what[2])))


def _cell(frame: Frame, terms: TierThresholds, cell: re.Match[str], *, before: Any, after: Any) -> Mask:
    if cell["old"]:
        return np.asarray((before == int(cell["old"])) & (after == int(cell["new"])))
    then = band_of(held_sum(frame, terms, back=1), was_in_network(frame, back=1), terms)
    if cell["moved"]:
        return np.asarray(_moved(then, after, cell["moved"]))
    return np.asarray(_is_of(then, cell["then"]) & _is_of(after, cell["now"]))


def _moved(then: Any, now: Any, how: str) -> Mask:
    """Tell who moved this way since the month before, as the filter `moved` says it of the run's own bands."""
    found: dict[str, Mask] = {
        "up": (then > 0) & (now > then),
        "down": (now > 0) & (now < then),
        "left": (then > 0) & (now == 0),
        "joined": (then == 0) & (now > 0),
    }
    return found[how]


def _is_of(bands: Any, digits: str) -> Mask:
    found: Mask = np.isin(bands, [int(digit) for digit in digits]) if digits else np.ones(len(bands), np.bool_)
    return found


@lru_cache(maxsize=2)
def _edges(run_id: int, policy: TierThresholds) -> Edges:
    return edge.edges(ladder_frame(run_id), policy)


@lru_cache(maxsize=2)
def _hits(run_id: int, policy: TierThresholds) -> Hits:
    return edge.hits(ladder_frame(run_id), policy)
