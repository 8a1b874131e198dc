"""The signature of a delivery: HMAC-SHA256 over the time it was sent and the exact bytes of its body. Pure.

X-CVM-Key: <code of the key>    X-CVM-Timestamp: <seconds since 1970>    X-CVM-Signature: v1=<hex>
"""

from __future__ import annotations

import hashlib
import hmac
import re

VERSION = "v1"
WINDOW_SECONDS = 300  # how far the sender's clock may differ, and how long a copied request would pass
MOST_SIGNATURES = 4  # one per secret while a sender changes over

_SIGNATURE = re.compile(rf"{VERSION}=([0-9a-f]{{64}})")


def sign(secret: str, *, timestamp: int, body: bytes) -> str:
    """Return the value of X-CVM-Signature."""
    signed = b"%s:%d:%s" % (VERSION.encode(), timestamp, body)
    return f"{VERSION}={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def is_signed_by(secret: str, *, timestamp: int, body: bytes, signature: str) -> bool:
    """Tell whether one of the comma-separated signatures is this secret's; takes the same time whichever byte differs."""
    wanted = sign(secret, timestamp=timestamp, body=body)
    given = [part.strip() for part in signature.split(",")][:MOST_SIGNATURES]
    fits = [hmac.compare_digest(wanted, one) for one in given if _SIGNATURE.fullmatch(one)]
    return any(fits)


def timestamp_of(text: str) -> int | None:
    """Return the seconds a header names, None when it is no number of ten digits."""
    return int(text) if re.fullmatch(r"[0-9]{10}", text) else None


def is_fresh(timestamp: int, *, now: int) -> bool:
    """Tell whether a delivery was sent within the window around now."""
    return abs(now - timestamp) <= WINDOW_SECONDS
