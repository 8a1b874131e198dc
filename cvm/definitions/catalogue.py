"""Every definition of the product, in the order of its pages."""

from __future__ import annotations

from typing import Any

from cvm.definitions.boards import BOARDS, EDGE
from cvm.definitions.ledger import LEDGER
from cvm.definitions.overview import OVERVIEW
from cvm.definitions.registry import Definition, Told, told
from cvm.definitions.segments import SEGMENTS
from cvm.definitions.stages import STAGES
from cvm.definitions.work import SCOREBOARD, TESTS

GROUPS = (OVERVIEW, BOARDS, LEDGER, STAGES, SEGMENTS, EDGE, SCOREBOARD, TESTS)
ALL: dict[str, Definition] = {one.key: one for group in GROUPS for one in group.definitions}


def define(key: str, *, lead: Any = "", tail: Any = "", **values: Any) -> Told:
    """Return the definition of a number for a page to show; raises KeyError for one nobody wrote."""
    return told(ALL[key], lead=lead, tail=tail, **values)
