"""What is to be generated: how many customers, which months, seen from which day, from which seed."""

from __future__ import annotations

import datetime as dt
import zlib
from dataclasses import dataclass

import numpy as np

from cvm.lib.months import first_day, last_day, month_of

BURN_IN = 6  # months lived before the first bill file, so that the first month already has a past
FUTURE = 13  # the as-of month and the twelve after it, known to the truth only


class ScenarioImpossible(ValueError):
    """The requested size or period cannot be generated."""


@dataclass(frozen=True)
class Scenario:
    """One demonstration branch. Months are ordinals; row r of a life is month `first_month + r`."""

    customers: int
    seed: int
    as_of: dt.date
    months: int = 27

    def __post_init__(self) -> None:
        if self.customers < 200:
            raise ScenarioImpossible(f"At least 200 customers are needed, not {self.customers}.")
        if self.months < 7:
            raise ScenarioImpossible(f"At least 7 months are needed, not {self.months}.")

    @property
    def newest(self) -> int:
        """Return the newest closed bill month: the month before `as_of`."""
        return month_of(self.as_of) - 1

    @property
    def oldest(self) -> int:
        """Return the oldest bill month."""
        return self.newest - self.months + 1

    @property
    def first_month(self) -> int:
        """Return the month of the first simulated row."""
        return self.oldest - BURN_IN

    @property
    def closed_rows(self) -> int:
        """Return how many simulated months are closed: burn-in and bill months."""
        return BURN_IN + self.months

    @property
    def all_rows(self) -> int:
        """Return how many months are simulated, the future included."""
        return self.closed_rows + FUTURE

    @property
    def cohort_year(self) -> int:
        """Return the last calendar year whose twelve months are closed."""
        return (self.newest + 1) // 12 - 1

    @property
    def has_cohort_year(self) -> bool:
        """Return whether the base window of that year (October to December before) is generated too."""
        return self.cohort_year * 12 - 3 >= self.oldest

    def row_of(self, month: int) -> int:
        """Return the simulated row of a month."""
        return month - self.first_month

    def day(self, row: int, day_of_month: int) -> dt.date:
        """Return a date in the month of a row, the last day when the month is shorter."""
        month = self.first_month + row
        return min(first_day(month) + dt.timedelta(days=day_of_month - 1), last_day(month))

    def random(self, name: str, number: int = 0) -> np.random.Generator:
        """Return the named stream of random numbers: independent of every other, the same for the same seed."""
        return np.random.Generator(np.random.SFC64([self.seed, zlib.crc32(name.encode()), number]))
