"""Who is never moved to the cheap-only path, whatever the own bill says (DOMAIN 4.9 "Protection", S-065).

Pure columns: value is inherited from the family that pays, the unit, valuable relatives and callers; age and an open
complaint protect by themselves. One bit per clause, so that a night can carry them in one column.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

FAMILY_PAYER, KEY_PERSON, GROUP_AB, RELATIVE_A, ELDERLY, OPEN_COMPLAINT, CIRCLE_A = (1 << bit for bit in range(7))
CLAUSES = (FAMILY_PAYER, KEY_PERSON, GROUP_AB, RELATIVE_A, ELDERLY, OPEN_COMPLAINT, CIRCLE_A)

PAYER = 2  # customers.Customer.FamilyRole
CLASS_A, CLASS_B = 1, 2  # customers.GroupAccount.GroupClass
ELDERLY_YEARS = 60

Columns = Mapping[str, npt.NDArray[Any]]


def protection(columns: Columns) -> npt.NDArray[np.int16]:
    """Return the clauses that protect each customer as bits, 0 for none.

    Needs `family_role`, `is_key_person`, `group_class` (0 = no group), `has_relative_a` (somebody of the family has
    code A), `age_years` (-1 = unknown), `open_complaints`; `has_circle_a` (somebody with code A talks with them a fifth
    of the time or more, segmentation/influence.py) where ties are known.
    """
    holds = {
        FAMILY_PAYER: columns["family_role"] == PAYER,
        KEY_PERSON: columns["is_key_person"].astype(bool),
        GROUP_AB: np.isin(columns["group_class"], (CLASS_A, CLASS_B)),
        RELATIVE_A: columns["has_relative_a"].astype(bool),
        ELDERLY: columns["age_years"] >= ELDERLY_YEARS,
        OPEN_COMPLAINT: columns["open_complaints"] > 0,
    }
    if "has_circle_a" in columns:
        holds[CIRCLE_A] = columns["has_circle_a"].astype(bool)
    bits = np.zeros(len(columns["family_role"]), dtype=np.int16)
    for clause, mask in holds.items():
        bits[mask] |= clause
    return bits


def clauses_in(bits: int) -> list[int]:
    """Return the clauses of one customer's bits."""
    return [clause for clause in CLAUSES if bits & clause]
