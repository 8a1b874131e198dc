"""A segment's rule in the reader's words, and what differs between two of them."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cvm.lib.money import yuan_text
from segmentation.segments import DAYS, EVENTS, NUMBER, Catalogue, Field, Rule

HEADS = {
    "all": gettext_lazy("All of these hold:"),
    "any": gettext_lazy("At least one of these holds:"),
    "not": gettext_lazy("None of these holds:"),
}
SAID = {
    "at_least": gettext_lazy("%(field)s at least %(value)s"),
    "below": gettext_lazy("%(field)s below %(value)s"),
    "between": gettext_lazy("%(field)s from %(value)s to %(last)s"),
}
Line = tuple[int, str]  # how deep a line stands, and its words


def rule_in_words(rule: Rule, fields: Catalogue) -> str:
    """Return a rule as one sentence."""
    if "field" in rule:
        return _leaf_words(rule, fields)
    ((join, nodes),) = rule.items()
    parts = [_part(node, fields) for node in nodes]
    if join == "not":
        return _("none of: %(parts)s") % {"parts": "; ".join(parts)}
    return (_(" and ") if join == "all" else _(" or ")).join(parts)


def rule_lines(rule: Rule, fields: Catalogue, *, depth: int = 0) -> list[Line]:
    """Return a rule line by line, groups before their parts."""
    if "field" in rule:
        return [(depth, _leaf_words(rule, fields))]
    ((join, nodes),) = rule.items()
    below = [line for node in nodes for line in rule_lines(node, fields, depth=depth + 1)]
    return [(depth, str(HEADS[join])), *below]


def rule_differences(before: Rule, after: Rule, fields: Catalogue) -> list[str]:
    """Return one sentence per condition that came or went; how they are grouped is said when only that differs."""
    if before == after:
        return []
    was, is_now = (Counter(_leaves_in_words(rule, fields)) for rule in (before, after))
    gone = [_("Removed: %(words)s") % {"words": words} for words in (was - is_now).elements()]
    new = [_("Added: %(words)s") % {"words": words} for words in (is_now - was).elements()]
    return [*gone, *new] or [_("The same conditions, joined differently.")]


def _leaves_in_words(rule: Rule, fields: Catalogue) -> list[str]:
    if "field" in rule:
        return [_leaf_words(rule, fields)]
    return [words for nodes in rule.values() for node in nodes for words in _leaves_in_words(node, fields)]


def _part(node: Rule, fields: Catalogue) -> str:
    words = rule_in_words(node, fields)
    return words if "field" in node else _("(%(words)s)") % {"words": words}


def _leaf_words(leaf: Rule, fields: Catalogue) -> str:
    known = fields.get(leaf["field"])
    if known is None:
        return _("a condition you may not read")
    value = leaf["value"]
    if known.kind == NUMBER:
        first, last = (value, value) if isinstance(value, int) else value
        return SAID[leaf["op"]] % {"field": known.label, "value": _amount(first, known), "last": _amount(last, known)}
    if known.kind == DAYS:
        return _("%(field)s within %(days)s days") % {"field": known.label, "days": value}
    if known.kind == EVENTS:
        told = {"values": _values(value["kinds"], known), "days": value["days"]}
        return _("%(values)s within the last %(days)s days") % told
    return _("%(field)s: %(values)s") % {"field": known.label, "values": _values(value, known)}


def _values(values: list[Any], known: Field) -> str:
    return " / ".join(str(known.choices.get(value, value)) for value in values)


def _amount(value: int, known: Field) -> str:
    if known.unit == "fen":
        return yuan_text(value)
    return f"{Decimal(value) / 100:+}%" if known.unit == "bp" else f"{value:,}"
