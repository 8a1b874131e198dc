"""One cell of a workbook as the text a person reads there. Nothing but Python: the child process starts often."""

from __future__ import annotations

import datetime as dt
from typing import Any

EXACT = 2**53  # a whole number beyond it has lost digits in a float cell


def cell_text(value: Any) -> str:
    """Return a spreadsheet cell as the text a person reads there."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S") if value.time() != dt.time() else value.strftime("%Y-%m-%d")
    return str(value)


def float_text(value: float) -> str:
    """Return a number cell as text: whole ones without a fraction, those that lost digits with an exponent."""
    if value.is_integer():
        return str(int(value)) if abs(value) < EXACT else f"{value:.16E}"
    return repr(value)
