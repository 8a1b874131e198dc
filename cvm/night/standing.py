"""The output of a bucket: the columns of Standing in their stored width, checked, summed up and written."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection, models

from customers.frame import Frame
from customers.models import Standing
from cvm.lib import bulk
from cvm.night import partition
from cvm.night.errors import ValueOutOfRange

Arrays = dict[str, npt.NDArray[Any]]

Width = tuple[str, type[np.signedinteger[Any]]]
WIDTH: dict[str, Width] = {
    "BigIntegerField": ("int8", np.int64),
    "IntegerField": ("int4", np.int32),
    "SmallIntegerField": ("int2", np.int16),
}

# What a column may hold where the width alone would let nonsense through (least, most).
RANGES = {
    "state": (1, 8),
    "tenure_months": (0, 2000),
    "band": (0, 5),
    "previous_band": (0, 5),
    "code": (1, 3),
    "code_reason": (1, 7),
    "layer": (1, 4),
    "cohort_state": (0, 3),
    "cohort_path": (0, 2**26 - 1),
    "low_months": (0, 12),
    "stage": (1, 5),
    "stage_reason": (1, 14),
    "stage_path": (0, 2**60 - 1),
    "stage_detail": (0, 12),
    "stage_months": (0, 99),
    "growth_bp": (-99_999, 99_999),
    "moments": (0, 2**30),
    "churn_ppm": (0, 1_000_000),
    "score": (0, 100),
    "warning": (0, 3),
    "offer_id": (0, 2**31 - 1),
}


def _width(column: models.Field[Any, Any]) -> Width:
    target = column.target_field if isinstance(column, models.ForeignKey) else column
    return WIDTH.get(target.get_internal_type(), WIDTH["BigIntegerField"])


_COLUMNS = {field.column: _width(field) for field in Standing._meta.concrete_fields if field.column}
WIRE = [(name, wire) for name, (wire, _) in _COLUMNS.items()]


def columns_of(frame: Frame, *, run_id: int) -> Arrays:
    """Return the columns of Standing in their stored width; raises ValueOutOfRange before a number could wrap."""
    given = {"run_id": np.full(len(frame), run_id), "customer_id": frame["id"]}
    return {
        name: _fitting(name, given[name] if name in given else frame[name], kind)
        for name, (_, kind) in _COLUMNS.items()
    }


def write(columns: Arrays, *, run_id: int) -> None:
    """Append the columns to the run's table."""
    with connection.cursor() as cursor:
        bulk.write(cursor, partition.table_of(run_id), WIRE, columns)


def _fitting(name: str, values: npt.NDArray[Any], kind: type[np.signedinteger[Any]]) -> npt.NDArray[Any]:
    if not len(values):
        return values.astype(kind)
    width = np.iinfo(kind)
    least, most = RANGES.get(name, (width.min, width.max))
    if name in RANGES or not np.can_cast(values.dtype, kind):
        low, high = values.min(), values.max()
        # written this way round, a NaN fails too
        if not (least <= low and high <= most):
            raise ValueOutOfRange(column=name, low=str(low), high=str(high), least=str(least), most=str(most))
    return values.astype(kind, copy=False)
