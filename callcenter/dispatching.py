"""One task as plain data: the same dictionary for the desk's card, the hall's and account manager's list, outbox and API.

Keys in the order of DOMAIN 2.3. What is secret by role (code, layer, costs) is left out here, in one place.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from callcenter.models import Dispatch
from callcenter.phrases import forbidden
from callcenter.words import moment_sentence
from customers.masking import masked_number, sees_value, visible_name
from customers.models import Staff
from offers.models import Offer
from retention.gate import Rule, Verdict
from retention.panels import reason_words

RELATED = ("customer", "kind", "owner", "owner_unit", "backup_owner", "copied_to", "closed_by", "receiver", "call_list")
SECRET = ("customer_code", "layer", "kept_fen")
MOST_OFFERS = 3
WAITS = (Rule.HOUSEHOLD, Rule.HOME_TAKEN)  # the household's one contact of the day is made, or in a colleague's hand
RESTING = "resting"  # what a night writes whom the contact log keeps out of tonight's queue (callcenter/resting.py)


def tasks_of(
    dispatches: Iterable[Dispatch], *, user: Staff, at: dt.datetime, verdicts: Mapping[int, Verdict] | None = None
) -> list[dict[str, Any]]:
    """Return tasks as this person may read them; one query for the offers, none per task (select RELATED first).

    `verdicts` by task id are what the gate says at this instant; without one the verdict of the decision stands.
    """
    rows = list(dispatches)
    ids = {offer["offer"] for row in rows for offer in row.offers}
    names = {offer.pk: offer for offer in Offer.objects.filter(pk__in=ids)} if ids else {}
    verdicts = verdicts or {}
    return [task_of(row, offers=names, user=user, at=at, verdict=verdicts.get(row.pk)) for row in rows]


def task_of(
    dispatch: Dispatch,
    *,
    offers: Mapping[int, Offer],
    user: Staff,
    at: dt.datetime,
    verdict: Verdict | None = None,
) -> dict[str, Any]:
    """Return one task as plain data."""
    task = {
        "task_id": dispatch.pk,
        "moment_code": dispatch.kind.code if dispatch.kind else "",
        "moment": title_of(dispatch),
        "customer": dispatch.customer_id,
        "number": masked_number(dispatch.customer.msisdn),
        "name": visible_name(dispatch.customer.name, user=user),
        "receiver": dispatch.receiver_id or dispatch.customer_id,
        "customer_code": dispatch.code,
        "layer": dispatch.layer,
        "stage": dispatch.stage,
        "warning": dispatch.warning,
        "score": dispatch.score,
        "kept_fen": dispatch.kept_fen,
        "reasons": reasons_of(dispatch),
        "level": dispatch.level,
        "evidence": evidence_of(dispatch, at=at),
        "detected_at": dispatch.detected_at,
        "deadline": dispatch.due_at,
        "is_overdue": dispatch.is_overdue(at),
        "channel": dispatch.channel,
        "channel_reason": channel_reason(dispatch),
        "owner_role": dispatch.owner_role,
        "owner": _person(dispatch.owner) or _unit(dispatch),
        "backup_owner": _person(dispatch.backup_owner),
        "copied_to": _person(dispatch.copied_to),
        "script_version": dispatch.script_version,
        "script": script_of(dispatch),
        "offers": _offers(dispatch, offers, user=user),
        "forbidden_phrases": forbidden(dispatch.kind.code if dispatch.kind else ""),
        "purpose": dispatch.purpose.value,
        "contact": _contact(dispatch, verdict, at=at),
        "related_orders": dispatch.related_orders,
        "status": dispatch.status,
        "result_code": dispatch.result,
        "cause_code": dispatch.cause,
        "next_contact_at": dispatch.next_contact_at,
        "closed_at": dispatch.closed_at,
        "closed_by": _person(dispatch.closed_by),
        "satisfaction": dispatch.satisfaction,
    }
    return task if sees_value(user) else {name: value for name, value in task.items() if name not in SECRET}


def title_of(dispatch: Dispatch) -> str:
    """Return what the task is about in a few words: its moment, the list it came from, or the warning."""
    if dispatch.call_list_id:
        return _("Call list “%(name)s”") % {"name": dispatch.call_list}
    return dispatch.kind.name if dispatch.kind else _("Warning")


def reasons_of(dispatch: Dispatch) -> list[str]:
    """Return up to three reasons of the warning in words, as of the decision."""
    pairs = ((getattr(dispatch, f"reason_{place}"), getattr(dispatch, f"value_{place}")) for place in (1, 2, 3))
    return [words for reason, value in pairs if (words := reason_words(reason, value))]


def channel_reason(dispatch: Dispatch) -> str:
    """Return why the task comes another way than the playbook's first, in words; empty where it is that way."""
    if not dispatch.wanted_channel:
        return ""
    return _("Instead of %(channel)s: no consent") % {"channel": dispatch.get_wanted_channel_display()}


def evidence_of(dispatch: Dispatch, *, at: dt.datetime) -> dict[str, Any]:
    """Return the values that fired the moment, with the sentence that says them."""
    if dispatch.call_list:
        return {"value": 0, "reference": 0, "words": dispatch.call_list.why}
    if dispatch.kind is None:
        return {"value": dispatch.value, "reference": 0, "words": "; ".join(reasons_of(dispatch))}
    words = moment_sentence(dispatch, today=timezone.localdate(at))
    return {"value": dispatch.value, "reference": dispatch.reference, "words": words}


def script_of(dispatch: Dispatch) -> list[str]:
    """Return the steps of the kind's script, one a line; none for a warning without a moment."""
    return [step for step in dispatch.kind.script.splitlines() if step.strip()] if dispatch.kind else []


def _offers(dispatch: Dispatch, offers: Mapping[int, Offer], *, user: Staff) -> list[dict[str, Any]]:
    """Return the offers recommended then, with the cost then; costs only for those who see values."""
    found = []
    for row in dispatch.offers[:MOST_OFFERS]:
        offer = offers.get(row["offer"])
        one = {"offer": row["offer"], "name": offer.name if offer else "", "authority": row["authority"]}
        found.append(one | ({"cost_fen": row["cost_fen"]} if sees_value(user) else {}))
    return found


def _contact(dispatch: Dispatch, verdict: Verdict | None, *, at: dt.datetime) -> dict[str, Any]:
    """Return whether the customer may be contacted, when next, what forbids it, and whether the day's contact is this task's."""
    if verdict is not None:
        rule, words, later = verdict.rule.value, verdict.message, verdict.next_allowed_at
    else:
        rule, later = dispatch.gate_rule, dispatch.gate_next_at
        words = _("Contacted lately, or promised a call") if rule == RESTING else str(Rule(rule).label) if rule else ""
    waits = dispatch.is_open and rule in WAITS
    return {
        "allowed": rule == Rule.ALLOWED,
        "rule": rule,
        "words": words,
        "next_allowed_at": later,
        "is_waiting": waits,
        "is_held": dispatch.holds_today(at),
    }


def _person(staff: Staff | None) -> dict[str, Any] | None:
    return {"id": staff.pk, "name": str(staff)} if staff else None


def _unit(dispatch: Dispatch) -> dict[str, Any] | None:
    unit = dispatch.owner_unit
    return {"unit": unit.pk, "name": unit.name} if unit else None
