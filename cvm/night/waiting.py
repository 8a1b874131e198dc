"""What a bucket reads of tasks: those open, those an event issued just now, what was settled, who refused."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from callcenter.task_terms import CHANNELS, WARNING_BIT, OpenTasks
from customers.frame import Frame
from customers.loading.aliases import place_of
from customers.loading.place import Place
from cvm.lib import bulk
from cvm.night.parcel import Arrays
from retention.gate import Purpose, may_reach_columns

REFUSAL_DAYS = 15  # marketing stays silent so long (DOMAIN 2.2)
FROZEN_DAYS, FROZEN_DAYS_RED = 30, 7  # success or refusal freezes a warning so long (DOMAIN 4.5)
RED = 3

# walks dispatch_open_once_per_kind
OPEN = """
select task.customer_id, coalesce(kind.bit, %(warning_bit)s)::int2, task.priority,
  (array_position(%(channels)s, task.channel::text) - 1)::int2, task.value
from callcenter_dispatch task left join lifecycle_momentkind kind on kind.id = task.kind_id
where {whose} and task.status in ('open', 'accepted')
order by task.customer_id, task.id
"""
TOLD = """
select task.customer_id, kind.bit
from callcenter_dispatch task join lifecycle_momentkind kind on kind.id = task.kind_id
where {whose} and task.event_id is not null and task.detected_at > %(since)s
"""
SETTLED = """
select customer_id, greatest(level, warning)
from callcenter_dispatch
where {whose} and result in ('accepted', 'thinking', 'refused', 'handled')
  and detected_at > %(oldest)s
  and closed_at > case when greatest(level, warning) >= %(red)s then %(since_red)s else %(since)s end
"""
REFUSED = """
select customer_id from callcenter_contact
where {whose} and started_at > %(since)s and outcome in ('refused', 'do_not_call')
"""
# of few customers, by id: the consents beside that to calls, and the group's account manager
REACH = """
select coalesce(customer.merged_into_id, customer.id) as main,
  coalesce(bool_and(consent.is_given) filter (where consent.channel = 'sms'), false) as sms,
  coalesce(bool_and(consent.is_given) filter (where consent.channel = 'app'), false) as app
from customers_customer customer
left join customers_consent consent on consent.customer_id = customer.id and consent.channel in ('sms', 'app')
where customer.id = any(%(ids)s) or customer.merged_into_id = any(%(ids)s)
group by 1 order by 1
"""
GROUPS = """
select id, coalesce(account_manager_id, 0)::int4 from customers_groupaccount where id = any(%(ids)s) order by id
"""


@dataclass(frozen=True)
class Waiting:
    """Tasks of a bucket's customers before tonight's: open ones, and (position, bit) an event told lately."""

    tasks: OpenTasks
    told_position: npt.NDArray[np.integer[Any]]
    told_bit: npt.NDArray[np.integer[Any]]
    settled_level: npt.NDArray[np.int16]
    has_refused: npt.NDArray[np.bool_]


def load(frame: Frame, *, at: dt.datetime, is_night: bool = True) -> Waiting:
    """Return the tasks of a frame's customers. A night does not tell again what an event told; an event is news."""
    with connection.cursor() as cursor:
        place = place_of(cursor, frame["id"])
        told = place.read(
            cursor, TOLD, {"since": at - dt.timedelta(days=2)}, [("customer_id", "int4"), ("bit", "int2")]
        )
        refused = place.read(
            cursor, REFUSED, {"since": at - dt.timedelta(days=REFUSAL_DAYS)}, [("customer_id", "int4")]
        )
        return Waiting(
            tasks=_open_tasks(cursor, place),
            told_position=np.searchsorted(place.ids, told["customer_id"])[: len(told["bit"]) * is_night],
            told_bit=told["bit"][: len(told["bit"]) * is_night],
            settled_level=_settled(cursor, place, at=at),
            has_refused=np.isin(place.ids, refused["customer_id"]),
        )


def reach(frame: Frame) -> Frame:
    """Return a frame of few customers with may_call, may_sms, may_app, may_serve and account_manager_id."""
    with connection.cursor() as cursor:
        kinds = [("id", "int4"), ("sms", "bool"), ("app", "bool")]
        said = bulk.read(cursor, REACH, {"ids": frame["id"].tolist()}, kinds)
        groups = bulk.read(
            cursor, GROUPS, {"ids": np.unique(frame["group_id"]).tolist()}, [("id", "int8"), ("manager", "int4")]
        )
    known = np.searchsorted(said["id"], frame["id"])
    agreed = {"call": frame["has_call_consent"].astype(bool), "sms": said["sms"][known], "app": said["app"][known]}
    may = {
        f"may_{way}": may_reach_columns(frame, purpose=Purpose.MARKETING, has_consent=has)
        for way, has in agreed.items()
    }
    return frame.with_columns(
        **may,
        may_serve=may_reach_columns(frame, purpose=Purpose.SERVICE, has_consent=agreed["call"]),
        account_manager_id=_looked_up(frame["group_id"], groups),
    )


def _open_tasks(cursor: Any, place: Place) -> OpenTasks:
    kinds = [("customer_id", "int4"), ("bit", "int2"), ("priority", "int2"), ("channel", "int2"), ("value", "int4")]
    found = place.read(cursor, OPEN, {"channels": list(CHANNELS), "warning_bit": WARNING_BIT}, kinds)
    position = np.searchsorted(place.ids, found["customer_id"])
    return OpenTasks(position, found["bit"], found["priority"], found["channel"], found["value"])


def _settled(cursor: Any, place: Place, *, at: dt.datetime) -> npt.NDArray[np.int16]:
    """Return the gravest level somebody settled lately, -1 for nothing."""
    known = {
        "red": RED,
        "since": at - dt.timedelta(days=FROZEN_DAYS),
        "since_red": at - dt.timedelta(days=FROZEN_DAYS_RED),
        "oldest": at - dt.timedelta(days=4 * FROZEN_DAYS),
    }
    found = place.read(cursor, SETTLED, known, [("customer_id", "int4"), ("level", "int2")])
    level = np.full(len(place.ids), -1, dtype=np.int16)
    np.maximum.at(level, np.searchsorted(place.ids, found["customer_id"]), found["level"].astype(np.int16))
    return level


def _looked_up(group_id: npt.NDArray[Any], groups: Arrays) -> npt.NDArray[np.int32]:
    ids = np.concatenate([[0], groups["id"]])
    managers = np.concatenate([[0], groups["manager"]]).astype(np.int32)
    found: npt.NDArray[np.int32] = managers[np.searchsorted(ids, group_id)]
    return found
