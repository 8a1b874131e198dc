"""What the call centre offers the 360 page: contacts and tasks on the timeline, what the gate and the costs need of the log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from callcenter.budgets import GIVEN
from callcenter.home_day import DAY_OF_ONE, HomeDay
from callcenter.models import Contact, Dispatch
from callcenter.verdicts import HISTORY, counted
from customers.panels import Reader, Source, Told, in_language, joined
from retention.gate import CALL, ContactHistory

# sub-selects of the 360 page, as in customers/queries360.py
PARTS = {
    "contacts": """
        select json_agg(contact order by contact.started_at, contact.id) from (
            select contact.id, contact.channel, contact.is_outbound, contact.started_at, contact.outcome,
                contact.is_service
            from callcenter_contact contact
            where contact.customer_id = any (array(select id from people))
                and contact.started_at >= %(year_ago)s and contact.started_at <= %(at)s
        ) contact""",
    "given": GIVEN,
    "home_day": DAY_OF_ONE,
}
CONTACTS = """
    select contact.started_at as at, contact.id, json_build_object('outcome', contact.outcome,
        'staff', staff.display_name, 'channel', contact.channel, 'is_outbound', contact.is_outbound,
        'note', contact.note) as data
    from callcenter_contact contact
    left join customers_staff staff on staff.id = contact.staff_id
    where contact.customer_id = any (array(select id from people))"""

# a task is told twice: when it was issued and when it was closed; nobody was given one of the control group
TASKS = """
    select task.detected_at as at, 2 * task.id as id, json_build_object('is_end', false, 'code', kind.code,
        'zh', kind.name_zh, 'en', kind.name_en, 'status', task.status, 'level', task.level, 'due_at', task.due_at,
        'role', task.owner_role, 'staff', staff.display_name) as data
    from callcenter_dispatch task
    left join lifecycle_momentkind kind on kind.id = task.kind_id
    left join customers_staff staff on staff.id = task.owner_id
    where task.customer_id = any (array(select id from people))
    union all
    select task.closed_at, 2 * task.id + 1, json_build_object('is_end', true, 'code', kind.code,
        'zh', kind.name_zh, 'en', kind.name_en, 'result', task.result, 'cause', task.cause,
        'staff', staff.display_name)
    from callcenter_dispatch task
    left join lifecycle_momentkind kind on kind.id = task.kind_id
    left join customers_staff staff on staff.id = task.closed_by_id
    where task.customer_id = any (array(select id from people)) and task.closed_at is not null"""


def history(
    contacts: list[Mapping[str, Any]], home_day: Mapping[str, str | None], *, at: dt.datetime
) -> ContactHistory:
    """Return the outbound calls the gate counts and the household's day, from rows already read; service calls count nowhere."""
    calls = [
        (row["outcome"], dt.datetime.fromisoformat(row["started_at"]))
        for row in contacts
        if row["channel"] == CALL and row["is_outbound"] and not row["is_service"]
    ]
    own = counted((outcome, started_at) for outcome, started_at in calls if started_at > at - HISTORY)
    day = {name: dt.datetime.fromisoformat(said) for name, said in home_day.items() if said}
    return HomeDay(**day).added_to(own)


def contact_words(row: Mapping[str, Any], reader: Reader) -> Told:
    """Return one contact in words; its note for those who speak to customers."""
    note = row["note"] if reader.reads_notes else ""
    return Told(str(Contact.Outcome(row["outcome"]).label), joined(row["staff"], note))


def task_words(row: Mapping[str, Any], reader: Reader) -> Told | None:
    """Return one task in words, issued or closed; that somebody is in the control group is for who does not call."""
    about = f"{row['code']} {in_language(row)}" if row["code"] else _("warning")
    if row["is_end"]:
        cause = str(Contact.Cause(row["cause"]).label) if row["cause"] in Contact.Cause.values else ""
        result = Dispatch.Result(row["result"]).label
        return Told(_("Task closed: %(about)s") % {"about": about}, joined(str(result), cause, row["staff"]))
    if row["status"] == Dispatch.Status.CONTROL:
        if reader.reads_notes or not reader.sees_value:
            return None
        return Told(_("No task: %(about)s") % {"about": about}, str(Dispatch.Status.CONTROL.label))
    due = date_format(timezone.localtime(dt.datetime.fromisoformat(row["due_at"])), "Y-m-d H:i")
    owner = row["staff"] or str(Dispatch.OwnerRole(row["role"]).label)
    words = _("due %(day)s") % {"day": due}
    return Told(_("Task issued: %(about)s") % {"about": about}, joined(owner, words), row["level"])


SOURCES = {"contact": Source(CONTACTS, "phone", contact_words), "task": Source(TASKS, "list", task_words)}
