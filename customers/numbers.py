"""Phone numbers as keyed hashes: the search box finds a number without the number standing in a query or a log."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from django.conf import settings


def number_hash(number: str) -> str:
    """Return the keyed hash of a number as 32 hexadecimal digits."""
    return hashes_of([number])[0]


def hashes_of(numbers: Iterable[str]) -> list[str]:
    """Return the keyed hash of each number, in order; an empty number has the empty hash."""
    keyed = hmac.new(settings.NUMBER_KEY, digestmod=hashlib.sha256)
    return [_digest(keyed, number) if number else "" for number in numbers]


def _digest(keyed: hmac.HMAC, number: str) -> str:
    one = keyed.copy()
    one.update(number.encode())
    return one.hexdigest()[:32]
