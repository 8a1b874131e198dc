"""What a column of a file looks like by its first values: a phone number, a month, money in fen, traffic in bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from customers.importing.words import NO, NULLS, YES, word_of
from cvm.lib.money import NotAnAmount, exact

ENOUGH = 0.8  # share of the filled cells that must look alike
PHONE = re.compile(r"(\+?86)?1[3-9]\d(\d{4}|\*{4})\d{4}(\.0)?\Z|1\.[3-9]\d*E\+?10\Z")
MONTH = re.compile(r"(19|20)\d\d\s*[-/.年]?\s*(0?[1-9]|1[0-2])\s*月?\Z")
COMPACT_DAY = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\Z")
WRITTEN_DAY = re.compile(r"(19|20)\d\d([-/.年])\d{1,2}[-/.月]\d{1,2}日?\Z")
INSTANT = re.compile(r"(19|20)\d{12}\Z|(19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}日?[ T]\d{1,2}:\d\d")
CODE = re.compile(r"(?=.*\d)[A-Za-z0-9_-]{4,}\Z")

# Medians a branch's customers can have (DOMAIN: average bill 20 to 300 yuan), in the smallest step of each unit.
YUAN_LOW, YUAN_HIGH = 20, 300
SECONDS_FROM = 3_000  # nobody's month has 50 hours of talk in the median
BYTES_FROM, KILOBYTES_FROM, MEGABYTES_FROM = 10**9, 10**6, 300


@dataclass(frozen=True)
class Look:
    """What most filled cells are: phone, month, day, instant, flag, number, code, text or empty; how dates are written.

    `median` is that of the positive numbers, None without any; `is_whole` tells whether all numbers are.
    """

    kind: str
    pattern: str = ""
    median: float | None = None
    is_whole: bool = False
    is_distinct: bool = False


def look_of(cells: Sequence[str]) -> Look:
    """Return what the cells of one column look like."""
    words = [word for word in map(word_of, cells) if word not in NULLS]
    if not words:
        return Look("empty")
    is_distinct = len(set(words)) == len(words)
    for kind, pattern, fits in _KINDS:
        if _share(words, fits) >= ENOUGH:
            return Look(kind, pattern, is_distinct=is_distinct)
    numbers = _numbers(words)
    if len(numbers) >= ENOUGH * len(words):
        is_whole = all(number == int(number) for number in numbers)
        return Look("number", median=_median(numbers), is_whole=is_whole, is_distinct=is_distinct)
    kind = "code" if _share(words, lambda word: bool(CODE.match(word))) >= ENOUGH else "text"
    return Look(kind, is_distinct=is_distinct)


def money_unit(look: Look) -> str:
    """Return yuan, fen or li for a column of average bills, by its median; "" when the median fits none of them."""
    if look.median is None:
        return ""
    for unit, times in (("yuan", 1), ("fen", 100), ("li", 1000)):
        if YUAN_LOW * times <= look.median <= YUAN_HIGH * times and (unit == "yuan" or look.is_whole):
            return unit
    return ""


def data_unit(look: Look) -> str:
    """Return B, KB, MB or GB for a column of monthly traffic, by its median; "" without one."""
    if look.median is None:
        return ""
    for unit, least in (("B", BYTES_FROM), ("KB", KILOBYTES_FROM), ("MB", MEGABYTES_FROM)):
        if look.median >= least:
            return unit
    return "MB" if look.is_whole else "GB"


def voice_unit(look: Look) -> str:
    """Return s or min for a column of monthly talk, by its median; "" without one."""
    if look.median is None:
        return ""
    return "s" if look.median >= SECONDS_FROM else "min"


def _share(words: Sequence[str], fits: Callable[[str], bool]) -> float:
    return sum(map(fits, words)) / len(words)


def _numbers(words: Sequence[str]) -> list[float]:
    found = []
    for word in words:
        try:
            found.append(float(exact(word)))
        except NotAnAmount:
            continue
    return found


def _median(numbers: Sequence[float]) -> float | None:
    positive = sorted(number for number in numbers if number > 0)
    return positive[len(positive) // 2] if positive else None


def _is_flag(word: str) -> bool:
    return word in YES or word in NO


# The first that most cells fit is taken: 202610 is a month before it is a number.
_KINDS: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("phone", "", lambda word: bool(PHONE.match(word))),
    ("instant", "YYYY-MM-DD hh:mm", lambda word: bool(INSTANT.match(word))),
    ("day", "YYYYMMDD", lambda word: bool(COMPACT_DAY.match(word))),
    ("day", "YYYY-MM-DD", lambda word: bool(WRITTEN_DAY.match(word))),
    ("month", "YYYYMM", lambda word: len(word) == 6 and bool(MONTH.match(word))),
    ("month", "YYYY-MM", lambda word: bool(MONTH.match(word))),
    ("flag", "", _is_flag),
)
