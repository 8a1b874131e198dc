"""Amounts from text and to text, exact. Money itself stays integer fen everywhere."""

from __future__ import annotations

import re
from decimal import Decimal

NUMBER = re.compile(r"[-+]?(\d{1,3}(,\d{3})+|\d+)?(\.\d*)?(E[-+]?\d{1,2})?", re.IGNORECASE)
MARKS = re.compile(r"^[¥￥]\s*|\s*元$")


class NotAnAmount(ValueError):
    """The text is not a number."""


def exact(text: str) -> Decimal:
    """Return the number a text writes, with or without thousands separators; raises NotAnAmount."""
    word = MARKS.sub("", text.strip())
    if not NUMBER.fullmatch(word) or not any(letter.isdigit() for letter in word):
        raise NotAnAmount(text)
    return Decimal(word.replace(",", ""))


def in_units(value: Decimal, numerator: int, denominator: int) -> int:
    """Return value * numerator / denominator as a whole number, halves away from zero."""
    top, bottom = value.as_integer_ratio()
    top, bottom = abs(top) * numerator, bottom * denominator
    whole = (2 * top + bottom) // (2 * bottom)
    return -whole if value < 0 else whole


def yuan(fen: int) -> str:
    """Return fen as yuan with two decimals and thousands separators, 1,234.56, without a sign of currency."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"
