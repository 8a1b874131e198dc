"""What the call centre offers the 360 page: contacts on the timeline, what the gate and the costs need of the log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from callcenter.models import Contact
from callcenter.verdicts import HISTORY, counted
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
    """Return the outbound calls the gate counts, from rows already read; promised calls count nowhere."""
    calls = [
        (row["outcome"], dt.datetime.fromisoformat(row["started_at"]))
        for row in contacts
        if row["channel"] == CALL and row["is_outbound"] and not row["is_promise"]
    ]
    return counted((outcome, started_at) for outcome, started_at in calls if started_at > at - HISTORY)


def contact_words(row: Mapping[str, Any], reader: Reader) -> Told:
    """Return one contact in words; its note for those who speak to customers."""
    note = row["note"] if reader.reads_notes else ""
    return Told(str(Contact.Outcome(row["outcome"]).label), joined(row["staff"], note))


SOURCES = {"contact": Source(CONTACTS, "phone", contact_words)}
