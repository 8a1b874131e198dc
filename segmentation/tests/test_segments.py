"""The rule of a segment as a tree: what is refused and where, what reads what, and its words."""

import pytest
from django.db.models import Q
from django.utils import translation

from customers.models import Run
from segmentation.segment_words import rule_differences, rule_in_words, rule_lines
from segmentation.segments import (
    CHOICE,
    DAYS,
    EVENTS,
    MONTH,
    NUMBER,
    Field,
    InvalidRule,
    SegmentCycle,
    check_rule,
    condition_of,
    inner_first,
    readers_of,
)


def asked(op, value, run):
    return Q(asked=(op, value))


FIELDS = {
    field.name: field
    for field in (
        Field("band", "Band", CHOICE, asked, {4: "Mid", 5: "High"}),
        Field("revenue", "Revenue", NUMBER, asked, unit="fen"),
        Field("growth", "Growth", NUMBER, asked, unit="bp"),
        Field("entry", "Entered", MONTH, asked),
        Field("bundle", "A bundle ends", DAYS, asked),
        Field("event", "Event", EVENTS, asked, {1: "Visited a hall"}),
        Field("segment", "Segment", CHOICE, asked, {1: "One", 2: "Two", 3: "Three"}),
    )
}
BAND = {"field": "band", "op": "in", "value": [4]}
RICH = {"field": "revenue", "op": "at_least", "value": 36_000}


def leaf(field, op, value):
    return {"field": field, "op": op, "value": value}


def nested(depth):
    return BAND if depth == 0 else {"all": [nested(depth - 1)]}


@pytest.mark.parametrize(
    "good",
    [
        {"all": [BAND, RICH]},
        {"not": [{"any": [BAND, leaf("revenue", "between", [1, 1])]}]},
        {"any": [leaf("entry", "in", ["2026-03"]), leaf("bundle", "within", 1)]},
        {"all": [leaf("event", "within", {"kinds": [1], "days": 3650})]},
        {"all": [BAND] * 30},
        nested(5),
    ],
)
def test_rule_that_can_be_asked_is_returned(good):
    assert check_rule(good, FIELDS) is good


@pytest.mark.parametrize(
    ("bad", "path"),
    [
        ([], ""),
        (None, ""),
        (BAND, ""),
        ({}, ""),
        ({"all": []}, ""),
        ({"all": [BAND], "any": [BAND]}, ""),
        ({"all": [BAND] * 31}, ""),
        ({"all": [BAND, 7]}, "all[1]"),
        ({"all": [BAND, {"any": [leaf("secret", "in", [1])]}]}, "all[1].any[0]"),
        ({"all": [{"field": ["band"], "op": "in", "value": [4]}]}, "all[0]"),
        ({"all": [leaf("band", "below", 4)]}, "all[0]"),
        ({"all": [leaf("band", "in", [])]}, "all[0]"),
        ({"all": [leaf("band", "in", [True])]}, "all[0]"),
        ({"all": [leaf("band", "in", [[4]])]}, "all[0]"),
        ({"all": [leaf("band", "in", ["4"])]}, "all[0]"),
        ({"all": [leaf("band", "in", 4)]}, "all[0]"),
        ({"all": [leaf("revenue", "at_least", 1.5)]}, "all[0]"),
        ({"all": [leaf("revenue", "at_least", True)]}, "all[0]"),
        ({"all": [leaf("revenue", "at_least", 10**12)]}, "all[0]"),
        ({"all": [leaf("revenue", "between", [2, 1])]}, "all[0]"),
        ({"all": [leaf("revenue", "between", [1])]}, "all[0]"),
        ({"all": [leaf("entry", "in", ["March"])]}, "all[0]"),
        ({"all": [leaf("bundle", "within", 0)]}, "all[0]"),
        ({"all": [leaf("event", "within", {"kinds": [2], "days": 3})]}, "all[0]"),
        ({"all": [leaf("event", "within", 3)]}, "all[0]"),
        ({"all": [BAND | {"also": 1}]}, "all[0]"),
        (nested(6), "all[0].all[0].all[0].all[0].all[0]"),
    ],
)
def test_rule_that_cannot_be_asked_says_where(bad, path):
    with pytest.raises(InvalidRule) as caught:
        check_rule(bad, FIELDS)

    assert caught.value.path == path
    assert caught.value.problem


def test_condition_joins_leaves_as_the_tree_says():
    run = Run()
    rule = {"all": [BAND, {"not": [RICH, leaf("bundle", "within", 9)]}]}

    found = condition_of(rule, FIELDS, run)

    rich, ends = Q(asked=("at_least", 36_000)), Q(asked=("within", 9))
    assert found == Q(asked=("in", [4])) & ~(rich | ends)


def test_segments_stand_after_those_they_read():
    reads = {pk: {"all": [leaf("segment", "in", inner)]} for pk, inner in {3: [1, 2], 2: [1]}.items()}
    rules = reads | {1: {"all": [BAND]}}

    assert inner_first(rules) == [1, 2, 3]
    assert readers_of(1, rules) == {2, 3}
    assert readers_of(3, rules) == set()


@pytest.mark.parametrize("inner", [[1], [3]])
def test_segment_that_reads_itself_is_refused(inner):
    rules = {1: {"all": [leaf("segment", "in", inner)]}, 3: {"not": [leaf("segment", "in", [1])]}}

    with pytest.raises(SegmentCycle):
        inner_first(rules)


def test_rule_reads_as_a_sentence_and_line_by_line():
    rule = {
        "all": [
            leaf("band", "in", [4, 5]),
            {"any": [leaf("revenue", "between", [36_000, 60_050]), leaf("growth", "below", -2050)]},
            {"not": [leaf("event", "within", {"kinds": [1], "days": 30}), leaf("bundle", "within", 60)]},
        ]
    }
    with translation.override("en"):
        sentence, lines = rule_in_words(rule, FIELDS), rule_lines(rule, FIELDS)

    assert sentence == (
        "Band: Mid / High and (Revenue from ¥360.00 to ¥600.50 or Growth below -20.5%)"
        " and (none of: Visited a hall within the last 30 days; A bundle ends within 60 days)"
    )
    assert [depth for depth, _words in lines] == [0, 1, 1, 2, 2, 1, 2, 2]
    assert lines[2] == (1, "At least one of these holds:")


def test_condition_on_a_field_the_reader_may_not_see_says_nothing_of_it():
    without = {name: field for name, field in FIELDS.items() if name != "band"}
    with translation.override("en"):
        assert rule_in_words({"all": [BAND]}, without) == "a condition you may not read"


def test_differences_say_what_came_and_went():
    with translation.override("en"):
        assert rule_differences({"all": [BAND]}, {"all": [BAND]}, FIELDS) == []
        assert rule_differences({"all": [BAND, RICH]}, {"any": [BAND, RICH]}, FIELDS) == [
            "The same conditions, joined differently."
        ]
        assert rule_differences({"all": [BAND]}, {"all": [RICH]}, FIELDS) == [
            "Removed: Band: Mid",
            "Added: Revenue at least ¥360.00",
        ]
