"""What people write about a segment: name, meaning, and the rule as a tree."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from segmentation.segments import Catalogue, InvalidRule, Rule, check_rule

LONGEST_RULE = 20_000


class RuleForm(forms.Form):
    """A rule alone, as the count needs it."""

    rule = forms.CharField(
        label=gettext_lazy("Rule as a tree (JSON)"),
        max_length=LONGEST_RULE,
        widget=forms.Textarea(attrs={"rows": 12, "class": "form-control segment-json", "spellcheck": "false"}),
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, fields: Catalogue, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = fields

    def clean_rule(self) -> Rule:
        """Return the tree; what is wrong with it is said with the path to the place."""
        try:
            return check_rule(json.loads(self.cleaned_data["rule"]), self.known)
        except InvalidRule as error:
            raise forms.ValidationError(str(error)) from error
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(_("This is not JSON.")) from error


class SegmentForm(RuleForm):
    """A segment to keep."""

    name = forms.CharField(
        label=gettext_lazy("Name of the segment"),
        max_length=64,
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )
    meaning = forms.CharField(
        label=gettext_lazy("Meaning"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )


class LockForm(forms.Form):
    """Whether a segment is locked, and the last day of the lock."""

    on = forms.TypedChoiceField(choices=[("1", ""), ("0", "")], coerce=lambda value: value == "1")
    until = forms.DateField(required=False)


def written(rule: Rule) -> str:
    """Return a rule as people edit it."""
    return json.dumps(rule, ensure_ascii=False, indent=2)
