"""Who is protected, and by which clauses."""

import numpy as np
import pytest

from segmentation.panels import PROTECTIONS
from segmentation.protection import (
    CIRCLE_A,
    CLAUSES,
    ELDERLY,
    FAMILY_PAYER,
    GROUP_AB,
    KEY_PERSON,
    OPEN_COMPLAINT,
    RELATIVE_A,
    clauses_in,
    protection,
)

NOBODY = {
    "family_role": 0, "is_key_person": False, "group_class": 0, "has_relative_a": False, "age_years": -1,
    "open_complaints": 0, "has_circle_a": False,
}  # fmt: skip
CASES = [
    ({}, 0),
    ({"family_role": 2}, FAMILY_PAYER),
    ({"family_role": 1}, 0),
    ({"is_key_person": True}, KEY_PERSON),
    ({"group_class": 1}, GROUP_AB),
    ({"group_class": 2}, GROUP_AB),
    ({"group_class": 3}, 0),
    ({"has_relative_a": True}, RELATIVE_A),
    ({"has_circle_a": True}, CIRCLE_A),
    ({"age_years": 59}, 0),
    ({"age_years": 60}, ELDERLY),
    ({"open_complaints": 2}, OPEN_COMPLAINT),
    ({"family_role": 2, "age_years": 71}, FAMILY_PAYER | ELDERLY),
]


def columns(rows):
    return {name: np.array([(NOBODY | row)[name] for row in rows]) for name in NOBODY}


@pytest.mark.parametrize(("row", "expected"), CASES)
def test_each_clause(row, expected):
    assert protection(columns([row])).tolist() == [expected]


def test_one_row_is_many_rows():
    assert protection(columns([row for row, _bits in CASES])).tolist() == [bits for _row, bits in CASES]


def test_who_talks_with_whom_need_not_be_known():
    known = {name: column for name, column in columns([{}]).items() if name != "has_circle_a"}
    assert protection(known).tolist() == [0]


def test_nobody_at_all():
    assert protection({name: values[:0] for name, values in columns([{}]).items()}).tolist() == []


def test_every_clause_has_words():
    assert set(PROTECTIONS) == set(CLAUSES)
    assert clauses_in(sum(CLAUSES)) == list(CLAUSES)
