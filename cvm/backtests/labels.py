"""What a term is called on a page: by the words of the catalogue, with the unit its name ends in."""

from __future__ import annotations

from django.utils.translation import gettext as _

from cvm.moments.words import name_of, unit_of

COOL_DOWN = "cool_down_days"


def label(name: str) -> str:
    """Return a term's name in the reader's language; amounts are in yuan here."""
    if name == COOL_DOWN:
        return _("Cool-down, days")
    unit = _("yuan") if is_money(name) else unit_of(name)
    return _("%(term)s (%(unit)s)") % {"term": name_of(name), "unit": unit} if unit else name_of(name)


def is_money(name: str) -> bool:
    """Tell whether a threshold is stored in fen and shown in yuan."""
    return name.endswith("_fen")
