"""Draw customers at random so that anybody can draw the same again. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def in_drawn_order(ids: Iterable[int], *, seed: int) -> list[int]:
    """Return the customers in the order the seed draws them: each by its own hash, so that nobody's place depends on
    who else is there or on the version of a random generator.
    """
    return sorted(ids, key=lambda pk: (hashlib.sha256(f"{seed}:{pk}".encode()).digest(), pk))
