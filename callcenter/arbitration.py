"""Which moment becomes whose task, by which way: pure columns over found moments, the same for a night and for one event.

Order (DOMAIN 2.2): red > orange > yellow > normal, then retention > care > marketing, then the revenue a contact is
expected to keep. One task of a customer is shown, the others are its talking points. Marketing is silent for 30 days
after an open complaint, 15 days after a refusal, and while a retention task is open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from callcenter.ways import MESSAGES, MOST_WAYS, next_ways
from customers.frame import Frame

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


def leads(position: Integers, priorities: Integers, age: Integers) -> Mask:
    """Return which tasks are shown: of each position the greatest priority; of equals the smallest age number."""
    order = np.lexsort((age, -priorities.astype(np.int64), position))
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = position[order][1:] != position[order][:-1]
    shown = np.zeros(len(order), dtype=np.bool_)
    shown[order[first]] = True
    return shown


def is_control(customer: Integers, bit: Integers, kinds: KindTable) -> Mask:
    """Return who belongs to the small permanent control group of a kind: the same customers for ever, of any night."""
    mixed = _mixed(customer.astype(np.uint64) * np.uint64(64) + bit.astype(np.uint64))
    return kinds.is_controlled[bit] & (mixed % np.uint64(1000) < CONTROL_PERMILLE)


def channel_of(frame: Frame, position: Integers, bit: Integers, kinds: KindTable) -> Integers:
    """Return the channel wanted by the customer's layer and code, as a place in CHANNELS."""
    by_code = np.where(_is_ab(frame, position), kinds.channel_ab[bit], kinds.channel_c[bit])
    special = kinds.channel_strategic[bit]
    return np.where((frame["layer"][position] == STRATEGIC) & (special > 0), special, by_code)


def channel_taken(frame: Frame, position: Integers, bit: Integers, kinds: KindTable) -> Integers:
    """Return the first way the gate lets us go: the wanted channel, else the playbook's messages; 0 for none.

    Whoever is on a list or asked for silence is refused on all of them, so another way is taken for want of consent only.
    """
    wanted = channel_of(frame, position, bit, kinds)
    after = np.where(_is_ab(frame, position)[:, None], kinds.next_ab[bit], kinds.next_c[bit])
    after = np.where(wanted[:, None] == NO_CONTACT, 0, after)
    taken = np.zeros(len(wanted), dtype=np.int64)
    for way in (wanted, *after.T):
        may = _may_reach(frame, position, way, kinds.is_service[bit])
        taken = np.where((taken == 0) & may, way, taken)
    return taken


def suppressed(frame: Frame, position: Integers, bit: Integers, kinds: KindTable, has_retention: Mask) -> Mask:
    """Return which found moments stay silent: marketing after a complaint or refusal, or beside a retention task.

    `has_retention` tells by position whether a retention task is open or found. Needs `open_complaint_level`,
    `complaints_30d` and `has_refused` (within 15 days, on any channel).
    """
    is_quiet = (frame["open_complaint_level"] > 0) | (frame["complaints_30d"] > 0) | frame["has_refused"]
    is_marketing = kinds.category[bit] == CATEGORIES.index("B")
    return is_marketing & (is_quiet | has_retention)[position]


def arbitrate(frame: Frame, found: Arrays, waiting: OpenTasks, kinds: KindTable) -> Arrays:
    """Return the tasks the found moments become, as columns; what stays silent or may reach nobody has no row.

    `found` has position, bit, level, deadline_hours, value, reference; `waiting` are the customers' open tasks, of
    which a kind is never proposed twice. Columns added: channel, wanted (the channel that was refused, 0 = the one
    taken), owner_role, owner, unit, copied (0 = none), priority, is_control, is_lead (shown when issued beside those
    waiting). Needs of the frame: id, code, layer, manager_id, account_manager_id, hall_id, county_id, contact_day, hall_visit_day, the columns of
    `suppressed`, and may_call, may_sms, may_app, may_serve.
    """
    position, bit = found["position"].astype(np.int64), found["bit"].astype(np.int64)
    wanted, channel = channel_of(frame, position, bit, kinds), channel_taken(frame, position, bit, kinds)
    kept = ~_is_waiting(position, bit, waiting) & (channel > 0)
    kept &= ~suppressed(frame, position, bit, kinds, _has_retention(frame, found, waiting, kinds, kept))
    tasks = {name: values[kept] for name, values in found.items()} | {"channel": channel[kept]}
    tasks["wanted"] = np.where(wanted == channel, 0, wanted)[kept]
    tasks |= _owners(frame, tasks, kinds)
    tasks["priority"] = priority(tasks["level"], kinds.category[tasks["bit"]])
    tasks["is_control"] = is_control(frame["id"][tasks["position"]], tasks["bit"], kinds)
    tasks["is_lead"] = _leads_beside(tasks, waiting)
    return tasks


