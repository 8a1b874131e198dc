"""Tariff plans: which one a customer is on in which month, and what it contains."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# fee in yuan, data in GB, minutes
CATALOGUE = (
    (8, 0.1, 0),
    (18, 2, 50),
    (28, 5, 100),
    (38, 10, 150),
    (58, 20, 250),
    (88, 30, 400),
    (128, 60, 700),
    (158, 80, 900),
    (198, 110, 1200),
    (238, 140, 1500),
    (298, 180, 2000),
    (398, 260, 3000),
    (588, 400, 4000),
)
FEES_FEN = np.array([fee * 100 for fee, _gb, _minutes in CATALOGUE], np.int32)
DATA_MB = np.array([int(gb * 1024) for _fee, gb, _minutes in CATALOGUE], np.int32)
VOICE_MIN = np.array([minutes for _fee, _gb, minutes in CATALOGUE], np.int32)
NAMES = [f"畅享套餐{fee}元档" for fee, _gb, _minutes in CATALOGUE]
SHARE_OF_BILL = 0.86  # the plan a customer settles on costs about this part of the usual bill

Plans = npt.NDArray[np.int8]


def plan_paths(bills_fen: npt.NDArray[np.int32]) -> Plans:
    """Return the plan (position in CATALOGUE) of every month; bills have shape [months, customers].

    People change plans late: one step when the usual bill has long stopped to fit.
    """
    usual = _first_bills(bills_fen)
    plan = _fitting(usual)
    path = np.zeros(bills_fen.shape, np.int8)
    for month, bill in enumerate(bills_fen):
        usual = np.where(bill > 0, 0.7 * usual + 0.3 * bill, usual)
        wanted = _fitting(usual)
        down = usual * SHARE_OF_BILL < 0.72 * FEES_FEN[plan]
        up = usual * SHARE_OF_BILL > 1.35 * FEES_FEN[np.minimum(plan + 1, len(FEES_FEN) - 1)]
        plan = np.where(down | up, wanted, plan)
        path[month] = plan
    return path


def _first_bills(bills_fen: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
    """Return the mean of each customer's first three paid months."""
    paid = bills_fen > 0
    early = paid & (paid.cumsum(0, dtype=np.int16) <= 3)
    return (bills_fen * early).sum(0) / np.maximum(early.sum(0), 1)


def _fitting(usual_fen: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    return np.maximum(np.searchsorted(FEES_FEN, usual_fen * SHARE_OF_BILL, side="right") - 1, 0)
