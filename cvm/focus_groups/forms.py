"""What people type about a focus group."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import NeedKind
from lifecycle.models import Stage
from offers.models import Offer

MOST_SEED = 2**31 - 1


class GroupForm(forms.Form):
    """Name, topic, stage, size, day; the seed is drawn unless somebody wants to draw the same again."""

    name = forms.CharField(label=_("Name of the group"), max_length=80)
    topic = forms.CharField(label=_("Topic"), max_length=200)
    stage = forms.TypedChoiceField(label=_("Stage"), choices=Stage.choices, coerce=int)
    size = forms.IntegerField(label=_("Size"), min_value=3, max_value=50, initial=12)
    meets_on = forms.DateField(label=_("Meets on"), required=False)
    seed = forms.IntegerField(label=_("Seed (empty: a new one)"), min_value=1, max_value=MOST_SEED, required=False)


class NeedForm(forms.Form):
    """What somebody needs, in one line."""

    text = forms.CharField(max_length=200)


class IdeaForm(forms.Form):
    """An idea for a kind of need, and the offer of the catalogue that comes near, if one does."""

    kind = forms.ModelChoiceField(NeedKind.objects.filter(is_active=True), to_field_name="code")
    words = forms.CharField(max_length=200)
    offer = forms.ModelChoiceField(Offer.objects.filter(is_active=True), to_field_name="code", required=False)
