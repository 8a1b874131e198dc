"""The form of one kind: its playbook, its terms, a field per threshold, the counties it is on in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import Branch
from cvm.moments.words import threshold_rows
from lifecycle.models import MomentKind
from lifecycle.moment_actions import EDITABLE
from lifecycle.thresholds import ThresholdError, checked, thresholds

MOST_COOL_DOWN = 400  # as far back as a night looks
THRESHOLD = "threshold_"


class KindForm(forms.ModelForm):
    """What people may change of a kind; `seen` is the version they looked at."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        max_length=200,
        required=False,
        label=_("Reason, where terms are changed without a back-test (kept with the version)"),
    )

    class Meta:
        model = MomentKind
        fields = (*EDITABLE, "counties")
        labels = {
            "name_zh": _("Name, Chinese"),
            "name_en": _("Name, English"),
            "action_zh": _("Action, Chinese"),
            "action_en": _("Action, English"),
            "script_zh": _("Script, Chinese (one step a line)"),
            "script_en": _("Script, English (one step a line)"),
            "closing_zh": _("Closed when, Chinese"),
            "closing_en": _("Closed when, English"),
            "evidence_zh": _("Evidence, Chinese"),
            "evidence_en": _("Evidence, English"),
        }
        widgets = {"counties": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self.instance
        self.fields["seen"].initial = kind.version
        self.fields["cool_down_days"].min_value, self.fields["cool_down_days"].max_value = 0, MOST_COOL_DOWN
        counties = Branch.objects.filter(kind=Branch.Kind.COUNTY).order_by("name", "pk")
        self.fields["counties"].queryset = counties
        for row in threshold_rows(kind):
            label = _("%(term)s (%(unit)s)") % {"term": row.label, "unit": row.unit} if row.unit else row.label
            self.fields[THRESHOLD + row.name] = forms.IntegerField(
                label=label,
                initial=row.value,
                min_value=row.least,
                max_value=row.most,
                help_text=_("Default %(default)s, from %(least)s to %(most)s")
                % {"default": row.default, "least": row.least, "most": row.most},
            )
        for field in self.fields.values():
            if not isinstance(field.widget, forms.CheckboxInput | forms.CheckboxSelectMultiple | forms.HiddenInput):
                is_choice = isinstance(field.widget, forms.Select)
                field.widget.attrs["class"] = "form-select" if is_choice else "form-control"

    def keep_terms(self) -> None:
        """Let nobody type into what comes into force by a back-test."""
        for name in (*(field.name for field in self.threshold_fields), "cool_down_days"):
            self.fields[name].widget.attrs["readonly"] = True

    @property
    def terms(self) -> dict[str, Any]:
        """Return the terms that decide who is found, as a back-test knows them."""
        resolved = thresholds(self.instance.code, self.thresholds)
        counties = sorted(county.pk for county in self.cleaned_data["counties"])
        said = {name: self.cleaned_data[name] for name in ("cool_down_days", "repeats")}
        return {"thresholds": resolved, "counties": counties, **said}

    def clean(self) -> dict[str, Any]:
        """Refuse thresholds the module does not take, beside the field they were typed into."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            checked(self.instance.code, self.thresholds)
        except ThresholdError as error:
            self.add_error(THRESHOLD + error.name, str(error))
        return said

    def clean_cool_down_days(self) -> int:
        """Refuse a cool-down longer than a night looks back."""
        days: int = self.cleaned_data["cool_down_days"]
        if not 0 <= days <= MOST_COOL_DOWN:
            raise forms.ValidationError(_("A cool-down has 0 to %(most)s days.") % {"most": MOST_COOL_DOWN})
        return days

    @property
    def thresholds(self) -> dict[str, int]:
        """Return the thresholds given, by name."""
        return {
            name.removeprefix(THRESHOLD): value
            for name, value in self.cleaned_data.items()
            if name.startswith(THRESHOLD)
        }

    @property
    def threshold_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(THRESHOLD)]

    @property
    def playbook_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in EDITABLE if name.endswith(("_zh", "_en"))]

    @property
    def term_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in EDITABLE if not name.endswith(("_zh", "_en"))]
