"""Whose entry into a cohort a published run has fixed, as a column of a frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from customers.loading.place import Place

FROZEN = """
select customer_id, entry_month from segmentation_cohortmember
where cohort_id = %(cohort)s and {whose}
"""


def frozen_entry(cursor: Any, place: Place, *, cohort_id: int) -> npt.NDArray[np.int32]:
    """Return the entry month of who is a member already (a merged record's counts), 0 for the others."""
    found = place.read(cursor, FROZEN, {"cohort": cohort_id}, [("customer_id", "int4"), ("month", "int4")])
    everybody = np.ones(len(found["month"]), dtype=np.bool_)
    return place.nearest(found["customer_id"], found["month"], everybody).astype(np.int32)