def call_priority(frame: Frame, tasks: Arrays, waiting: OpenTasks) -> npt.NDArray[np.int16]:
    """Return by customer the priority of the shown task if it is a phone manager's call, -1 for everybody else."""
    issued = tasks["is_lead"] & (tasks["channel"] == CALL) & (tasks["owner_role"] == PHONE_MANAGER)
    found = np.full(len(frame), -1, dtype=np.int16)
    stays = _still_leads(tasks, waiting) & (waiting.channel == CALL)
    found[waiting.position[stays]] = waiting.priority[stays]
    found[tasks["position"][issued]] = tasks["priority"][issued]
    return found


def service_priority(frame: Frame, tasks: Arrays, waiting: OpenTasks, kinds: KindTable) -> npt.NDArray[np.int16]:
    """Return by customer the greatest priority of the service tasks a phone manager calls about, shown or not; -1 for none."""
    found = np.full(len(frame), -1, dtype=np.int16)
    stays = (waiting.channel == CALL) & kinds.is_service[waiting.bit]
    np.maximum.at(found, waiting.position[stays], waiting.priority[stays].astype(np.int16))
    new = (tasks["channel"] == CALL) & (tasks["owner_role"] == PHONE_MANAGER) & kinds.is_service[tasks["bit"]]
    np.maximum.at(found, tasks["position"][new], tasks["priority"][new])
    return found


def warned(frame: Frame, found: Arrays, waiting: OpenTasks, kinds: KindTable, deadline_hours: Integers) -> Arrays:
    """Return the warnings that need a call of their own, in the shape of found moments (bit WARNING_BIT).

    Those of customers worth a call who have no call open or found already, and whose warning is graver than what
    was settled lately (`settled_level`, -1 for nothing). `deadline_hours` by warning level.
    """
    has_call = np.zeros(len(frame), dtype=np.bool_)
    has_call[waiting.position[np.isin(waiting.channel, (CALL, VISIT))]] = True
    channel = channel_of(frame, found["position"], found["bit"], kinds)
    has_call[found["position"][np.isin(channel, (CALL, VISIT))]] = True
    worth = (frame["layer"] <= ORDINARY) | (frame["code"] == CODE_A) | (frame["code"] == CODE_B)
    is_news = frame["warning"] > frame["settled_level"]
    rows = np.flatnonzero((frame["warning"] > 0) & is_news & worth & ~has_call & frame["is_in_network"])
    level = frame["warning"][rows].astype(np.int16)
    return {
        "position": rows.astype(np.int32),
        "bit": np.full(len(rows), WARNING_BIT, dtype=np.int16),
        "level": level,
        "deadline_hours": deadline_hours[level].astype(np.int16),
        "value": frame["score"][rows].astype(np.int32),
        "reference": np.zeros(len(rows), dtype=np.int32),
    }


def belongs_to_group(layer: Any) -> Mask:
    """Return who is the group department's: their account manager speaks with them, no phone desk does (DOMAIN 2.2)."""
    is_group: Mask = np.asarray(layer) == GROUP
    return is_group


def _is_ab(frame: Frame, position: Integers) -> Mask:
    code = frame["code"][position]
    return (code == CODE_A) | (code == CODE_B)


def _is_waiting(position: Integers, bit: Integers, waiting: OpenTasks) -> Mask:
    return np.isin(position * BITS + bit, waiting.position.astype(np.int64) * BITS + waiting.bit)


