"""What a form of a contact panel says, done and answered in words: one reading for the 360 page and the desk."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from customers import need_actions, upkeep_actions, verified
from customers.access import can
from customers.models import Customer, Staff
from customers.needs import UnknownNeed

Form = Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """What to tell the person; `context` is what the panel's template shows beside its data."""

    words: str
    is_refused: bool = False
    context: dict[str, Any] = field(default_factory=dict)


def answer_need(customer: Customer, form: Form, *, by: Staff, at: dt.datetime) -> Answer:
    """Record the line `text` as a need."""
    text = form.get("text", "").strip()
    if not text:
        return _need_refused(_("Write what the customer needs, for example: broadband."), text)
    try:
        recorded = need_actions.record_need(customer, text=text, by=by, at=at)
    except UnknownNeed:
        return _need_refused(_("No kind of need fits this. Choose one of the list."), text)
    name = {"need": recorded.need.kind.name}
    if recorded.is_new:
        words = _("Recorded: %(need)s.") % name
    elif recorded.is_confirmed:
        words = _("Confirmed: %(need)s.") % name
    else:
        words = _("%(need)s is open already.") % name
    return Answer(words, context={"need_note": words})


def answer_suggestion(customer: Customer, form: Form, *, by: Staff, at: dt.datetime) -> Answer:
    """Close the suggestion `need` that the customer did not confirm."""
    number = form.get("need", "")
    is_closed = number.isdigit() and need_actions.dismiss(customer, need=int(number), by=by, at=at)
    if not is_closed:
        return _need_refused(_("This suggestion is closed already."), "")
    words = _("Noted: not needed.")
    return Answer(words, context={"need_note": words})


def answer_field(customer: Customer, form: Form, *, by: Staff, at: dt.datetime) -> Answer:
    """Confirm (`confirm`) or correct (`answer`) the field `field`, unless it changed since it was `seen`."""
    name, seen = form.get("field", ""), form.get("seen")
    if name == "name" and not can(by, "customers.see_name"):
        return _field_refused(_("This field cannot be changed by hand."), name)
    try:
        if form.get("confirm"):
            upkeep_actions.confirm(customer, field=name, by=by, at=at, seen=seen)
        else:
            upkeep_actions.correct(customer, field=name, answer=form.get("answer", ""), by=by, at=at, seen=seen)
    except verified.NotCorrectable:
        return _field_refused(_("This field cannot be changed by hand."), name)
    except verified.BadAnswer as refused:
        return _field_refused(str(refused), name)
    except upkeep_actions.StaleAnswer:
        return _field_refused(_("Somebody else has just changed this field. Look at it again."), name)
    words = _("%(field)s: verified.") % {"field": verified.EDITABLE[name].label}
    return Answer(words, context={"field_note": words})


def _need_refused(words: str, text: str) -> Answer:
    return Answer(words, is_refused=True, context={"need_error": words, "need_text": text})


def _field_refused(words: str, name: str) -> Answer:
    return Answer(words, is_refused=True, context={"field_error": words, "wrong_field": name})
