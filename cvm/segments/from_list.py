"""From the filters of a customer list to a segment's rule, so that a list worth keeping can be kept."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from lifecycle import stage_terms
from segmentation.segments import Rule

# filters of the list that are fields of a rule under the same name: by number, or by code
NUMBERED = (
    "band",
    "code",
    "layer",
    "stage",
    "stage_detail",
    "warning",
    "cohort",
    "state",
    "county",
    "manager",
    "segment",
)
CODED = ("moment", "tag", "entry")
TERMS = "stage_at"
SAYS_NOTHING = ("sort", "columns", "after", "before")  # of a page of the list, not of whom it lists


def rule_of(query: QueryDict) -> Rule | None:
    """Return the rule that lets through whom the filters let through; None where a filter is no field of a rule."""
    leaves: list[Rule] = []
    for name, given in query.lists():
        values = [value for value in given if value]
        if not values or name in SAYS_NOTHING:
            continue
        found = _leaves(name, values)
        if found is None:
            return None
        leaves += found
    return {"all": leaves} if leaves else None


def _leaves(name: str, values: list[str]) -> list[Rule] | None:
    """Return the conditions of one filter: either of its values, but each of the stages at month ends."""
    if name == TERMS and all(map(stage_terms.is_term, values)):
        return [_leaf(name, _single(value)) for value in values]
    if name in NUMBERED and all(map(str.isdecimal, values)):
        return [_leaf(name, [int(value) for value in values])]
    if name in CODED and not any(":" in value for value in values):  # an entry into an older cohort is no field
        return [_leaf(name, list(values))]
    return None


def _leaf(name: str, value: list[Any]) -> Rule:
    return {"field": name, "op": "in", "value": value}


def _single(word: str) -> list[str]:
    """Return a word of several stages as one word per stage, as the field lists them."""
    month, stages = stage_terms.parsed(word)
    return [stage_terms.term(month, stage) for stage in stages]
