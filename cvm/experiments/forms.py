"""What people write down about a test before it starts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from offers.assignment import PERMILLE
from offers.experiment_actions import Share
from offers.models import Experiment, Offer
from offers.models.experiments import FEWEST_DAYS, MOST_DAYS

OFFER_ARMS = 4


def _percent(label: Any, **more: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, min_value=Decimal("0.1"), max_value=Decimal("99.9"), max_digits=3, decimal_places=1, **more
    )


class ExperimentForm(forms.Form):
    """Name, question, measure and plan of a test, and its arms: the control and up to four offers."""

    query = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput)
    name = forms.CharField(max_length=64, label=gettext_lazy("Name of the test"))
    question = forms.CharField(max_length=200, label=gettext_lazy("What do we want to know?"))
    days = forms.IntegerField(
        min_value=FEWEST_DAYS, max_value=MOST_DAYS, initial=30, label=gettext_lazy("Days until the measure is read")
    )
    measure = forms.ChoiceField(choices=Experiment.Measure.choices, label=gettext_lazy("Main measure"))
    base = _percent(gettext_lazy("Share we expect to stay without an offer, %"), required=False, initial=Decimal(97))
    effect = _percent(gettext_lazy("Smallest difference worth knowing, points"), required=False, initial=Decimal(1))
    effect_yuan = forms.DecimalField(
        min_value=Decimal("0.01"),
        max_value=Decimal(10_000),
        decimal_places=2,
        required=False,
        label=gettext_lazy("Smallest difference of the three-month bill worth knowing, yuan"),
    )
    control_share = _percent(gettext_lazy("Share without an offer, %"), initial=Decimal(50))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        offers = Offer.objects.filter(is_active=True).order_by("priority", "pk")
        for number in range(1, OFFER_ARMS + 1):
            self.fields[f"offer_{number}"] = forms.ModelChoiceField(
                offers, required=number == 1, label=_("Offer of arm %(number)s") % {"number": number}
            )
            self.fields[f"share_{number}"] = _percent(
                _("Share of arm %(number)s, %%") % {"number": number},
                required=number == 1,
                initial=Decimal(50) if number == 1 else None,
            )

    @property
    def arm_fields(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """Return the two fields of each arm with an offer."""
        return [(self[f"offer_{number}"], self[f"share_{number}"]) for number in range(1, OFFER_ARMS + 1)]

    @property
    def plan_fields(self) -> list[forms.BoundField]:
        """Return the fields before the arms, as the page shows them."""
        return [self[name] for name in ("name", "question", "days", "measure", "base", "effect", "effect_yuan")]

    def clean(self) -> dict[str, Any]:
        """Check what belongs together: the plan of the chosen measure, and whole arms that add up."""
        found = super().clean() or {}
        if self.errors:
            return found
        wanted = ("effect_yuan",) if found["measure"] == Experiment.Measure.REVENUE else ("base", "effect")
        for name in wanted:
            if found.get(name) is None:
                self.add_error(name, _("This measure needs it."))
        if not self.errors and found["measure"] == Experiment.Measure.KEPT and found["effect"] >= found["base"]:
            self.add_error("effect", _("The difference must be smaller than the share it starts from."))
        for offer, share in self.arm_fields:
            if (found.get(offer.name) is None) != (found.get(share.name) is None):
                self.add_error(share.name, _("An arm needs both its offer and its share."))
        if not self.errors:
            self._check_arms()
        return found

    def _check_arms(self) -> None:
        arms = self.arms()
        if sum(arm.permille for arm in arms) != PERMILLE:
            raise ValidationError(_("The shares of all arms, the control included, must add up to 100 %."))
        offers = [arm.offer for arm in arms]
        if len(set(offers)) != len(offers):
            raise ValidationError(_("Each offer can be one arm only."))

    def arms(self) -> list[Share]:
        """Return the arms, the control first."""
        found = [Share(None, _permille(self.cleaned_data["control_share"]))]
        for offer, share in self.arm_fields:
            if self.cleaned_data.get(offer.name) is not None:
                found.append(Share(self.cleaned_data[offer.name], _permille(self.cleaned_data[share.name])))
        return found

    def plan(self) -> dict[str, Any]:
        """Return the fields of the test; those the measure does not need stay 0."""
        given = self.cleaned_data
        found = {name: given[name] for name in ("name", "question", "days", "measure")}
        if given["measure"] == Experiment.Measure.REVENUE:
            return found | {"effect_fen": int(given["effect_yuan"] * 100)}
        return found | {"base_permille": _permille(given["base"]), "effect_permille": _permille(given["effect"])}


class StopForm(forms.Form):
    """Why a test ends before its last day."""

    reason = forms.CharField(max_length=200, label=gettext_lazy("Why it is stopped early"))


def _permille(percent: Decimal) -> int:
    return int(percent * 10)
