"""Columns of number cells as the text a person reads there (cell by cell: cell_text.py)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from customers.importing.cell_text import EXACT, float_text

PLAIN = (1e-4, 1e10)  # Arrow writes numbers of this size as Python does; larger ones with an exponent


def float_texts(column: pa.Array) -> pa.StringArray:
    """Return floats as text: whole ones without a fraction, those beyond 2**53 with an exponent (digits are lost)."""
    absent = column.is_null().to_numpy(zero_copy_only=False)
    numbers = column.cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False)
    size = np.abs(numbers)
    whole = (size < EXACT) & (np.floor(numbers) == numbers)
    ints = pa.array(np.where(whole, numbers, 0).astype(np.int64)).cast(pa.string())
    texts = ints if whole.all() else _fractions(numbers, size, whole, ints)
    return pa.array(np.where(absent, "", texts.to_numpy(zero_copy_only=False)), pa.string()) if absent.any() else texts


def _fractions(numbers: Any, size: Any, whole: Any, ints: pa.StringArray) -> pa.StringArray:
    import pyarrow.compute as pc

    plain = pa.array(numbers).cast(pa.string())
    texts = pc.if_else(pa.array(whole), ints, plain)
    odd = np.flatnonzero(~whole & ((size < PLAIN[0]) | (size >= PLAIN[1]) | ~np.isfinite(numbers)))
    if not len(odd):
        return texts
    listed = texts.to_pylist()
    for row in odd.tolist():
        listed[row] = float_text(float(numbers[row]))
    return pa.array(listed, pa.string())
