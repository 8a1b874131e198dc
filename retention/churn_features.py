"""What the churn model looks at: a fixed list of numbers per customer, as known at the end of a month.

Only what the packed history can rebuild for any past month is a feature, so that learning on the past and scoring
today see the same kind of numbers. Bundle ends, porting queries, complaints, requests and the do-not-disturb list
are known as of today only (a renewal after the snapshot would betray who stayed): they enter the warning rules
and the score card, never the model.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from customers.frame import Frame
from customers.history import ARREARS, HAS_BILL, SIGNED, SUSPENDED
from cvm.lib.months import EPOCH, last_day

Matrix = npt.NDArray[np.float64]

WINDOW = 12  # months of history a customer is judged by, when there are so many
TENURE_CAP = 120  # months; beyond ten years a longer stay says nothing more

FEATURES = (
    "log_spend_1",  # natural logarithm of 1 + yuan, newest month
    "log_spend_3",  # the same of the monthly average of the newest three months
    "log_spend_6",
    "log_spend_all",  # average of the whole window
    "spend_trend_1",  # newest month against the three before, -1 … 1
    "spend_trend_3",  # newest three months against the three before
    "spend_trend_6",  # newest six months against the six before
    "spend_volatility",  # standard deviation over average of six months
    "spend_worst_drop",  # largest fall from one month to the next in six, as a share of the average
    "spend_drops",  # falls of 30 % or more from one month to the next in six
    "months_since_bill",  # since the last positive bill; the window's length when there is none
    "bill_months_3",  # months with a positive bill
    "bill_months_6",
    "bill_months_all",
    "over_fee_share",  # fee beyond the plan, share of three months' bills
    "log_voice_3",  # natural logarithm of 1 + minutes, monthly average of three
    "voice_trend_3",
    "log_data_3",
    "data_trend_3",
    "active_days_1",
    "active_days_trend_3",
    "suspended_months_6",
    "arrears_months_6",
    "signed",  # 1 when signed at month end
    "log_tenure",  # natural logarithm of 1 + months since joining, at most TENURE_CAP
)


def churn_features(frame: Frame, *, months_back: int = 0, window: int = WINDOW) -> Matrix:
    """Return the matrix [customers, len(FEATURES)], column-major float64 without NaN, as of `months_back` months ago.

    Nothing newer than row `months_back` of the history is read. At most `window` months are read (older ones
    count as empty), so that a snapshot with a long past and one with a short past stay comparable.
    """
    out = np.empty((len(frame), len(FEATURES)), dtype=np.float64, order="F")
    columns = iter(out.T)
    for values in (*_spend(frame, months_back, window), *_usage(frame, months_back, window)):
        next(columns)[:] = values
    next(columns)[:] = _log_tenure(frame, months_back)
    return out


def _spend(frame: Frame, months_back: int, window: int) -> tuple[npt.NDArray[np.generic], ...]:
    spend = _within(frame, "arpu_fen", months_back, window) / 100.0
    np.maximum(spend, 0.0, out=spend)  # credit notes are not negative spend
    positive = spend > 0
    recent, average = spend[:6], spend[:6].mean(axis=0)
    falls = recent[1:] - recent[:-1]
    over = _within(frame, "over_fee_fen", months_back, window)[:3].clip(min=0).sum(axis=0) / 100.0
    return (
        np.log1p(spend[0]),
        np.log1p(spend[:3].mean(axis=0)),
        np.log1p(average),
        np.log1p(spend[:window].mean(axis=0)),
        _trend(spend[0], spend[1:4].mean(axis=0)),
        _trend(spend[:3].sum(axis=0), spend[3:6].sum(axis=0)),
        _trend(spend[:6].sum(axis=0), spend[6:12].sum(axis=0)),
        recent.std(axis=0) / (average + 1.0),
        falls.max(axis=0).clip(min=0.0) / (average + 1.0),
        (falls >= 0.3 * (recent[1:] + 0.01)).sum(axis=0),
        _since(positive[:window]),
        positive[:3].sum(axis=0),
        positive[:6].sum(axis=0),
        positive[:window].sum(axis=0),
        over / (spend[:3].sum(axis=0) + 1.0),
    )


def _usage(frame: Frame, months_back: int, window: int) -> tuple[npt.NDArray[np.generic], ...]:
    voice, data, active = (
        _within(frame, fact, months_back, window)[:6].clip(min=0).astype(np.float64)
        for fact in ("voice_min", "data_mb", "active_days")
    )
    flags = _within(frame, "flags", months_back, window)[:6]
    return (
        np.log1p(voice[:3].mean(axis=0)),
        _trend(voice[:3].sum(axis=0), voice[3:].sum(axis=0)),
        np.log1p(data[:3].mean(axis=0)),
        _trend(data[:3].sum(axis=0), data[3:].sum(axis=0)),
        active[0],
        _trend(active[:3].sum(axis=0), active[3:].sum(axis=0)),
        (flags & SUSPENDED != 0).sum(axis=0),
        (flags & ARREARS != 0).sum(axis=0),
        (flags[0] & SIGNED != 0) | (flags[0] & HAS_BILL == 0),
    )


def _within(frame: Frame, fact: str, months_back: int, window: int) -> npt.NDArray[np.int32]:
    """Return a fact as [WINDOW, customers], row 0 = `months_back` ago; rows from `window` on, or not held, are zero."""
    rows = frame.history[fact][months_back : months_back + min(window, WINDOW)]
    if len(rows) == WINDOW:
        return rows
    padded = np.zeros((WINDOW, len(frame)), dtype=np.int32)
    padded[: len(rows)] = rows
    return padded


def _trend(now: Matrix, before: Matrix) -> Matrix:
    """Return the change between -1 (all gone) and 1 (all new); 0 when there was nothing and is nothing."""
    return (now - before) / (now + before + 1.0)


def _since(positive: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """Return the row of the first True per column, the number of rows when there is none."""
    return np.where(positive.any(axis=0), positive.argmax(axis=0), len(positive))


def _log_tenure(frame: Frame, months_back: int) -> Matrix:
    end = (last_day(frame.month - months_back) - EPOCH).days
    months = (end - frame["join_day"].astype(np.float64)) / 30.4375
    return np.log1p(months.clip(0.0, TENURE_CAP))
