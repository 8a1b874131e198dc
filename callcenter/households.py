"""One contact per household and day: to the decision maker, about everybody's tasks. Pure columns, over all buckets."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Arrays = dict[str, npt.NDArray[Any]]

DECIDER, PAYER, NO_ROLE = 1, 2, 0  # customers.Customer.FamilyRole
SPEAKERS = (DECIDER, PAYER)  # who is called for the others


def one_contact(candidates: Arrays, speakers: Arrays) -> tuple[Arrays, Arrays]:
    """Return (calls, covered): the candidates with one left per household, and whose tasks the others' calls serve.

    Both have the same columns, among them id, household (0 = lives alone), role, priority, kept_fen. `speakers` are
    decision makers and payers who may be called, whether or not they have a task. Of a household with a candidate the
    decision maker is called, else the payer, else whoever ranks first; that call has the household's greatest priority.
    `calls` gains `ranked_fen`, what all of them are expected to keep; `covered` has `member` and `receiver` ids.
    """
    together = _together(candidates, speakers)
    order = np.lexsort(
        (
            together["id"],
            -together["kept_fen"].astype(np.int64),
            -together["priority"].astype(np.int64),
            ~together["is_candidate"],
            _standing(together["role"]),
            together["household"],
        )
    )
    rows = {name: values[order] for name, values in together.items()}
    group, first = _groups(rows)
    calls = {name: values[first] for name, values in rows.items() if name != "is_candidate"}
    calls["priority"] = np.maximum.reduceat(rows["priority"], first) if len(first) else rows["priority"]
    money = np.where(rows["is_candidate"], rows["kept_fen"].astype(np.int64), 0)
    calls["ranked_fen"] = np.add.reduceat(money, first) if len(first) else money
    others = np.flatnonzero(rows["is_candidate"] & (np.arange(len(order)) != first[group]))
    return calls, {"member": rows["id"][others], "receiver": rows["id"][first[group[others]]]}


def _together(candidates: Arrays, speakers: Arrays) -> Arrays:
    """Return the candidates and the speakers of their households, each customer once."""
    homes = candidates["household"][candidates["household"] > 0]
    extra = np.isin(speakers["household"], homes) & ~np.isin(speakers["id"], candidates["id"])
    rows = {name: np.concatenate([candidates[name], speakers[name][extra]]) for name in candidates}
    is_candidate = np.arange(len(rows["id"])) < len(candidates["id"])
    # who lives alone is a household of their own
    rows["household"] = np.where(
        rows["household"] > 0, rows["household"].astype(np.int64), -rows["id"].astype(np.int64)
    )
    return rows | {"is_candidate": is_candidate}


def _standing(role: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    return np.select([role == DECIDER, role == PAYER], [0, 1], 2)


def _groups(rows: Arrays) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return for each row the number of its household, and where each household begins."""
    homes = rows["household"]
    begins = np.ones(len(homes), dtype=np.bool_)
    begins[1:] = homes[1:] != homes[:-1]
    return np.cumsum(begins) - 1, np.flatnonzero(begins)
