"""What may still be spent this year on keeping a customer: a share of the annual bill less what was given (DOMAIN 5.1).

Pure columns: fen as integers or integer arrays, whole shares of a hundred. The night's rule and the pages both ask here.
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
