"""Who a ladder moves, one by one: band and code under the ladder in force and under the draft, by bill from the highest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from customers.models import Customer, Run
from segmentation import whatif
from segmentation.actions import Ladder
from segmentation.codes import codes_of
from segmentation.ladder_frame import ladder_frame
from segmentation.ladder_lists import mask

AT_ONCE = 1000


@dataclass(frozen=True)
class Mover:
    """One customer with number and county. Bands and codes are (before, after)."""

    customer_id: int
    msisdn: str
    county: str
    bands: tuple[int, int]
    codes: tuple[int, int]
    average_fen: int


@dataclass(frozen=True)
class Movers:
    """Columns of whom a count is made of, aligned, by bill from the highest."""

    ids: npt.NDArray[np.int32]
    bands: tuple[npt.NDArray[np.int8], npt.NDArray[np.int8]]
    codes: tuple[npt.NDArray[np.int8], npt.NDArray[np.int8]]
    cum3_fen: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)

    def named(self, *, start: int = 0, most: int | None = None) -> Iterator[Mover]:
        """Yield them with number and county, from a position on, at most so many."""
        stop = len(self) if most is None else min(start + most, len(self))
        for first in range(start, stop, AT_ONCE):
            rows = range(first, min(first + AT_ONCE, stop))
            people = Customer.objects.select_related("county").in_bulk([int(self.ids[row]) for row in rows])
            for row in rows:
                yield self._one(row, people[int(self.ids[row])])

    def _one(self, row: int, customer: Customer) -> Mover:
        return Mover(
            customer_id=customer.pk,
            msisdn=customer.msisdn,
            county=customer.county.name,
            bands=_both(self.bands, row),
            codes=_both(self.codes, row),
            average_fen=int(self.cum3_fen[row]) // 3,
        )


def movers(*, run: Run, ladder: Ladder, what: str, county: int | None = None) -> Movers:
    """Return whom a count of the ladder's effect is made of (ladder_lists.mask), of one county or all. Raises UnknownCell."""
    frame, chosen = ladder_frame(run.pk), mask(run.pk, ladder, what)
    rows = np.flatnonzero(chosen if county is None else chosen & (frame["county_id"] == county))
    rows = rows[np.lexsort((rows, -frame["cum3_fen"][rows]))]
    before, after = whatif.policies_of(ladder)
    return Movers(
        ids=frame["id"][rows],
        bands=(whatif.bands_under(frame, before)[rows], whatif.bands_under(frame, after)[rows]),
        codes=(codes_of(run.pk, before)[rows], codes_of(run.pk, after)[rows]),
        cum3_fen=frame["cum3_fen"][rows],
    )


def _both(columns: tuple[Any, Any], row: int) -> tuple[int, int]:
    return int(columns[0][row]), int(columns[1][row])