def _may_reach(frame: Frame, position: Integers, channel: Integers, is_service: Mask) -> Mask:
    """Return whom the gate lets us contact that way at some hour: do-not-disturb, lists, consent of the channel.

    Service needs no consent and passes the lists; only who wants no contact at all is left alone.
    """
    may = channel > 0
    may &= channel != NO_CONTACT
    serves = is_service & frame["may_serve"][position]
    for name, consent in CONSENT.items():
        may &= (channel != CHANNELS.index(name)) | frame[f"may_{consent}"][position] | serves
    return may


def _has_retention(frame: Frame, found: Arrays, waiting: OpenTasks, kinds: KindTable, kept: Mask) -> Mask:
    retention = CATEGORIES.index("C")
    has = np.zeros(len(frame), dtype=np.bool_)
    has[waiting.position[kinds.category[waiting.bit] == retention]] = True
    has[found["position"][kept & (kinds.category[found["bit"]] == retention)]] = True
    return has


def _owners(frame: Frame, tasks: Arrays, kinds: KindTable) -> Arrays:
    """Return role, person and unit: the group department's customers are its own, messages belong to nobody's desk."""
    position, channel = tasks["position"], tasks["channel"]
    role = kinds.owner_role[tasks["bit"]]
    role = np.where(np.isin(channel, [CHANNELS.index(name) for name in MESSAGES]), SYSTEM, role)
    role = np.where(channel == HOTLINE, ROLES.index("hotline"), role)
    role = np.where((channel == IN_CONTACT) & _is_in_hall(frame, position), HALL, role)
    by_person = np.isin(role, (PHONE_MANAGER, SYSTEM)) & np.isin(channel, (CALL, VISIT))
    is_group = belongs_to_group(frame["layer"][position])
    role = np.where(by_person, np.where(is_group | (channel == VISIT), ACCOUNT_MANAGER, PHONE_MANAGER), role)
    account, phone = frame["account_manager_id"][position], frame["manager_id"][position]
    owner = np.where(role == PHONE_MANAGER, phone, np.where(role == ACCOUNT_MANAGER, account, 0))
    hall, county = frame["hall_id"][position], frame["county_id"][position]
    unit = np.where(role == HALL, np.where(hall > 0, hall, county), 0)
    is_grave = (frame["layer"][position] == STRATEGIC) & (tasks["level"] >= ORANGE)
    copied = np.where(is_grave & (role != ACCOUNT_MANAGER), account, 0)
    return {"owner_role": role, "owner": owner, "unit": unit, "copied": copied}


def _is_in_hall(frame: Frame, position: Integers) -> Mask:
    """Return who is in contact with us in a hall rather than by telephone: the work is done where the customer is."""
    came = frame["hall_visit_day"][position]
    is_in_hall: Mask = (came > 0) & (came >= frame["contact_day"][position])
    return is_in_hall


def _leads_beside(tasks: Arrays, waiting: OpenTasks) -> Mask:
    """Return which new tasks are shown: ahead of those waiting only with a greater priority; controls never."""
    candidates = np.flatnonzero(~tasks["is_control"])
    shown = np.zeros(len(tasks["position"]), dtype=np.bool_)
    both = np.concatenate([waiting.position, tasks["position"][candidates]])
    ranks = np.concatenate([waiting.priority, tasks["priority"][candidates]])
    shown[candidates] = leads(both, ranks, _ages(waiting, tasks, candidates))[len(waiting.position) :]
    return shown


def _still_leads(tasks: Arrays, waiting: OpenTasks) -> Mask:
    candidates = np.flatnonzero(~tasks["is_control"])
    both = np.concatenate([waiting.position, tasks["position"][candidates]])
    ranks = np.concatenate([waiting.priority, tasks["priority"][candidates]])
    return leads(both, ranks, _ages(waiting, tasks, candidates))[: len(waiting.position)]


def _ages(waiting: OpenTasks, tasks: Arrays, candidates: Integers) -> Integers:
    """Return the order among equals: whoever waits comes first, then by bit."""
    return np.concatenate([np.full(len(waiting.position), -1), tasks["bit"][candidates]])


def _mixed(number: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return the numbers thoroughly mixed (splitmix64's finaliser), so that neighbours share nothing."""
    with np.errstate(over="ignore"):
        number = number + np.uint64(0x9E3779B97F4A7C15)
        number = (number ^ (number >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        number = (number ^ (number >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return number ^ (number >> np.uint64(31))
