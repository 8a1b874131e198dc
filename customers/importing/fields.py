"""The fields a kind of file can fill: their type, limits and what stands in when nothing is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from customers.importing.words import DATA_UNITS, MONEY_UNITS, MONTH_UNITS, VOICE_UNITS

INT2, INT4 = 2**15 - 1, 2**31 - 1
Units = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Field:
    """One field of a target.

    `type` names a parser of customers/importing/parsing.py. `empty` is stored where a cell is empty, and in new
    rows of files that lack the column; a file that lacks it never changes what is already stored.
    """

    name: str
    type: str
    required: bool = False
    empty: Any = None
    low: int = -INT4
    high: int = INT4
    length: int = 64
    units: Units | None = None
    unit: str = ""


def text(name: str, *, length: int = 64, required: bool = False) -> Field:
    """Return a field of free text."""
    return Field(name, "text", required=required, empty="", length=length)


def money(name: str, *, required: bool = False, empty: int | None = 0) -> Field:
    """Return a field of money: any unit in, fen out; rounded to the fen, halves away from zero."""
    return Field(name, "measure", required=required, empty=empty, units=MONEY_UNITS, unit="yuan")


def data(name: str) -> Field:
    """Return a field of traffic: any unit in, whole MB out."""
    return Field(name, "measure", empty=0, low=0, units=DATA_UNITS, unit="MB")


def minutes(name: str) -> Field:
    """Return a field of talk: any unit in, whole minutes out."""
    return Field(name, "measure", empty=0, low=0, units=VOICE_UNITS, unit="min")


def duration_months(name: str) -> Field:
    """Return a field of duration: any unit in, whole months out."""
    return Field(name, "measure", empty=0, low=0, high=1200, units=MONTH_UNITS, unit="months")


def count(name: str, *, low: int = 0, high: int = INT4, empty: Any = 0) -> Field:
    """Return a field of whole numbers."""
    return Field(name, "count", empty=empty, low=low, high=high)


def flag(name: str, *, empty: bool = False) -> Field:
    """Return a field of yes or no."""
    return Field(name, "flag", empty=empty)


def choice(name: str, *, empty: Any = 0, required: bool = False) -> Field:
    """Return a field whose words the mapping template translates."""
    return Field(name, "choice", required=required, empty=empty)


def day(name: str, *, required: bool = False) -> Field:
    """Return a field of dates; "never" (2099 and later) is empty."""
    return Field(name, "day", required=required)


def instant(name: str, *, required: bool = False) -> Field:
    """Return a field of dates with time, in the business time zone."""
    return Field(name, "instant", required=required)


USER_CODE = Field("user_code", "code", empty="", length=64)
MSISDN = Field("msisdn", "number", empty="")
