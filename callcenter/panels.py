"""What the call centre offers the 360 page: contacts on the timeline, what the gate and the costs need of the log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from callcenter.models import Contact
from callcenter.verdicts import HISTORY
from customers.panels import Reader, Source, Told, joined
from retention.gate import CALL, ContactHistory

# sub-selects of the 360 page, as in customers/queries360.py
PARTS = {
    "contacts": """
        select json_agg(contact order by contact.started_at, contact.id) from (
            select contact.id, contact.channel, contact.is_outbound, contact.started_at, contact.outcome,
                item.callback_id is not null as is_promise
            from callcenter_contact contact
            left join callcenter_queueitem item on item.id = contact.queue_item_id
            where contact.customer_id = any (array(select id from people))
                and contact.started_at >= %(year_ago)s and contact.started_at <= %(at)s
        ) contact"""
}
CONTACTS = """
    select contact.started_at as at, contact.id, json_build_object('outcome', contact.outcome,
        'staff', staff.display_name, 'channel', contact.channel, 'is_outbound', contact.is_outbound,
        'note', contact.note) as data
    from callcenter_contact contact
    left join customers_staff staff on staff.id = contact.staff_id
    where contact.customer_id = any (array(select id from people))"""


def history(contacts: list[Mapping[str, Any]], *, at: dt.datetime) -> ContactHistory:
    """Return the outbound calls the gate counts, from rows already read; the rule of `verdicts.history_of`."""
    counted: dict[str, list[dt.datetime]] = {"contacts": [], "refusals": [], "unanswered": []}
    for row in contacts:
        started_at = dt.datetime.fromisoformat(row["started_at"])
        if row["channel"] == CALL and row["is_outbound"] and not row["is_promise"] and started_at > at - HISTORY:
            _count(counted, row["outcome"], started_at)
    return ContactHistory(**{name: tuple(instants) for name, instants in counted.items()})


def _count(counted: dict[str, list[dt.datetime]], outcome: str, started_at: dt.datetime) -> None:
    if outcome == Contact.Outcome.NO_ANSWER:
        counted["unanswered"].append(started_at)
        return
    counted["contacts"].append(started_at)
    if outcome in (Contact.Outcome.REFUSED, Contact.Outcome.DO_NOT_CALL):
        counted["refusals"].append(started_at)


def contact_words(row: Mapping[str, Any], reader: Reader) -> Told:
    """Return one contact in words; its note for those who speak to customers."""
    note = row["note"] if reader.reads_notes else ""
    return Told(str(Contact.Outcome(row["outcome"]).label), joined(row["staff"], note))


SOURCES = {"contact": Source(CONTACTS, "phone", contact_words)}
