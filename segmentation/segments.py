"""The rule of a segment: a tree of conditions over a catalogue of fields, checked as a whole, asked as one condition.

    {"all" | "any" | "not": [node, …]}            "not" holds when none of its parts does
    {"field": name, "op": operation, "value": …}  a leaf; which operations and values depends on the kind of its field

The catalogue is given: fields of apps above this one are put together in the composition.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from customers.models import Run
from cvm.lib.months import parse_label

MOST_DEPTH, MOST_LEAVES, MOST_DAYS = 5, 30, 3650
LARGEST = 10**11  # of any number in a rule; a billion yuan in fen
JOINS = ("all", "any", "not")
CHOICE, NUMBER, MONTH, DAYS, EVENTS = "choice", "number", "month", "days", "events"
OPERATIONS = {
    CHOICE: ("in",),
    NUMBER: ("at_least", "below", "between"),
    MONTH: ("in",),
    DAYS: ("within",),
    EVENTS: ("within",),
}

Rule = dict[str, Any]
Condition = Callable[[str, Any, Run], Q]  # operation, value and run of a leaf -> a condition on its standings


class InvalidRule(ValueError):
    """A rule nobody can ask; `path` leads to the place, such as all[1].any[0]."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}" if path else problem)
        self.path, self.problem = path, problem


class SegmentCycle(ValueError):
    """A segment would read itself, directly or through others."""


@dataclass(frozen=True)
class Field:
    """One thing a rule may ask about."""

    name: str
    label: str | Promise
    kind: str
    condition: Condition
    choices: Mapping[int | str, str | Promise] = field(default_factory=dict)
    unit: str = ""  # of a number: "fen", "bp" (hundredths of a percent) or a plain count
    is_secret: bool = False  # for customers.see_value only


Catalogue = Mapping[str, Field]


def check_rule(rule: Any, fields: Catalogue) -> Rule:
    """Return the rule when it can be asked over these fields; raises InvalidRule with the path to what is wrong."""
    if not isinstance(rule, dict) or "field" in rule:
        raise InvalidRule("", _("A rule begins with a group: all, any or not."))
    _check_node(rule, fields, path="", depth=1)
    if sum(1 for _leaf in leaves_of(rule)) > MOST_LEAVES:
        raise InvalidRule("", _("A rule has at most %(count)s conditions.") % {"count": MOST_LEAVES})
    return rule


def condition_of(rule: Rule, fields: Catalogue, run: Run) -> Q:
    """Return the condition on the standings of a run that a checked rule says."""
    if "field" in rule:
        return fields[rule["field"]].condition(rule["op"], rule["value"], run)
    ((join, nodes),) = rule.items()
    parts = [condition_of(node, fields, run) for node in nodes]
    if join == "all":
        return functools.reduce(operator.and_, parts)
    either = functools.reduce(operator.or_, parts)
    return either if join == "any" else ~either


def leaves_of(rule: Rule) -> Iterator[Rule]:
    """Yield the conditions of a rule in the order they are written."""
    if "field" in rule:
        yield rule
        return
    for nodes in rule.values():
        for node in nodes:
            yield from leaves_of(node)


def segments_in(rule: Rule) -> set[int]:
    """Return the segments whose members a rule reads."""
    return {pk for leaf in leaves_of(rule) if leaf["field"] == "segment" for pk in leaf["value"]}


def inner_first(rules: Mapping[int, Rule]) -> list[int]:
    """Return the segments so that each stands after those its rule reads; raises SegmentCycle."""
    reads = {pk: segments_in(rule) & rules.keys() for pk, rule in rules.items()}
    try:
        return list(TopologicalSorter({pk: sorted(reads[pk]) for pk in sorted(reads)}).static_order())
    except CycleError as error:
        raise SegmentCycle from error


def readers_of(pk: int, rules: Mapping[int, Rule]) -> set[int]:
    """Return the segments whose rules read this one, directly or through others."""
    found: set[int] = set()
    waiting = {pk}
    while waiting:
        waiting = {other for other, rule in rules.items() if segments_in(rule) & waiting} - found
        found |= waiting
    return found


def _check_node(node: Any, fields: Catalogue, *, path: str, depth: int) -> None:
    if not isinstance(node, dict):
        raise InvalidRule(path, _("Here stands neither a group nor a condition."))
    if "field" in node:
        _check_leaf(node, fields, path=path)
        return
    if len(node) != 1 or next(iter(node)) not in JOINS:
        raise InvalidRule(path, _("A group is exactly one of all, any or not."))
    if depth > MOST_DEPTH:
        raise InvalidRule(path, _("Groups stand at most %(count)s deep.") % {"count": MOST_DEPTH})
    ((join, nodes),) = node.items()
    if not isinstance(nodes, list) or not nodes:
        raise InvalidRule(path, _("A group needs at least one condition."))
    for place, child in enumerate(nodes):
        _check_node(child, fields, path=f"{path}.{join}[{place}]".lstrip("."), depth=depth + 1)


def _check_leaf(leaf: Rule, fields: Catalogue, *, path: str) -> None:
    if set(leaf) != {"field", "op", "value"}:
        raise InvalidRule(path, _("A condition has a field, an operation and a value."))
    known = fields.get(leaf["field"]) if isinstance(leaf["field"], str) else None
    if known is None:
        raise InvalidRule(path, _("There is no field %(name)s.") % {"name": str(leaf["field"])[:40]})
    if leaf["op"] not in OPERATIONS[known.kind]:
        raise InvalidRule(path, _("%(field)s cannot be asked that way.") % {"field": known.label})
    problem = CHECKS[known.kind](leaf["op"], leaf["value"], known)
    if problem:
        raise InvalidRule(path, f"{known.label}: {problem}")


def _choice_problem(_op: str, value: Any, known: Field) -> str:
    if not isinstance(value, list) or not value:
        return _("choose at least one value.")
    strange = [one for one in value if isinstance(one, bool) or not _is_known(one, known)]
    return _("there is no value %(value)s.") % {"value": str(strange[0])[:40]} if strange else ""


def _is_known(value: Any, known: Field) -> bool:
    return isinstance(value, int | str) and value in known.choices


def _number_problem(op: str, value: Any, _known: Field) -> str:
    values = value if op == "between" else [value]
    if not isinstance(values, list) or len(values) != (2 if op == "between" else 1):
        return _("give two limits.")
    if not all(type(one) is int and abs(one) <= LARGEST for one in values):
        return _("give a whole number.")
    return _("the first limit is above the second.") if values[0] > values[-1] else ""


def _month_problem(_op: str, value: Any, _known: Field) -> str:
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        return _("choose at least one value.")
    try:
        for one in value:
            parse_label(one)
    except ValueError:
        return _("write a month as 2026-03.")
    return ""


def _days_problem(_op: str, value: Any, _known: Field) -> str:
    is_days = type(value) is int and 1 <= value <= MOST_DAYS
    return "" if is_days else _("give 1 to %(most)s days.") % {"most": MOST_DAYS}


def _events_problem(op: str, value: Any, known: Field) -> str:
    if not isinstance(value, dict) or set(value) != {"kinds", "days"}:
        return _("choose what happened, and within how many days.")
    return _choice_problem(op, value["kinds"], known) or _days_problem(op, value["days"], known)


CHECKS: dict[str, Callable[[str, Any, Field], str]] = {
    CHOICE: _choice_problem,
    NUMBER: _number_problem,
    MONTH: _month_problem,
    DAYS: _days_problem,
    EVENTS: _events_problem,
}
