"""Who is called today, and in which order: pure columns per bucket, then one ranking per phone manager.

Order (DOMAIN 4.5): level; strategic customers first at equal level; expected kept revenue, greatest first; id.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from customers.frame import Frame
from offers.eligible import Catalogue, Economics, gain_fen

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]

STRATEGIC, ORDINARY = 1, 3  # segmentation.Layer
CODE_A, CODE_B = 1, 2  # segmentation.Code
INT32_MAX = 2**31 - 1


@dataclass(frozen=True)
class CallMoments:
    """Masks of the moment bits whose service is a call: one for codes A and B, one for code C."""

    bits_ab: int
    bits_c: int


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


def is_candidate(frame: Frame, calls: CallMoments) -> Mask:
    """Return whom a phone manager may call today.

    In network, owned by a manager, worth a call by layer or code, warned or with an open moment served by a call,
    and not hard-blocked. Needs `hard_block` (retention.gate.hard_block_columns) and the night's verdicts.
    """
    code = frame["code"]
    is_valued = (code == CODE_A) | (code == CODE_B)
    bits = np.where(is_valued, calls.bits_ab, calls.bits_c)
    has_cause = (frame["warning"] > 0) | (frame["moments"] & bits != 0)
    worth = (frame["layer"] <= ORDINARY) | is_valued
    return frame["is_in_network"] & (frame["manager_id"] > 0) & worth & has_cause & ~frame["hard_block"]


def item_level(frame: Frame) -> npt.NDArray[np.int16]:
    """Return the level of the queue item: the warning or the highest level of today's moments (`moment_level`)."""
    return np.maximum(frame["warning"], frame["moment_level"]).astype(np.int16)


def rank_for_managers(
    *,
    manager: npt.NDArray[np.generic],
    level: npt.NDArray[np.generic],
    layer: npt.NDArray[np.generic],
    kept_fen: npt.NDArray[np.generic],
    id: npt.NDArray[np.generic],
    capacity: dict[int, int],
) -> tuple[Rows, npt.NDArray[np.int32]]:
    """Return (positions, ranks): the rows that make the queues, manager by manager in order, and their ranks from 1.

    A manager gets at most `capacity[manager]` rows; rows of managers not named there are left out.
    """
    order = np.lexsort((id, -kept_fen.astype(np.int64), layer != STRATEGIC, -level.astype(np.int64), manager))
    owner = manager[order]
    managers, first, counts = np.unique(owner, return_index=True, return_counts=True)
    ranks = np.arange(1, len(order) + 1) - np.repeat(first, counts)
    room = np.repeat([capacity.get(int(one), 0) for one in managers], counts)
    fits = ranks <= room
    return order[fits], ranks[fits].astype(np.int32)
