"""Frames built straight from the real data sets on the developers' side; absent elsewhere, so tests skip."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
from django.conf import settings

from customers.frame import Frame
from customers.history import FACTS, HAS_BILL, IN_NETWORK, SIGNED
from cvm.lib.months import day_number, first_day, last_day, parse_label

FOLDER = Path(settings.BASE_DIR).parent / "shared" / "data"


def read(name: str) -> dict[str, list]:
    """Return a data set as columns."""
    return parquet.read_table(FOLDER / f"{name}.parquet").to_pydict()


def retail_frame(*, newest: str = "2011-11") -> Frame:
    """Return the shop's customers as one-line subscribers: in network from their first order on, for good."""
    bills = read("online_retail_monthly")
    profiles = read("online_retail_profiles")
    joined = dict(zip(profiles["customer_id"], profiles["joined"], strict=True))
    return _frame(bills["customer_id"], bills["month"], bills["value"], joined=joined, newest=newest)


def credit_frame() -> Frame:
    """Return the card customers with their six bills."""
    bills = read("uci_credit_monthly_60")
    joined = dict.fromkeys(bills["customer_id"], "2005-04-01")
    frame = _frame(bills["customer_id"], bills["month"], bills["bill"], joined=joined, newest="2005-09")
    late = np.array(bills["status"]).reshape(len(frame), 6)[:, -3:] > 0  # rows stand customer by customer, oldest first
    return frame.with_columns(payment_delays=late.sum(axis=1).astype(np.int16))


def _frame(customer_ids, months, amounts, *, joined, newest) -> Frame:
    ids = np.array(sorted(set(customer_ids)), dtype=np.int32)
    month = parse_label(newest)
    back = month - np.array([parse_label(label) for label in months])
    rows = np.searchsorted(ids, customer_ids)
    held = back >= 0
    history = {fact: np.zeros((back.max() + 1, len(ids)), dtype=np.int32) for fact in FACTS}
    fen = np.rint(np.array(amounts) * 100).clip(-(2**31), 2**31 - 1)
    history["arpu_fen"][back[held], rows[held]] = fen[held]
    join_day = np.array([day_number(dt.date.fromisoformat(joined[int(one)])) for one in ids], dtype=np.int32)
    ends = np.array([day_number(last_day(month - row)) for row in range(len(history["flags"]))])
    history["flags"][:] = np.where(join_day <= ends[:, None], IN_NETWORK | SIGNED, 0)
    history["flags"][history["arpu_fen"] != 0] |= HAS_BILL
    return Frame(first_day(month + 1), month, _columns(ids, join_day, month), history)


def _columns(ids, join_day, month):
    joined_month = np.array([parse_label(str(np.datetime64(int(day), "M"))) for day in join_day])
    return {
        "id": ids,
        "join_day": join_day,
        "tenure_months": (month - joined_month + 1).astype(np.int16),
        "is_in_network": join_day <= day_number(last_day(month)),
        "payment_delays": np.zeros(len(ids), dtype=np.int16),
        "bundle_end_day": np.zeros(len(ids), dtype=np.int32),
    }
