"""The draft of a kind's terms as a form: a field per threshold of its module, cool-down, repeating, counties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Branch
from cvm.backtests import labels
from cvm.backtests.labels import COOL_DOWN, COUNTIES, REPEATS
from lifecycle.models import MomentKind
from lifecycle.moments import REGISTRY
from lifecycle.thresholds import ThresholdError, checked, thresholds

MOST_COOL_DOWN = 400


class DraftForm(forms.Form):
    """Thresholds in the units people use (yuan for fen), within the range of the module."""

    cool_down_days = forms.IntegerField(label=gettext_lazy("Cool-down, days"), min_value=0, max_value=MOST_COOL_DOWN)
    repeats = forms.ChoiceField(choices=MomentKind.Repeats.choices)
    counties = forms.ModelMultipleChoiceField(
        Branch.objects.filter(kind=Branch.Kind.COUNTY).order_by("name", "pk"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, row: Mapping[str, Any], **kwargs: Any) -> None:
        self.row = row
        super().__init__(*args, initial=_typed(row), **kwargs)
        own, self.fields = self.fields, {}
        for field in fields(REGISTRY[row["code"]].Thresholds):
            self.fields[field.name] = _field(field.name, field.metadata)
        self.fields |= {name: own[name] for name in (COOL_DOWN, REPEATS, COUNTIES)}
        for name in (REPEATS, COUNTIES):
            self.fields[name].label = labels.label(name)
        self.fields[REPEATS].widget.attrs["class"] = "form-select"
        for name, shown in self.fields.items():
            shown.help_text = _in_force(name, row)

    def clean(self) -> dict[str, Any]:
        """Check what no single field can see: thresholds that must stay in order."""
        if not self.errors:
            try:
                checked(self.row["code"], self.draft()["thresholds"])
            except ThresholdError as error:
                words = _("“%(one)s” must stay above “%(other)s”.")
                other = error.detail.get("other", "")
                self.add_error(error.name, words % {"one": labels.label(error.name), "other": labels.label(other)})
        return self.cleaned_data

    def draft(self) -> dict[str, Any]:
        """Return all terms as they would be stored: whole numbers, money in fen."""
        said = self.cleaned_data
        own = {name: _stored(name, value) for name, value in said.items() if name not in (COOL_DOWN, REPEATS, COUNTIES)}
        return {
            "thresholds": thresholds(self.row["code"], own),
            COOL_DOWN: said[COOL_DOWN],
            REPEATS: said[REPEATS],
            COUNTIES: sorted(county.pk for county in said[COUNTIES]),
        }


def _typed(row: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: _shown(name, value) for name, value in row["thresholds"].items()}
    return found | {name: row[name] for name in (COOL_DOWN, REPEATS, COUNTIES)}


def _field(name: str, limits: Mapping[str, Any]) -> forms.Field:
    least, most = _shown(name, limits["least"]), _shown(name, limits["most"])
    if not labels.is_money(name):
        return forms.IntegerField(label=labels.label(name), min_value=int(least), max_value=int(most))
    return forms.DecimalField(label=labels.label(name), min_value=least, max_value=most, decimal_places=2)


def _shown(name: str, value: int) -> Any:
    if not labels.is_money(name):
        return value
    yuan = Decimal(value) / 100
    return int(yuan) if yuan == int(yuan) else yuan


def _stored(name: str, value: Any) -> int:
    return int(value * 100) if labels.is_money(name) else int(value)


def _in_force(name: str, row: Mapping[str, Any]) -> str:
    value = row[name] if name in (COOL_DOWN, REPEATS, COUNTIES) else row["thresholds"][name]
    return _("in force: %(value)s") % {"value": labels.text(name, value)}
