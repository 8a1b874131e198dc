"""The one place that decides what of a customer a person may read. Clear values never reach a template."""

from __future__ import annotations

import re
from typing import Any

from customers.access import can

HIDDEN = "**"
LONG_NUMBER = re.compile(r"\d{8,}")  # a phone number, an identity number; no amount, date or code of ours is longer


def masked_number(number: str) -> str:
    """Return 138****1234; numbers too short to keep seven digits show their last two only."""
    if len(number) < 8:
        return HIDDEN + number[-2:]
    return f"{number[:3]}****{number[-4:]}"


def masked_text(text: str) -> str:
    """Return a text with every long number in it masked."""
    return LONG_NUMBER.sub(lambda found: masked_number(found.group()), text)


def masked_name(name: str) -> str:
    """Return the first character and stars: 王**. An unknown name stays unknown."""
    return f"{name[:1]}{HIDDEN}" if name else ""


def visible_name(name: str, *, user: Any) -> str:
    """Return the name for the roles that speak to customers, masked for everybody else."""
    return name if can(user, "customers.see_name") else masked_name(name)


def sees_value(user: Any) -> bool:
    """Return whether the person may see band, code and layer (secrecy rule: never outside permitted roles)."""
    return can(user, "customers.see_value")
