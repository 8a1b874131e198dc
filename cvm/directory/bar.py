"""The bar of filters above the list, and what is chosen in it as chips."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy

from customers.models import Branch, Need, NeedKind, Tag
from cvm.directory.addresses import POSITION, changed
from cvm.filters import StandingFilter
from lifecycle.models import MomentKind

# the filters that stand in the bar, as far as the reader has them; the others arrive by links and show as chips
IN_BAR = ("band", "stage", "warning", "layer", "code", "tag", "need")
STEPS = {str(status): status.label for status in Need.Status} | {
    "open": gettext_lazy("still open"),
    "suggested": gettext_lazy("suggested by data"),
}


@dataclass(frozen=True)
class Chip:
    """One active filter in words, and the list without it."""

    label: str
    value: str
    url: str


@dataclass(frozen=True)
class Choice:
    """One value a filter can take."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True)
class Select:
    """One filter of the bar with its values."""

    name: str
    label: str
    choices: list[Choice]


def bar(wanted: StandingFilter, *, counties: list[Branch]) -> dict[str, Any]:
    """Return what the bar shows, and the rest of the address it has to keep."""
    several = {name for name, values in wanted.data.lists() if len(values) > 1}  # a select holds one; chips show these
    selects = [_select(wanted, name, choices_of(wanted, name)) for name in IN_BAR if name in wanted.filters]
    kinds = MomentKind.objects.filter(is_enabled=True).order_by("bit")
    selects.append(_select(wanted, "moment", [(kind.code, kind.name) for kind in kinds]))
    if len(counties) > 1:
        selects.insert(0, _select(wanted, "county", [(county.pk, county.name) for county in counties]))
    selects = [select for select in selects if select.choices and select.name not in several]
    shown = {select.name for select in selects} | set(POSITION)
    kept = [(name, value) for name, values in wanted.data.lists() if name not in shown for value in values]
    return {"selects": selects, "kept": kept}


def chips(wanted: StandingFilter, *, counties: list[Branch]) -> list[Chip]:
    """Return the active filters in words."""
    places = {str(county.pk): county.name for county in counties}
    found = []
    for name, filter_ in wanted.filters.items():
        known = places if name == "county" else {str(key): str(label) for key, label in choices_of(wanted, name)}
        for value in filter(None, wanted.data.getlist(name)):
            url = changed(wanted.data, {}, without=(name, value))
            found.append(Chip(str(filter_.label), known.get(value) or named(name, value), url))
    return found


def named(name: str, value: str) -> str:
    """Return the value of a filter by code in words: a moment, a tag, a need and its step; others as they stand."""
    code, _colon, step = value.partition(":")
    model = {"moment": MomentKind, "tag": Tag, "need": NeedKind}.get(name)
    row = model.objects.filter(code=code).first() if model else None
    if row is None:
        return value
    return f"{row.name} · {STEPS[step]}" if step in STEPS else row.name


def choices_of(wanted: StandingFilter, name: str) -> list[tuple[Any, Any]]:
    """Return the values of a filter with their words; none for a filter of free numbers or texts."""
    choices = getattr(wanted.form.fields[name], "choices", ())
    return [(value, label) for value, label in choices if str(value)]


def _select(wanted: StandingFilter, name: str, choices: Iterable[tuple[Any, Any]]) -> Select:
    chosen = wanted.data.getlist(name)
    found = [Choice(str(value), str(label), str(value) in chosen) for value, label in choices]
    return Select(name, str(wanted.filters[name].label), found)
