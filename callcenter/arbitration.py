"""Which moment becomes whose task, by which way: pure columns over found moments, the same for a night and for one event.

Order (DOMAIN 2.2): red > orange > yellow > normal, then retention > care > marketing, then the revenue a contact is
expected to keep. One task of a customer is shown, the others are its talking points. Marketing is silent for 30 days
after an open complaint, 15 days after a refusal, and while a retention task is open.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from callcenter.reaching import channel_of, channel_taken, owners_of
from callcenter.task_terms import (
    BITS,
    CALL,
    CATEGORIES,
    CODE_A,
    CODE_B,
    CONTROL_PERMILLE,
    ORDINARY,
    PHONE_MANAGER,
    VISIT,
    WARNING_BIT,
    Arrays,
    Integers,
    KindTable,
    Mask,
    OpenTasks,
    priority,
)
from customers.frame import Frame


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
    waiting). Needs of the frame: id, code, layer, manager_id, account_manager_id, hall_id, county_id, contact_day,
    hall_visit_day, the columns of `suppressed`, and may_call, may_sms, may_app, may_serve.
    """
    position, bit = found["position"].astype(np.int64), found["bit"].astype(np.int64)
    wanted, channel = channel_of(frame, position, bit, kinds), channel_taken(frame, position, bit, kinds)
    kept = ~_is_waiting(position, bit, waiting) & (channel > 0)
    kept &= ~suppressed(frame, position, bit, kinds, _has_retention(frame, found, waiting, kinds, kept))
    tasks = {name: values[kept] for name, values in found.items()} | {"channel": channel[kept]}
    tasks["wanted"] = np.where(wanted == channel, 0, wanted)[kept]
    tasks |= owners_of(frame, tasks, kinds)
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


def _is_waiting(position: Integers, bit: Integers, waiting: OpenTasks) -> Mask:
    return np.isin(position * BITS + bit, waiting.position.astype(np.int64) * BITS + waiting.bit)


def _has_retention(frame: Frame, found: Arrays, waiting: OpenTasks, kinds: KindTable, kept: Mask) -> Mask:
    retention = CATEGORIES.index("C")
    has = np.zeros(len(frame), dtype=np.bool_)
    has[waiting.position[kinds.category[waiting.bit] == retention]] = True
    has[found["position"][kept & (kinds.category[found["bit"]] == retention)]] = True
    return has


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
