"""What the bills say: sums, growth and presence, the columns every other rule starts from. Pure NumPy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from customers.frame import Frame
from customers.history import HAS_BILL, IN_NETWORK

LAST_STATE_IN_NETWORK = 5  # Customer.State.PRE_CANCEL; a test holds the two together
LONG_STANDING = 999  # months on network of a customer whose joining date is unknown
LEAST_BASE_FEN = 30_00  # three months: below an average of 10 yuan a rate of change says nothing (DOMAIN 4.6)
GROWTH_LIMIT_BP = 99_999

Int64 = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def features(frame: Frame) -> Frame:
    """Return the frame with sums in fen over 3 and 12 months, growth, tenure at the bill month and presence.

    Adds cum3_fen, last_cum3_fen (the three months ending one month ago), previous_cum3_fen (months 3 to 5 back),
    sum12_fen, arpu_fen, growth_bp (1/100 percent, cut at ±99,999; 0 where `has_growth` is false),
    tenure_at_month (joining month = 1, LONG_STANDING where unknown) and is_in_network.
    """
    cum3, previous = sum_fact(frame, "arpu_fen", start=0), sum_fact(frame, "arpu_fen", start=3)
    tenure = tenure_at_month(frame)
    return frame.with_columns(
        cum3_fen=cum3,
        last_cum3_fen=sum_fact(frame, "arpu_fen", start=1),
        previous_cum3_fen=previous,
        sum12_fen=cum3 + previous + sum_fact(frame, "arpu_fen", start=6, count=6),
        arpu_fen=frame.history["arpu_fen"][0].copy(),
        growth_bp=_growth_bp(cum3, previous, is_defined=has_growth(frame, back=0) & (previous >= LEAST_BASE_FEN)),
        tenure_at_month=tenure,
        is_in_network=is_in_network(frame, tenure),
    )


def sum_fact(frame: Frame, fact: str, *, start: int, count: int = 3) -> Int64:
    """Return the exact sum of one fact over `count` months, the newest `start` months back; unloaded months are 0."""
    total = np.zeros(len(frame), dtype=np.int64)
    for month in frame.history[fact][start : start + count]:
        total += month
    return total


def has_growth(frame: Frame, *, back: int) -> Mask:
    """Tell who has a bill in each of the six months ending `back` months ago: only then is growth measured."""
    return has_bills(frame, back=back, count=6)


def has_bills(frame: Frame, *, back: int, count: int) -> Mask:
    """Tell who has a bill record in each of the `count` months ending `back` months ago."""
    flags = frame.history["flags"][back : back + count]
    if len(flags) < count:
        return np.zeros(len(frame), dtype=np.bool_)
    has_all: Mask = (np.bitwise_and.reduce(flags, axis=0) & HAS_BILL) != 0
    return has_all


def tenure_at_month(frame: Frame) -> npt.NDArray[np.int16]:
    """Return months on network at the newest bill month; 0 or less for those who joined after it."""
    joined = months_of(frame["join_day"])
    tenure = np.minimum(frame.month - joined + 1, LONG_STANDING)
    tenure[frame["join_day"] == 0] = LONG_STANDING
    return tenure.astype(np.int16)


def months_of(days: npt.NDArray[np.generic]) -> npt.NDArray[np.int32]:
    """Return the month ordinals of day numbers."""
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int32)
    return months + np.int32(1970 * 12)


def is_in_network(frame: Frame, tenure: npt.NDArray[np.int16]) -> Mask:
    """Tell who was in network at the newest month end (or joined since, `tenure_at_month`) and has not gone after it."""
    was_there = (frame.history["flags"][0] & IN_NETWORK) != 0
    is_there: Mask = (was_there | (tenure <= 0)) & (frame["state"] <= LAST_STATE_IN_NETWORK)
    return is_there


def _growth_bp(now: Int64, before: Int64, *, is_defined: Mask) -> npt.NDArray[np.int32]:
    growth = np.zeros(len(now), dtype=np.int64)
    np.floor_divide(10_000 * (now - before), before, out=growth, where=is_defined)
    return np.clip(growth, -GROWTH_LIMIT_BP, GROWTH_LIMIT_BP).astype(np.int32)
