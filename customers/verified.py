"""Which profile fields people may verify or correct, how an answer is read, and what was verified so far."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer

Words = str | Promise
OLDEST_BIRTH = dt.date(1900, 1, 1)
GENDERS: tuple[tuple[int, Words], ...] = ((1, gettext_lazy("Male")), (2, gettext_lazy("Female")))


class NotCorrectable(ValueError):
    """Nobody may change this field by hand: it comes from the systems behind us."""


class BadAnswer(ValueError):
    """The answer is none this field can hold; the message says what would be."""


@dataclass(frozen=True)
class Editable:
    """One field people may correct: how it is asked and what it can hold."""

    name: str
    label: Words
    ask: Words
    kind: str  # text, date or choice
    choices: tuple[tuple[int, Words], ...] = ()
    length: int = 0
    read: Callable[[Editable, str, dt.date], Any] = lambda field, text, today: text


def parse(name: str, text: str, *, today: dt.date) -> Any:
    """Return the value an answer means. Raises NotCorrectable and BadAnswer."""
    field = EDITABLE.get(name)
    if field is None:
        raise NotCorrectable(name)
    return field.read(field, text.strip(), today)


def written(value: Any) -> str:
    """Return a value as FieldCheck keeps it: ISO date, number of the choice, text; nothing for None."""
    return "" if value is None else str(value)


def shown(name: str, text: str) -> str:
    """Return a kept value in the reader's words."""
    field = EDITABLE.get(name)
    if field is not None and field.kind == "choice":
        words = {str(value): str(label) for value, label in field.choices} | {"0": _("unknown")}
        return words.get(text, text)
    return text


def values_of(customer: Customer) -> dict[str, Any]:
    """Return the present values of all editable fields."""
    return {name: getattr(customer, name) for name in EDITABLE}


def _text(field: Editable, text: str, today: dt.date) -> str:
    if not text:
        raise BadAnswer(_("Write the answer, or confirm what stands there."))
    if len(text) > field.length:
        raise BadAnswer(_("At most %(length)s characters fit here.") % {"length": field.length})
    return text


def _date(field: Editable, text: str, today: dt.date) -> dt.date:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError as error:
        raise BadAnswer(_("Write the day as 1985-03-27.")) from error
    if not OLDEST_BIRTH <= day <= today:
        raise BadAnswer(_("Nobody is born on that day."))
    return day


def _choice(field: Editable, text: str, today: dt.date) -> int:
    if text not in {str(value) for value, _label in field.choices}:
        raise BadAnswer(_("Choose one of the answers."))
    return int(text)


def _fields() -> Iterator[Editable]:
    """Yield the editable fields; a choice whose zero means "unknown" does not offer it."""

    def known(choices: Any) -> tuple[tuple[int, Words], ...]:
        return tuple((value, label) for value, label in choices if value)

    def text(name: str, label: Words, ask: Words) -> Editable:
        length = Customer._meta.get_field(name).max_length or 0
        return Editable(name, label, ask, "text", length=length, read=_text)

    def choice(name: str, label: Words, ask: Words, choices: tuple[tuple[int, Words], ...]) -> Editable:
        return Editable(name, label, ask, "choice", choices=choices, read=_choice)

    yield choice(
        "broadband_carrier",
        gettext_lazy("Broadband"),
        gettext_lazy("Whose broadband is at home?"),
        tuple(Customer.BroadbandCarrier.choices),
    )
    yield choice(
        "dual_sim", gettext_lazy("Second SIM"), gettext_lazy("Is there a second SIM?"), known(Customer.DualSim.choices)
    )
    yield Editable(
        "birth_date", gettext_lazy("Birth date"), gettext_lazy("When is the birthday?"), "date", length=10, read=_date
    )
    yield text("handset_model", gettext_lazy("Handset"), gettext_lazy("Which handset is in use?"))
    yield choice(
        "family_role",
        gettext_lazy("Family role"),
        gettext_lazy("Who decides and who pays at home?"),
        tuple(Customer.FamilyRole.choices),
    )
    yield choice(
        "pay_mode", gettext_lazy("Payment"), gettext_lazy("How are bills paid?"), known(Customer.PayMode.choices)
    )
    yield text("occupation", gettext_lazy("Occupation"), gettext_lazy("What is the occupation?"))
    yield text("industry", gettext_lazy("Industry"), gettext_lazy("In which industry?"))
    yield text("interests", gettext_lazy("Interests"), gettext_lazy("What are the interests?"))
    yield text("name", gettext_lazy("Name"), gettext_lazy("What is the full name?"))
    yield choice("gender", gettext_lazy("Gender"), gettext_lazy("Mr or Ms?"), GENDERS)


EDITABLE: Mapping[str, Editable] = {field.name: field for field in _fields()}
