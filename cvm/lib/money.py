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


def yuan_text(fen: int, *, divisor: int = 1) -> str:
    """Return an amount of fen as exact yuan, ¥1,234.56; with a divisor the mean, rounded half up to the fen."""
    whole = (2 * abs(fen) + divisor) // (2 * divisor)
    sign = "-" if fen < 0 and whole else ""
    return f"{sign}¥{whole // 100:,}.{whole % 100:02d}"
