"""What tasks are told in as columns: places of channels and owners, terms of the kinds, open tasks, priorities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from callcenter.ways import MOST_WAYS, next_ways

Mask = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer[Any]]
Arrays = dict[str, npt.NDArray[Any]]

BITS = 32
WARNING_BIT = 31  # no moment: the warning itself is the cause
STRATEGIC, GROUP, ORDINARY = 1, 2, 3  # segmentation.Layer
CODE_A, CODE_B = 1, 2  # segmentation.Code
ORANGE = 2  # MomentKind.Level
CATEGORIES = "BAC"  # from last to first

# MomentKind.Channel and MomentKind.Owner, with "" for none; a test holds them together. Drafts store the places.
CHANNELS = ("", "call", "sms", "app", "chat", "ivr", "visit", "in_contact", "hotline", "none")
ROLES = ("", "phone_manager", "account_manager", "hall", "hotline", "network", "system")
CALL, VISIT, IN_CONTACT, HOTLINE, NO_CONTACT = (
    CHANNELS.index(name) for name in ("call", "visit", "in_contact", "hotline", "none")
)
PHONE_MANAGER, ACCOUNT_MANAGER, HALL, SYSTEM = (
    ROLES.index(name) for name in ("phone_manager", "account_manager", "hall", "system")
)
# Which consent a channel needs; the others reach nobody by surprise. The hotline that has a task calls.
CONSENT = {"call": "call", "ivr": "call", "visit": "call", "hotline": "call", "sms": "sms", "chat": "app", "app": "app"}

# No control group where silence would harm: a possible fault or fraud (B3), a charge about to begin (B8), the customer
# before us (B9). Care (A) and retention (C) never have one.
CONTROLLED = frozenset({"B1", "B2", "B4", "B5", "B6", "B7"})
CONTROL_PERMILLE = 50


@dataclass(frozen=True)
class KindTable:
    """What arbitration knows of each kind, as arrays by its bit; channels and roles as places in CHANNELS and ROLES."""

    kind_id: Integers
    category: Integers  # place in CATEGORIES
    channel_ab: Integers
    channel_c: Integers
    channel_strategic: Integers  # 0: that of A and B
    next_ab: Integers  # by bit and place: what is tried when the channel is refused, 0 for nothing (ways.py)
    next_c: Integers
    owner_role: Integers
    is_controlled: Mask
    is_service: Mask  # needs no consent to marketing


@dataclass(frozen=True)
class OpenTasks:
    """Tasks that already wait: position in the frame, bit of the kind, priority, place of the channel, evidence value."""

    position: Integers
    bit: Integers
    priority: Integers
    channel: Integers
    value: Integers

    @classmethod
    def none(cls) -> OpenTasks:
        """Return an empty list."""
        nothing = np.zeros(0, dtype=np.int32)
        return cls(nothing, nothing, nothing, nothing, nothing)


def kind_table(kinds: Iterable[Mapping[str, Any]]) -> KindTable:
    """Return the table of rows with code, bit, pk, category, channels and owner_role (the `moments` of a plan)."""
    columns = {name: np.zeros(BITS, dtype=np.int64) for name in KindTable.__dataclass_fields__}
    columns |= {name: np.zeros((BITS, MOST_WAYS), dtype=np.int64) for name in ("next_ab", "next_c")}
    columns["channel_ab"][WARNING_BIT] = columns["channel_c"][WARNING_BIT] = CALL
    columns["owner_role"][WARNING_BIT] = PHONE_MANAGER
    columns["category"][WARNING_BIT] = CATEGORIES.index("C")
    for kind in kinds:
        bit = kind["bit"]
        columns["kind_id"][bit] = kind["pk"]
        columns["category"][bit] = CATEGORIES.index(kind["category"])
        for name in ("channel_ab", "channel_c", "channel_strategic"):
            columns[name][bit] = CHANNELS.index(kind[name])
        ways = next_ways(kind["code"], channel_ab=kind["channel_ab"], channel_c=kind["channel_c"])
        for name, after in zip(("next_ab", "next_c"), ways, strict=True):
            columns[name][bit, : len(after)] = [CHANNELS.index(way) for way in after]
        columns["owner_role"][bit] = ROLES.index(kind["owner_role"])
        columns["is_controlled"][bit] = kind["code"] in CONTROLLED
        columns["is_service"][bit] = kind.get("is_service", False)  # a plan made before kinds said so
    return KindTable(**columns | {name: columns[name].astype(np.bool_) for name in ("is_controlled", "is_service")})


def priority(level: Any, category: Any) -> npt.NDArray[np.int16]:
    """Return what decides between two tasks of one customer, the greater first: level, then category."""
    return (np.asarray(level) * len(CATEGORIES) + np.asarray(category)).astype(np.int16)


def level_of(priorities: Any) -> npt.NDArray[np.integer[Any]]:
    """Return the level inside a priority."""
    return np.asarray(priorities) // len(CATEGORIES)


def belongs_to_group(layer: Any) -> Mask:
    """Return who is the group department's: their account manager speaks with them, no phone desk does (DOMAIN 2.2)."""
    is_group: Mask = np.asarray(layer) == GROUP
    return is_group
