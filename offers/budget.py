"""What may still be spent this year on keeping a customer: a share of the annual bill less what was given (DOMAIN 5.1).

Pure columns: fen as integers or integer arrays, whole shares of a hundred. Authority and budget are one rule, and this
is its home: the night's suggestion (offers/eligible.py), the card and the 360 page (offers/budget_panel.py) all ask here.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def allowance_fen(year_bills_fen: Any, *, percent: int) -> Any:
    """Return the share of twelve months' bills, rounded down; refunds beyond the bills leave nothing."""
    return np.maximum(year_bills_fen, 0) * percent // 100


def left_fen(year_bills_fen: Any, given_fen: Any, *, percent: int) -> Any:
    """Return what is left of the allowance after the offers accepted this calendar year; below zero when overspent."""
    return allowance_fen(year_bills_fen, percent=percent) - given_fen


def is_beyond(cost_fen: Any, left: Any) -> Any:
    """Tell whether an offer costs more than is left; what costs nothing never does, however much was overspent."""
    return (cost_fen > 0) & (cost_fen > left)
