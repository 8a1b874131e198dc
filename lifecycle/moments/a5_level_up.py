"""A5 star or card level up: higher than the last published night said."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customers import marks
from customers.frame import Frame
from lifecycle.moments.hits import NORMAL, Hits, hits, in_network
from lifecycle.moments.terms import hours, limit

CODE, BIT, IS_MONTHLY = "A5", 8, False
EVIDENCE = ("level", "level")  # now; before: a star level, or CARD + the card

CARD = 100


@dataclass(frozen=True)
class Thresholds:
    least_star_level: int = limit(1, 1, 7)
    deadline_hours: int = hours(168)


def detect(frame: Frame, thresholds: Thresholds) -> Hits:
    """Return who rose since the night before; a card counts before a star. Nobody unknown to that night rose."""
    star, card = frame["star_level"].astype(np.int32), frame["vip_card"].astype(np.int32)
    star_before, card_before = (marks.before(frame["previous_marks"], name) for name in ("star_level", "vip_card"))
    has_star = (star_before >= 0) & (star > star_before) & (star >= thresholds.least_star_level)
    has_card = (card_before >= 0) & (card > card_before)
    return hits(
        (has_star | has_card) & in_network(frame),
        level=NORMAL,
        deadline_hours=thresholds.deadline_hours,
        value=np.where(has_card, CARD + card, star),
        reference=np.where(has_card, CARD + card_before, star_before),
    )
