"""How safely a customer pays: the third aspect of layering beside revenue and tenure (S-105). Pure NumPy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from customers.frame import Frame
from customers.history import ARREARS as OWED
from customers.history import HAS_BILL

# The levels, from nothing known to the worst (customers.facets.Credit has the words); the worst clause that holds wins.
UNKNOWN, GOOD, LATE, ARREARS, OWES, LISTED = range(6)
# The numbers of Customer.State and Customer.StopReason; test_credit holds them together.
STOPPED, CANCELLED_ARREARS = (2, 3, 5), 7  # one-way, suspended, pre-cancelled
NO_REASON, FOR_ARREARS = 0, 1
KNOWN_MONTHS = 12  # a bill in so many months, or a score, makes a customer one whose credit is known


@dataclass(frozen=True)
class CreditTerms:
    """Over how many months suspensions for arrears count, and below which imported score a customer is no safe payer.

    Six months are those of code A (DOMAIN 4.1); the score's line is our own until the branch sets its own. A line of
    0 lets the score tell nothing bad.
    """

    arrears_months: int = 6
    low_score_below: int = 450


def credit(frame: Frame, terms: CreditTerms | None = None) -> npt.NDArray[np.int8]:
    """Return the credit level of each customer; the frame as `load_frame` gives it.

    Late payments are those of the last 90 days (`payment_delays`); a score of 0 is none.
    """
    terms = terms or CreditTerms()
    flags, score = frame.history["flags"], frame["credit_score"]
    had_bill = np.bitwise_or.reduce(flags[:KNOWN_MONTHS], axis=0) & HAS_BILL != 0
    had_arrears = np.bitwise_or.reduce(flags[: terms.arrears_months], axis=0) & OWED != 0
    level = np.where(had_bill | (score > 0), np.int8(GOOD), np.int8(UNKNOWN))
    level[(frame["payment_delays"] > 0) | ((score > 0) & (score < terms.low_score_below))] = LATE
    level[had_arrears | (frame["arrears_stop_day"] > 0)] = ARREARS
    level[_owes(frame)] = OWES
    level[frame["is_black_listed"]] = LISTED
    return level


def _owes(frame: Frame) -> npt.NDArray[np.bool_]:
    """Tell who is cut off for arrears today: by the reason of the stop, or, where none is known, by the newest signs."""
    state, reason = frame["state"], frame["stop_reason"]
    told = (frame.history["flags"][0] & OWED != 0) | (frame["arrears_stop_day"] > 0)
    is_for_arrears = (reason == FOR_ARREARS) | ((reason == NO_REASON) & told)
    owes: npt.NDArray[np.bool_] = (np.isin(state, STOPPED) & is_for_arrears) | (state == CANCELLED_ARREARS)
    return owes
