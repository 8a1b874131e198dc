"""Who is called for a household by what comes up beside the night: events and call lists.

The night's own rule (households.one_contact) over the few customers asked about. What comes up for a household whose
call waits joins that call; while somebody of it is in hand an event joins that one (arrivals.py), a list waits. Service
calls are nobody's household contact and never come here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection

from callcenter.claims import BLOCKED, ITS_CUSTOMER, TRIED_JUST_NOW
from callcenter.households import SPEAKERS, Arrays, one_contact
from callcenter.resting import resting
from callcenter.task_terms import belongs_to_group
from cvm.lib import bulk
from retention.policies import contact_terms_of, live_contact_policy

OWN = ("id", "household", "role", "manager", "layer", "warning", "moments", "offer_id", "kept_fen")
COLUMNS = [
    *(
        (name, kind)
        for name, kind in zip(OWN, ("int4", "int4", "int2", "int4", *("int2",) * 2, *("int4",) * 3), strict=True)
    ),
    ("is_pending", "bool"),
    ("is_leased", "bool"),
    ("tried_just_now", "bool"),
]
# Whoever of these households may be called to sell; walks the index of customers by family.
RELATIVES = f"""
select item.customer_id, item.family_id::int4, customer.family_role, item.manager_id::int4, standing.layer,
  standing.warning, standing.moments, standing.offer_id, standing.kept_fen,
  coalesce(queued.status = 'pending' or queued.lease_expires_at <= %(at)s, false),
  coalesce(queued.status = 'leased' and queued.lease_expires_at > %(at)s, false),
  coalesce(({TRIED_JUST_NOW}), false)
from (
  select id as customer_id, family_id, manager_id, null::bigint as callback_id, false as is_service
  from customers_customer
  where family_id = any(%(households)s) and merged_into_id is null and manager_id is not null
) as item
{ITS_CUSTOMER}
join customers_standing as standing
  on standing.run_id = %(run)s and standing.customer_id = item.customer_id and standing.band > 0
left join callcenter_queueitem as queued
  on queued.run_id = %(run)s and queued.customer_id = item.customer_id and queued.callback_id is null
  and not queued.is_service and queued.status in ('pending', 'leased')
where ({BLOCKED}) is null
order by item.customer_id
"""  # noqa: S608 - built from constants only
# Who of a household is being called to sell just now.
IN_HAND = """
select item.customer_id
from customers_customer as relative
join callcenter_queueitem as item on item.customer_id = relative.id and item.run_id = %(run)s
  and item.status = 'leased' and item.lease_expires_at > %(at)s and item.callback_id is null and not item.is_service
where relative.family_id = %(household)s
limit 1
"""
# Others of the household whose tasks a call serves as well, added to those it serves already.
COVER = """
update callcenter_queueitem as item
set covers = array(select distinct one from unnest(item.covers || home.members) as one order by one),
  is_service = false
from (
  select pair.receiver, array_agg(pair.member order by pair.member) as members
  from unnest(%(member)s::int[], %(receiver)s::int[]) as pair (member, receiver)
  group by pair.receiver
) as home
where item.run_id = %(run)s and item.customer_id = home.receiver and item.callback_id is null
  and (item.status = 'pending' or item.status = 'leased' and not item.is_service)
"""


@dataclass(frozen=True)
class Homes:
    """What is known of some households: whose call waits (by household), which are spoken to now, who may speak."""

    waiting: dict[int, int]
    in_hand: frozenset[int]
    speakers: Arrays


def placed(candidates: Arrays, *, run: int, at: dt.datetime) -> tuple[Arrays, Arrays]:
    """Return (calls, covered) as households.one_contact does, for candidates beside the night's.

    Candidates have the columns OWN and priority, and any others; a speaker who was not asked about gets those of the
    first candidate of the household. `covered` names calls that wait already too; who has nobody to be called by
    today is in neither.
    """
    homes = _homes(candidates["household"], run=run, at=at)
    household = candidates["household"].tolist()
    free = np.array([home not in homes.in_hand for home in household], dtype=np.bool_)
    owner = np.array([homes.waiting.get(home, 0) for home in household], dtype=np.int64)
    joins = free & (owner > 0) & (owner != candidates["id"])
    rest = {name: values[free & ~joins] for name, values in candidates.items()}
    rest["household"] = np.where(owner[free & ~joins] > 0, 0, rest["household"])  # a call of their own waits
    calls, covered = one_contact(rest, _filled(homes.speakers, rest))
    member = np.concatenate([covered["member"], candidates["id"][joins]])
    return calls, {"member": member, "receiver": np.concatenate([covered["receiver"], owner[joins]])}


def cover(covered: Arrays, *, run: int) -> None:
    """Let the calls that wait in a run, or are in hand, serve the others of their households as well."""
    if len(covered["member"]):
        with connection.cursor() as cursor:
            cursor.execute(COVER, {"run": run, **{name: ids.tolist() for name, ids in covered.items()}})


def in_hand(household: int, *, run: int, at: dt.datetime) -> int | None:
    """Return the customer of a household who is being called to sell just now."""
    with connection.cursor() as cursor:
        cursor.execute(IN_HAND, {"household": household, "run": run, "at": at})
        row = cursor.fetchone()
    return int(row[0]) if row else None


def _homes(households: Iterable[int], *, run: int, at: dt.datetime) -> Homes:
    asked = sorted({int(home) for home in households if home > 0})
    with connection.cursor() as cursor:
        found = bulk.read(cursor, RELATIVES, {"households": asked, "run": run, "at": at}, COLUMNS)
        may_speak = np.isin(found["role"], SPEAKERS) & ~belongs_to_group(found["layer"])
        may_speak &= ~found["tried_just_now"]
        may_speak &= ~np.isin(found["id"], _resting(cursor, found["id"][may_speak].tolist(), at=at))
    waits = found["is_pending"]
    return Homes(
        waiting=dict(zip(found["household"][waits][::-1].tolist(), found["id"][waits][::-1].tolist(), strict=True)),
        in_hand=frozenset(found["household"][found["is_leased"]].tolist()),
        speakers={name: found[name][may_speak] for name in OWN},
    )


def _resting(cursor: Any, ids: list[int], *, at: dt.datetime) -> Any:
    if not ids:
        return []
    terms = contact_terms_of(live_contact_policy())
    return resting(cursor, first=ids[0], last=ids[-1], terms=terms, at=at, ids=ids)["customer_id"]


def _filled(speakers: Arrays, candidates: Arrays) -> Arrays:
    """Return the speakers with the columns only candidates have, from the first candidate of their household."""
    homes, first = np.unique(candidates["household"], return_index=True)
    known = np.isin(speakers["household"], homes)
    speakers = {name: values[known] for name, values in speakers.items()}
    place = first[np.searchsorted(homes, speakers["household"])] if len(homes) else np.zeros(0, np.intp)
    more = {name: values[place] for name, values in candidates.items() if name not in OWN}
    return speakers | more | {"priority": np.full(len(place), -1, dtype=candidates["priority"].dtype)}
