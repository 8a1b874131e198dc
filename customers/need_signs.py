"""Which needs the data suggest: pure columns, marked as suggestions until a person confirms them (DOMAIN S-102).

Thresholds are planning figures of our own, beside each rule.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from customers.frame import Frame
from customers.history import HAS_BILL

Mask = npt.NDArray[np.bool_]

COMPETITOR_BROADBAND = 2  # customers.Customer.BroadbandCarrier
LAST_IN_NETWORK = 5  # customers.Customer.State: pre-cancelled
SECOND_NUMBER = 4  # customers.Customer.DualSim: the competitor's number comes first


@dataclass(frozen=True)
class SignTerms:
    """From when on a habit counts as a need."""

    window_months: int = 3
    over_months: int = 2  # months of the window with a charge beyond the plan
    over_from_fen: int = 10_00  # a smaller charge is no reason to buy more
    roam_months: int = 2  # months of the window with roaming charges
    roam_from_fen: int = 10_00  # less than a day's roaming pack would cost
    handset_months: int = 24  # a handset as old as a contract lasts


def signs(frame: Frame, terms: SignTerms) -> dict[str, Mask]:
    """Return by code of a kind of need who seems to have it.

    Needs the columns of load_frame, and `roam_months` and `has_handset_bundle` (customers/loading/need_signs.py).
    Only who is on the network with a bill in the newest month is looked at: a line not in use needs nothing.
    """
    in_use = is_in_use(frame)
    found = {
        "DATA": _over_months(frame, terms) >= terms.over_months,
        "ROAMING": frame["roam_months"] >= terms.roam_months,
        "HANDSET": (frame["handset_months"] >= terms.handset_months) & ~frame["has_handset_bundle"],
        "BROADBAND": frame["broadband_carrier"] == COMPETITOR_BROADBAND,
        "TARIFF": frame["dual_sim"] == SECOND_NUMBER,
    }
    return {code: mask & in_use for code, mask in found.items()}


def is_in_use(frame: Frame) -> Mask:
    """Return who is on the network with a bill in the newest month."""
    if not frame.months:
        return np.zeros(len(frame), np.bool_)
    has_bill: Mask = (frame.history["flags"][0] & HAS_BILL) != 0
    return has_bill & (frame["state"] <= LAST_IN_NETWORK)


def _over_months(frame: Frame, terms: SignTerms) -> npt.NDArray[np.int64]:
    """Return in how many months of the window something worth a bigger plan was charged beyond it."""
    charged = frame.history["over_fee_fen"][: terms.window_months]
    over: npt.NDArray[np.int64] = (charged >= terms.over_from_fen).sum(axis=0)
    return over
