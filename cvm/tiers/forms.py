"""What people type on the ladder's page."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from segmentation.actions import Ladder
from segmentation.models import TierPolicy

YUAN = Decimal(100)


class LadderForm(forms.Form):
    """Four limits in yuan that must rise, the months of grace, and why."""

    high_from = forms.DecimalField(label=gettext_lazy("High from"), min_value=1, max_digits=8, decimal_places=2)
    mid_from = forms.DecimalField(label=gettext_lazy("Mid from"), min_value=1, max_digits=8, decimal_places=2)
    potential_from = forms.DecimalField(
        label=gettext_lazy("Potential from"), min_value=1, max_digits=8, decimal_places=2
    )
    low_from = forms.DecimalField(label=gettext_lazy("Low from"), min_value=1, max_digits=8, decimal_places=2)
    grace_months = forms.IntegerField(
        label=gettext_lazy("Months below a line before a customer falls"), min_value=1, max_value=6, required=False
    )
    note = forms.CharField(label=gettext_lazy("Why"), max_length=200, required=False)

    LIMITS = ("high_from", "mid_from", "potential_from", "low_from")

    @classmethod
    def for_policy(cls, policy: TierPolicy) -> LadderForm:
        values: dict[str, Any] = {name: getattr(policy, f"{name}_fen") / YUAN for name in cls.LIMITS}
        return cls(initial={**values, "grace_months": policy.grace_months, "note": policy.note})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        limits: list[Decimal] = [cleaned[name] for name in self.LIMITS if name in cleaned]
        if len(limits) == len(self.LIMITS) and any(above <= below for above, below in itertools.pairwise(limits)):
            raise forms.ValidationError(_("Each band must start above the one below it."))
        return cleaned

    def ladder(self) -> Ladder:
        """Return the values in fen; only after the form is valid."""
        limits = {f"{name}_fen": int(self.cleaned_data[name] * YUAN) for name in self.LIMITS}
        return Ladder(**limits, grace_months=self.cleaned_data["grace_months"] or 1, note=self.cleaned_data["note"])


class DayForm(forms.Form):
    """The day a version comes into force; empty means at once."""

    effective_on = forms.DateField(label=gettext_lazy("In force from"), required=False)
