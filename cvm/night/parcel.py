"""What a bucket hands to the merge: named integer arrays in one byte string, beside its row in the ledger."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Arrays = dict[str, npt.NDArray[Any]]


def pack(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Return the arrays as bytes."""
    sink = io.BytesIO()
    np.savez(sink, allow_pickle=False, **arrays)
    return sink.getvalue()


def unpack(parcel: bytes | memoryview) -> Arrays:
    """Return the arrays of a parcel; never executes what it reads."""
    with np.load(io.BytesIO(parcel), allow_pickle=False) as found:
        return {name: found[name] for name in found.files}


def checksum(*groups: Mapping[str, npt.NDArray[Any]]) -> str:
    """Return the sha256 over names, types, lengths and values."""
    digest = hashlib.sha256()
    for group in groups:
        for name in sorted(group):
            values = np.ascontiguousarray(group[name])
            digest.update(f"{name}:{values.dtype.str}:{len(values)};".encode())
            digest.update(values.view(np.uint8))
    return digest.hexdigest()
