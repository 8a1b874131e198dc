"""What people type on the page of the stage thresholds."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cvm.policy_forms import Group, Line
from lifecycle.models import StagePolicy
from lifecycle.signs import StageThresholds
from lifecycle.stage_actions import LIMITS
from lifecycle.wording import label, value_text

YUAN = Decimal(100)
# least and most of each value; the table's own constraints hold the same
RANGES = {
    "acquisition_months": (1, 35),
    "growth_months": (2, 36),
    "rise_percent": (-88, 100),
    "settle_percent": (-89, 99),
    "decline_percent": (-90, -1),
    "recover_percent": (-89, 98),
    "confirm_months": (1, 6),
    "usage_fall_percent": (-90, -1),
    "few_active_days": (0, 31),
    "enough_signals": (1, 4),
    "low_months": (1, 12),
    "event_days": (1, 60),
    "silent_data_mb": (1, 1024),
    "silent_months": (1, 12),
    "suspended_months": (1, 12),
    "return_active_days": (0, 31),
    "returned_months": (1, 24),
}
GROUPS = (
    (gettext_lazy("Acquisition and growth"), ("acquisition_months", "growth_months", "rise_percent", "settle_percent")),
    (gettext_lazy("Decline"), ("decline_percent", "recover_percent", "confirm_months")),
    (
        gettext_lazy("Signals of decline"),
        ("usage_fall_percent", "few_active_days", "enough_signals", "low_months", "event_days"),
    ),
    (gettext_lazy("Exit"), ("silent_kind", "silent_data_mb", "silent_months", "suspended_months")),
    (gettext_lazy("Return"), ("return_bill", "return_active_days", "returned_months")),
)
RISING = ("decline_percent", "recover_percent", "settle_percent", "rise_percent")


class ThresholdForm(forms.Form):
    """Every value of a stage policy, and why."""

    note = forms.CharField(label=gettext_lazy("Why"), max_length=200, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, (least, most) in RANGES.items():
            self.fields[name] = forms.IntegerField(label=label(name), min_value=least, max_value=most)
        self.fields["silent_kind"] = forms.TypedChoiceField(
            label=label("silent_kind"), choices=StagePolicy.SilentKind.choices, coerce=int
        )
        self.fields["return_bill"] = forms.DecimalField(
            label=label("return_bill_fen"), min_value=0, max_value=1000, max_digits=6, decimal_places=2
        )

    @classmethod
    def for_policy(cls, policy: StagePolicy) -> ThresholdForm:
        values = {name: getattr(policy, name) for name in LIMITS}
        return cls(initial={**values, "return_bill": policy.return_bill_fen / YUAN, "note": policy.note})

    def groups(self, live: StagePolicy) -> Iterator[Group]:
        """Yield the lines of the page, each with the value in force."""
        for title, names in GROUPS:
            stored = {"return_bill": "return_bill_fen"}
            yield Group(title, [Line(self[name], value_text(live, stored.get(name, name))) for name in names])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        lines = [cleaned[name] for name in RISING if name in cleaned]
        if len(lines) == len(RISING) and lines != sorted(set(lines)):
            raise forms.ValidationError(_("Decline, recovery, settling and growth must rise in this order."))
        months = cleaned.get("acquisition_months"), cleaned.get("growth_months")
        if None not in months and months[0] >= months[1]:
            raise forms.ValidationError(_("Growth must end after acquisition, at the latest in month 36."))
        return cleaned

    def values(self) -> dict[str, int]:
        """Return the values as the policy keeps them; only after the form is valid."""
        told = {name: self.cleaned_data[name] for name in LIMITS if name in self.cleaned_data}
        return {**told, "return_bill_fen": int(self.cleaned_data["return_bill"] * YUAN)}

    def thresholds(self) -> StageThresholds:
        """Return the values as the rule takes them; only after the form is valid."""
        return StageThresholds(**self.values())
