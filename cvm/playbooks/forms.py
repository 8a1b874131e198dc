"""What an administrator types into the playbook of a stage."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lifecycle.models import Playbook
from lifecycle.playbooks import DECIDES, label
from offers.models import Offer

LONGEST = 2000


class PlaybookForm(forms.Form):
    """Aim, talking points and what to avoid in both languages; offers, channels, rhythm; and why."""

    aim_zh = forms.CharField(max_length=120)
    aim_en = forms.CharField(max_length=160)
    talk_zh = forms.CharField(max_length=LONGEST, widget=forms.Textarea)
    talk_en = forms.CharField(max_length=LONGEST, widget=forms.Textarea)
    avoid_zh = forms.CharField(max_length=LONGEST, widget=forms.Textarea, required=False)
    avoid_en = forms.CharField(max_length=LONGEST, widget=forms.Textarea, required=False)
    offer_families = forms.MultipleChoiceField(choices=Offer.Family.choices, required=False)
    channels = forms.MultipleChoiceField(choices=Playbook.Channel.choices)
    rhythm_days = forms.IntegerField(min_value=7, max_value=365)
    note = forms.CharField(label=_("Why"), max_length=200)

    TICKED = ("offer_families", "channels")
    LONG = ("talk_zh", "talk_en", "avoid_zh", "avoid_en")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in DECIDES:
            self.fields[name].label = label(name)

    @classmethod
    def for_playbook(cls, playbook: Playbook) -> PlaybookForm:
        return cls(initial={name: getattr(playbook, name) for name in (*DECIDES, "note")})

    def values(self, *, before: Playbook) -> dict[str, Any]:
        """Return the values as the playbook keeps them; only after the form is valid.

        Boxes have no order: what was ticked before keeps its place, what is new comes after it.
        """
        told = {name: self.cleaned_data[name] for name in (*DECIDES, "note")}
        told |= {name: told[name].replace("\r\n", "\n") for name in self.LONG}
        return told | {name: _in_order(getattr(before, name), told[name]) for name in self.TICKED}


def _in_order(before: list[str], ticked: list[str]) -> list[str]:
    kept = [one for one in before if one in ticked]
    return kept + [one for one in ticked if one not in kept]
