"""Who leaked this file? Each file has an order of rows of its own, which names its request.

Within every block of 50 rows, rows stand in the order of a keyed digest of their masked number; the key is the random
name the file was stored under. Blocks stay in the order of the list. So nearly all neighbours in a file rise under its
own key, and half of them under any other: a copy without its first and last line, of some columns or of a part of the
rows still names its request. A copy that was sorted does not.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, pairwise
from typing import TypeVar

Row = TypeVar("Row")

BLOCK = 50
FEWEST_ROWS = 40  # with fewer, chance alone could name somebody
CERTAIN = 6.0  # standard deviations from a coin's half: once in a thousand million


def in_own_order(rows: Iterable[Row], *, key: str, number: Callable[[Row], str]) -> Iterator[list[Row]]:
    """Yield the rows in blocks, each in the order of the key; `number` reads the masked number of a row."""
    rest = iter(rows)
    while block := list(islice(rest, BLOCK)):
        block.sort(key=lambda row: digest(number(row), key=key))
        yield block


def certainty(numbers: Sequence[str], *, key: str) -> float:
    """Return how far the order of masked numbers is from chance under a key, in standard deviations."""
    digests = [digest(number, key=key) for number in numbers]
    steps = [first < second for first, second in pairwise(digests) if first != second]
    return (2 * sum(steps) - len(steps)) / math.sqrt(len(steps)) if steps else 0.0


def digest(number: str, *, key: str) -> bytes:
    """Return the place of a masked number in the order of a key."""
    return hashlib.blake2b(number.encode(), key=key.encode()[:64], digest_size=8).digest()
