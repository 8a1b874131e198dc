"""Thresholds and deadlines of a kind in words: name, value and unit, as its module declares them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from cvm.lib.money import yuan_text
from lifecycle.models import MomentKind
from lifecycle.moments import REGISTRY

UNITS = (
    ("_hours", _("hours")),
    ("_days", _("days")),
    ("_day", _("day of the month")),
    ("_months", _("months")),
    ("_percent", "%"),
    ("_fen", _("fen")),
)
# a threshold's value with its unit, by the same endings
WITH_UNIT = {
    "_hours": ngettext_lazy("%(value)s hour", "%(value)s hours", "value"),
    "_days": ngettext_lazy("%(value)s day", "%(value)s days", "value"),
    "_day": _("day %(value)s of the month"),
    "_months": ngettext_lazy("%(value)s month", "%(value)s months", "value"),
    "_percent": _("%(value)s%%"),
}
# a threshold's own name in words; what is not here is written as it is called
NAMES = {
    "red_hours": _("Deadline, red"),
    "orange_hours": _("Deadline, orange"),
    "yellow_hours": _("Deadline, yellow"),
    "normal_hours": _("Deadline, normal"),
    "deadline_hours": _("Deadline"),
    "early_hours": _("Deadline, first step"),
    "rebate_hours": _("Deadline, last rebate"),
    "early_days": _("First step"),
    "yellow_days": _("Yellow from"),
    "orange_days": _("Orange from"),
    "red_days": _("Red from"),
    "rebate_until_day": _("Rebates told until"),
    "tenure_months": _("Months on network"),
    "days_before": _("Days before"),
    "least_star_level": _("Least star level"),
    "province_days": _("Days in other provinces"),
    "abroad_within_days": _("Abroad since, at most"),
    "least_balance_fen": _("Least balance"),
    "share_percent": _("Share of the average"),
    "orange_share_percent": _("Share for orange"),
    "least_fall_fen": _("Least fall"),
    "least_rise_fen": _("Least rise"),
    "within_days": _("Within"),
    "trial_within_days": _("Free trial within"),
    "used_percent": _("Share of the quota used"),
    "until_day": _("Until"),
    "over_months": _("Bills with fees beyond the plan"),
    "changed_within_days": _("Changed within"),
    "used_months": _("Months in use"),
    "ends_within_days": _("Ends within"),
    "weekday": _("Day of the week (0: every day)"),
    "least_points": _("Least points"),
    "yellow_low_months": _("Low months for yellow"),
    "orange_low_months": _("Low months for orange"),
    "forward_days": _("Days forwarded"),
    "hotline_calls": _("Calls to a hotline"),
    "onnet_fall_percent": _("Fall of the share within our network"),
    "complaints": _("Complaints in 30 days"),
    "poor_events": _("Poor calls and sessions in 30 days"),
    "ported_members": _("Members ported in 30 days"),
    "unified_pay_days": _("Payment by the group ends within"),
}


@dataclass(frozen=True)
class Threshold:
    """One threshold: its field, words, value in force, default and range."""

    name: str
    label: str
    unit: str
    value: int
    default: int
    least: int
    most: int

    @property
    def shown(self) -> str:
        return value_words(self.name, self.value)

    @property
    def default_shown(self) -> str:
        return value_words(self.name, self.default)


def value_words(name: str, value: int) -> str:
    """Return a threshold's value as it is read: money in yuan, everything else with its unit."""
    if name.endswith("_fen"):
        return yuan_text(value)
    words = next((words for ending, words in WITH_UNIT.items() if name.endswith(ending)), None)
    return words % {"value": value} if words else f"{value:,}"


def name_of(name: str) -> str:
    """Return a threshold's name in the reader's language."""
    return str(NAMES.get(name, name.replace("_", " ")))


def unit_of(name: str) -> str:
    """Return the unit a threshold's name ends in, in words; nothing for a bare number."""
    return next((str(unit) for ending, unit in UNITS if name.endswith(ending)), "")


def threshold_rows(kind: MomentKind) -> list[Threshold]:
    """Return the thresholds of a kind in the module's order."""
    return [_row(field, kind.thresholds) for field in fields(REGISTRY[kind.code].Thresholds)]


def deadlines(kind: MomentKind) -> list[tuple[str, int]]:
    """Return the deadlines of a kind in words, with their hours."""
    return [(row.label, row.value) for row in threshold_rows(kind) if row.name.endswith("_hours")]


def _row(field: Any, overrides: dict[str, int]) -> Threshold:
    return Threshold(
        name=field.name,
        label=name_of(field.name),
        unit=unit_of(field.name),
        value=overrides.get(field.name, field.default),
        default=field.default,
        least=field.metadata["least"],
        most=field.metadata["most"],
    )
