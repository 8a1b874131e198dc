"""What people say of a call list besides its customers."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from callcenter.call_lists import MOST_DAYS


class CallListForm(forms.Form):
    """What a call list needs besides its customers."""

    query = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput)
    name = forms.CharField(max_length=64, label=gettext_lazy("Name of the call list"))
    why = forms.CharField(max_length=200, label=gettext_lazy("Why we call: the caller reads it"))
    days = forms.IntegerField(
        min_value=1, max_value=MOST_DAYS, initial=7, label=gettext_lazy("Days the list stays open")
    )
    goes_first = forms.BooleanField(required=False, label=gettext_lazy("Before the night's customers"))
