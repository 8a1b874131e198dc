"""Who is called today, and in which order: pure columns per bucket, then one ranking per phone manager.

Order (DOMAIN 2.2, 4.5): level; strategic customers first at equal level; retention before care before marketing;
expected kept revenue, greatest first; id.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from callcenter.task_terms import CATEGORIES, STRATEGIC, belongs_to_group, level_of, priority
from customers.frame import Frame
from offers.eligible import Catalogue, Economics, gain_fen

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]

RETENTION = CATEGORIES.index("C")
INT32_MAX = 2**31 - 1


def kept(frame: Frame, catalogue: Catalogue, economics: Economics) -> npt.NDArray[np.int32]:
    """Return kept_fen: the revenue a contact is expected to keep over a year, after its costs; may be negative.

    churn probability x save rate x average of three months x 12 x margin - contact cost - cost of the suggested
    offer, integer fen. The save rate is the suggested offer's; without an offer the default one. Needs `offer_id`.
    """
    save = np.full(len(frame), economics.default_save_permille, dtype=np.int64)
    cost = np.zeros(len(frame), dtype=np.int64)
    for offer in catalogue.offers:
        rows = frame["offer_id"] == offer.id
        save[rows], cost[rows] = offer.save_permille, offer.cost_fen
    net = gain_fen(frame, save, economics=economics) - economics.contact_cost_fen - cost
    return net.clip(-INT32_MAX, INT32_MAX).astype(np.int32)


def is_candidate(frame: Frame) -> Mask:
    """Return whom a phone manager may call today.

    In network, owned by a manager, not of the group department, and with a reason to call: the shown task is a call
    (`call_priority`, callcenter/arbitration.py) and neither blocked nor resting (`hard_block`), or a service call is due
    (`service_priority`) and nothing forbids that (`service_block`).
    """
    is_ours = frame["is_in_network"] & (frame["manager_id"] > 0) & ~belongs_to_group(frame["layer"])
    return is_ours & (_may_sell(frame) | _may_serve(frame))


def is_service_call(frame: Frame) -> Mask:
    """Return whose call is service: nothing else may be said, or the service is at least as urgent as all else."""
    return _may_serve(frame) & (frame["hard_block"] | (frame["service_priority"] >= frame["call_priority"]))


def speaks_of_service_only(frame: Frame) -> Mask:
    """Return who may be called about their own case and nothing more: such a call stands for nobody else's task."""
    return _may_serve(frame) & frame["hard_block"]


def item_priority(frame: Frame) -> npt.NDArray[np.int16]:
    """Return what ranks the queue item: the greatest priority of what it is about, or the warning's where that is graver."""
    tasks = np.maximum(frame["call_priority"], np.where(_may_serve(frame), frame["service_priority"], -1))
    return np.maximum(tasks, np.where(frame["warning"] > 0, priority(frame["warning"], RETENTION), -1))


def _may_sell(frame: Frame) -> Mask:
    return (frame["call_priority"] >= 0) & ~frame["hard_block"]


def _may_serve(frame: Frame) -> Mask:
    return (frame["service_priority"] >= 0) & ~frame["service_block"]


def rank_for_managers(
    *,
    manager: npt.NDArray[np.generic],
    priority: npt.NDArray[np.generic],
    layer: npt.NDArray[np.generic],
    kept_fen: npt.NDArray[np.generic],
    id: npt.NDArray[np.generic],
    capacity: dict[int, int],
) -> tuple[Rows, npt.NDArray[np.int32]]:
    """Return (positions, ranks): the rows that make the queues, manager by manager in order, and their ranks from 1.

    A manager gets at most `capacity[manager]` rows; rows of managers not named there are left out.
    """
    rank, level = -priority.astype(np.int64), -level_of(priority.astype(np.int64))
    order = np.lexsort((id, -kept_fen.astype(np.int64), rank, layer != STRATEGIC, level, manager))
    owner = manager[order]
    managers, first, counts = np.unique(owner, return_index=True, return_counts=True)
    ranks = np.arange(1, len(order) + 1) - np.repeat(first, counts)
    room = np.repeat([capacity.get(int(one), 0) for one in managers], counts)
    fits = ranks <= room
    return order[fits], ranks[fits].astype(np.int32)
