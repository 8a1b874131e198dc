"""What the forms of the policies in versions share: lines in groups, and the day a version comes into force."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy


@dataclass(frozen=True)
class Line:
    """One value on the page: its field, and what is in force."""

    field: forms.BoundField
    live: str

    @property
    def choices(self) -> Iterable[Any]:
        """Return what there is to choose from; nothing for a number."""
        return getattr(self.field.field, "choices", ())

    @property
    def is_whole(self) -> bool:
        return isinstance(self.field.field, forms.IntegerField)


@dataclass(frozen=True)
class Group:
    """Values that belong together."""

    title: str | Promise
    lines: list[Line]


class DayForm(forms.Form):
    """The day a version comes into force; empty means at once."""

    effective_on = forms.DateField(label=gettext_lazy("In force from"), required=False)
