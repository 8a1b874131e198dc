"""What a request for a file has to say."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import Export
from cvm import columns

SHORTEST_PURPOSE = 5


class ExportForm(forms.Form):
    """Purpose, format and columns; the list's address comes along unseen."""

    purpose = forms.CharField(
        label=_("Purpose"),
        min_length=SHORTEST_PURPOSE,
        max_length=200,
        help_text=_("Kept in the audit log. At least five characters."),
    )
    format = forms.ChoiceField(label=_("Format"), choices=Export.Format.choices, initial=Export.Format.XLSX)
    columns = forms.MultipleChoiceField(label=_("Columns"))
    query = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["columns"].choices = [(column.name, column.label) for column in columns.allowed(user)]


class RefusalForm(forms.Form):
    """Why a large request is refused."""

    reason = forms.CharField(min_length=SHORTEST_PURPOSE, max_length=200, label=_("Reason"))
