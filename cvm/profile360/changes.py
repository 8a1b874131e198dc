"""Verdicts that changed from night to night, and the policies behind them, as sources of the timeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

import lifecycle.panels
import retention.panels
import segmentation.panels
from customers.models import Customer, StandingChange
from customers.panels import Reader, Source, Told
from customers.queries360 import TIMELINE

Field = StandingChange.Field
WORDS = (
    {Field.STATE: Customer.State} | segmentation.panels.CHANGED | lifecycle.panels.CHANGED | retention.panels.CHANGED
)
SECRET = frozenset(segmentation.panels.CHANGED)  # band, code, layer, cohort
# which policy decides a verdict, the key of Run.policies; a state is the import's word
POLICY = {
    Field.BAND: "tier",
    Field.CODE: "tier",
    Field.LAYER: "tier",
    Field.COHORT: "cohort",
    Field.STAGE: "stage",
    Field.WARNING: "warning",
}
POLICY_WORDS = {
    "tier": gettext_lazy("Tier policy v%(version)s"),
    "stage": gettext_lazy("Stage policy v%(version)s"),
    "warning": gettext_lazy("Warning policy v%(version)s"),
    "cohort": gettext_lazy("Cohort %(version)s"),
}
SECRET_POLICIES = frozenset({"tier", "cohort"})


def fields_for(reader: Reader) -> list[int]:
    """Return the verdicts whose changes the reader may see."""
    return [field.value for field in Field if reader.sees_value or field not in SECRET]


def change_words(row: Mapping[str, Any], reader: Reader) -> Told:
    """Return one changed verdict: from what, to what, by which version of the policy."""
    field = Field(row["field"])
    words = {
        "verdict": field.label,
        "before": _label(field, row["before"]),
        "after": _label(field, row["after"]),
    }
    level = row["after"] if field == Field.WARNING else 0
    policy = _policy(POLICY[field], row["policies"]) if field in POLICY else ""
    return Told(_("%(verdict)s: %(before)s → %(after)s") % words, policy, level)


def policy_words(row: Mapping[str, Any], reader: Reader) -> Told | None:
    """Return the policies that were new in a night; nothing when the reader may see none of them."""
    new = [
        name
        for name in POLICY_WORDS
        if row["before"].get(name) != row["after"].get(name) and (reader.sees_value or name not in SECRET_POLICIES)
    ]
    if not new:
        return None
    return Told(
        _("Judged by a new version from this night on"), " · ".join(_policy(name, row["after"]) for name in new)
    )


def _policy(name: str, policies: Mapping[str, Any]) -> str:
    return str(POLICY_WORDS[name]) % {"version": policies[name]} if policies.get(name) is not None else ""


def _label(field: Field, value: int) -> str:
    words = WORDS[field]
    return str(words(value).label) if value in words.values else _("none")


SOURCES = {
    "change": Source(TIMELINE["change"], "refresh", change_words),
    "policy": Source(TIMELINE["policy"], "adjustments", policy_words),
}
