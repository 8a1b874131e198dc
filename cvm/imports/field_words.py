"""What the fields and the choices of a kind of file are called on pages: as the models call them."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from callcenter.models import Contact
from customers.importing.words import DATA_UNITS, MONEY_UNITS, MONTH_UNITS, SHARE_UNITS, VOICE_UNITS
from customers.models import (
    Bundle,
    CircleTie,
    Complaint,
    Customer,
    Event,
    Family,
    GroupAccount,
    MappingTemplate,
    MonthlyBill,
    NetworkQuality,
    ServiceLog,
    Subscription,
    SurveyAnswer,
    UsageMonth,
)

Kind = MappingTemplate.Kind
MODELS: dict[str, tuple[type[models.Model], ...]] = {
    Kind.PROFILE: (Customer,),
    Kind.BILLS: (MonthlyBill, Customer),
    Kind.BUNDLES: (Bundle, Customer),
    Kind.GROUPS: (GroupAccount,),
    Kind.FAMILIES: (Family, Customer),
    Kind.COMPLAINTS: (Complaint, Customer),
    Kind.EVENTS: (Event, Customer),
    Kind.CIRCLES: (CircleTie, Customer),
    Kind.CONTACTS: (Contact, Customer),
    Kind.NETWORK: (NetworkQuality, Customer),
    Kind.SERVICE_LOGS: (ServiceLog, Customer),
    Kind.USAGE: (UsageMonth, Customer),
    Kind.SUBSCRIPTIONS: (Subscription, Customer),
    Kind.SURVEYS: (SurveyAnswer, Customer),
    Kind.KEY_PERSONS: (Customer,),
    Kind.COHORTS: (Customer,),
}
# Fields of files that no column carries under the same name.
NAMES = {
    "account_manager": _("account manager (login)"),
    "average": _("average bill"),
    "consent_app": _("consent to app messages"),
    "consent_call": _("consent to calls"),
    "consent_sms": _("consent to messages"),
    "county": _("county"),
    "do_not_disturb": _("do not disturb"),
    "do_not_disturb_from": _("do not disturb from"),
    "do_not_disturb_to": _("do not disturb until"),
    "duty": _("duty"),
    "form": _("questionnaire"),
    "group_code": _("group code"),
    "is_key_person": _("key person"),
    "is_member": _("member of the cohort"),
    "is_outbound": _("direction"),
    "list": _("list"),
    "manager": _("phone manager (login)"),
    "member": _("member"),
    "month": _("month"),
    "offer": _("offer"),
    "peer_code": _("user code of the other side"),
    "peer_msisdn": _("number of the other side"),
    "sms_count": _("SMS count"),
    "source_key": _("record number"),
    "staff": _("staff member (login)"),
    "value": _("answer"),
    "year": _("year"),
}
UNITS = {
    "yuan": _("yuan"),
    "fen": _("fen"),
    "li": _("li (1/1000 yuan)"),
    "wan": _("10,000 yuan"),
    "min": _("minutes"),
    "s": _("seconds"),
    "h": _("hours"),
    "months": _("months"),
    "years": _("years"),
    "days": _("days"),
    "percent": _("percent"),
    "share": _("share of one"),
}
TABLES = (MONEY_UNITS, DATA_UNITS, VOICE_UNITS, MONTH_UNITS, SHARE_UNITS)


def field_name(kind: str, name: str) -> str:
    """Return what a field of a kind of file is called."""
    if name in NAMES:
        return str(capfirst(NAMES[name]))
    found = _model_field(kind, name)
    return str(capfirst(found.verbose_name)) if found is not None else name.replace("_", " ")


def unit_name(unit: str) -> str:
    """Return a unit in words; byte units are written the same in both languages."""
    return str(UNITS.get(unit, unit))


def choice_name(kind: str, name: str, value: Any, words: list[str]) -> str:
    """Return what a value of a choice means: the model's label, else the first word that files use for it."""
    found = _model_field(kind, name)
    labels = dict(found.flatchoices) if found is not None and found.choices else {}
    return str(labels.get(value) or (words[0] if words else value))


def _model_field(kind: str, name: str) -> Any:
    for model in MODELS.get(kind, ()):
        try:
            return model._meta.get_field(name)
        except FieldDoesNotExist:
            continue
    return None
