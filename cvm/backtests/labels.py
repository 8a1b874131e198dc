"""What a term is called on a page: by the words of the catalogue, with the unit its name ends in."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from customers.models import Branch
from cvm.lib.money import yuan_text
from cvm.moments.words import name_of, unit_of
from lifecycle.models import MomentKind

COOL_DOWN = "cool_down_days"
REPEATS, COUNTIES = "repeats", "counties"


def label(name: str) -> str:
    """Return a term's name in the reader's language; amounts are in yuan here."""
    if name == COOL_DOWN:
        return _("Cool-down, days")
    if name in (REPEATS, COUNTIES):
        return _("Within the cool-down") if name == REPEATS else _("Counties")
    unit = _("yuan") if is_money(name) else unit_of(name)
    return _("%(term)s (%(unit)s)") % {"term": name_of(name), "unit": unit} if unit else name_of(name)


def is_money(name: str) -> bool:
    """Tell whether a threshold is stored in fen and shown in yuan."""
    return name.endswith("_fen")


def text(name: str, value: Any) -> str:
    """Return a term's value in the reader's language: amounts in yuan, counties by name, none of them as everywhere."""
    if name == REPEATS:
        return str(MomentKind.Repeats(value).label)
    if name == COUNTIES:
        names = Branch.objects.filter(pk__in=value).order_by("name", "pk").values_list("name", flat=True)
        return ", ".join(names) if value else _("everywhere")
    return yuan_text(value) if is_money(name) else str(value)
