"""The cells of workbooks and Parquet tables as the text a person reads there. No Django: the child process uses it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

EXACT = 2**53  # a whole number beyond it has lost digits in a float cell
PLAIN = (1e-4, 1e15)  # Arrow writes numbers of this size as Python does


def texts_of(cells: Sequence[Any]) -> pa.StringArray:
    """Return a column of Python cells as text; whole columns of numbers or text go through at once."""
    kinds = set(map(type, cells))
    if kinds == {float}:
        return float_texts(pa.array(cells, pa.float64()))
    return pa.array(cells if kinds == {str} else [cell_text(cell) for cell in cells], pa.string())


def float_texts(column: pa.Array) -> pa.StringArray:
    """Return floats as text: whole ones without a fraction, those beyond 2**53 with an exponent (digits are lost)."""
    absent = column.is_null().to_numpy(zero_copy_only=False)
    numbers = column.cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False)
    size = np.abs(numbers)
    whole = (size < EXACT) & (np.floor(numbers) == numbers)
    ints = pa.array(np.where(whole, numbers, 0).astype(np.int64)).cast(pa.string())
    texts = ints if whole.all() else _fractions(numbers, size, whole, ints)
    return pa.array(np.where(absent, "", texts.to_numpy(zero_copy_only=False)), pa.string()) if absent.any() else texts


def cell_text(value: Any) -> str:
    """Return a spreadsheet cell as the text a person reads there."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S") if value.time() != dt.time() else value.strftime("%Y-%m-%d")
    return str(value)


def _fractions(numbers: Any, size: Any, whole: Any, ints: pa.StringArray) -> pa.StringArray:
    import pyarrow.compute as pc

    plain = pa.array(numbers).cast(pa.string())
    texts = pc.if_else(pa.array(whole), ints, plain)
    odd = np.flatnonzero(~whole & ((size < PLAIN[0]) | (size >= PLAIN[1]) | ~np.isfinite(numbers)))
    if not len(odd):
        return texts
    listed = texts.to_pylist()
    for row in odd.tolist():
        listed[row] = _float_text(float(numbers[row]))
    return pa.array(listed, pa.string())


def _float_text(value: float) -> str:
    if value.is_integer():
        return str(int(value)) if abs(value) < EXACT else f"{value:.16E}"
    return repr(value)
