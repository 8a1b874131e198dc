"""What people type on the ladder's page."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cvm.policy_forms import Group, Line
from segmentation import actions
from segmentation.actions import Ladder, current_draft, live_policy
from segmentation.models import TierPolicy, policies
from segmentation.stickiness import StickinessWeights
from segmentation.wording import label

YUAN = Decimal(100)
WHOLE = 100
POINTS = (0, 100)
RANGES = {**policies.RANGES, **dict.fromkeys(actions.STICKINESS, POINTS)}
GROUPS = (
    (gettext_lazy("Customer code"), actions.CODE),
    (gettext_lazy("Signs of potential, from when on"), actions.SIGNS),
    (gettext_lazy("Points of each sign"), actions.WEIGHTS),
    (gettext_lazy("Credit"), actions.CREDIT),
    (gettext_lazy("Stickiness index, points of each tie: 100 in all"), actions.STICKINESS),
)


class LadderForm(forms.Form):
    """Four limits in yuan that must rise, the months of grace, what decides beside the bands, and why."""

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

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, (least, most) in RANGES.items():
            self.fields[name] = forms.IntegerField(label=label(name), min_value=least, max_value=most, required=False)

    @classmethod
    def for_policy(cls, policy: TierPolicy) -> LadderForm:
        values: dict[str, Any] = {name: getattr(policy, f"{name}_fen") / YUAN for name in cls.LIMITS}
        values |= {name: getattr(policy, name) for name in RANGES}
        return cls(initial={**values, "grace_months": policy.grace_months, "note": policy.note})

    def groups(self, live: TierPolicy) -> Iterator[Group]:
        """Yield what decides beside the bands, each with the value in force."""
        for title, names in GROUPS:
            yield Group(title, [Line(self[name], str(getattr(live, name))) for name in names])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        limits: list[Decimal] = [cleaned[name] for name in self.LIMITS if name in cleaned]
        if len(limits) == len(self.LIMITS) and any(above <= below for above, below in itertools.pairwise(limits)):
            raise forms.ValidationError(_("Each band must start above the one below it."))
        if not self.errors:
            self._check_stickiness(self.ladder().stickiness)
        return cleaned

    def ladder(self) -> Ladder:
        """Return the values in fen; only after the form is valid. What was left out stays as it is."""
        told = self.cleaned_data
        limits = {f"{name}_fen": int(told[name] * YUAN) for name in self.LIMITS}
        beside = {name: told[name] for name in RANGES if told.get(name) is not None}
        changed = limits | beside | {"grace_months": told["grace_months"] or 1, "note": told["note"]}
        return replace(self._base, **changed)

    @cached_property
    def _base(self) -> Ladder:
        """Return the ladder in the making, or in force, that the typed one changes; asked once."""
        return Ladder.of(current_draft() or live_policy())

    def _check_stickiness(self, weights: StickinessWeights) -> None:
        total = sum(weights.most().values())
        if total != WHOLE:
            words = _("The ties of the stickiness index add up to %(total)s, not to 100.")
            raise forms.ValidationError(words % {"total": total})
        if weights.idle_vnet > weights.vnet:
            raise forms.ValidationError(_("A V-net that is not used cannot bind more than one in use."))
