"""One contact per household and day, to the decision maker."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.households import DECIDER, PAYER, one_contact

MEMBER, NOBODY = 3, 0
NAMES = ("id", "household", "role", "priority", "kept_fen")


def rows(*values):
    columns = np.array(values, dtype=np.int64).reshape(-1, len(NAMES)).T
    return dict(zip(NAMES, columns, strict=True))


def said(candidates, speakers=()):
    """Return ([(id, priority, ranked money)], [(member, receiver)]), both sorted."""
    calls, covered = one_contact(rows(*candidates), rows(*speakers))
    called = zip(calls["id"].tolist(), calls["priority"].tolist(), calls["ranked_fen"].tolist(), strict=True)
    return sorted(called), sorted(zip(covered["member"].tolist(), covered["receiver"].tolist(), strict=True))


def test_who_lives_alone_is_called_alone():
    assert said([(1, 0, NOBODY, 5, 10), (2, 0, NOBODY, 4, 20)]) == ([(1, 5, 10), (2, 4, 20)], [])


def test_decision_maker_is_called_for_everybody_even_without_a_task():
    calls, covered = said(
        [(1, 7, MEMBER, 5, 10), (2, 7, PAYER, 9, 20)], [(3, 7, DECIDER, -1, 99), (2, 7, PAYER, 9, 20)]
    )

    assert calls == [(3, 9, 30)]
    assert covered == [(1, 3), (2, 3)]


def test_payer_speaks_where_no_decision_maker_may_be_called():
    assert said([(1, 7, MEMBER, 5, 10)], [(2, 7, PAYER, -1, 0)]) == ([(2, 5, 10)], [(1, 2)])


def test_else_whoever_ranks_first():
    assert said([(1, 7, MEMBER, 5, 10), (2, 7, MEMBER, 8, 1)]) == ([(2, 8, 11)], [(1, 2)])


def test_speakers_of_households_without_a_task_are_left_alone():
    assert said([(1, 0, NOBODY, 5, 10)], [(2, 7, DECIDER, -1, 0)]) == ([(1, 5, 10)], [])


def test_nobody():
    assert said([]) == ([], [])


PEOPLE = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from([MEMBER, DECIDER, PAYER]), st.booleans(), st.integers(0, 11)),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(people=PEOPLE)
def test_every_household_is_called_once_and_nobodys_task_is_lost(people):
    known = [(place + 1, home, role, level, 10) for place, (home, role, _task, level) in enumerate(people)]
    candidates = [row for row, (*_rest, has_task, _level) in zip(known, people, strict=True) if has_task]
    speakers = [row for row in known if row[1] and row[2] in (DECIDER, PAYER)]

    calls, covered = one_contact(rows(*candidates), rows(*speakers))

    home_of = {row[0]: row[1] for row in known}
    homes = [home_of[one] for one in calls["id"].tolist() if home_of[one]]
    assert len(homes) == len(set(homes))
    served = set(calls["id"].tolist()) | set(covered["member"].tolist())
    assert {row[0] for row in candidates} <= served
    assert set(covered["receiver"].tolist()) <= set(calls["id"].tolist())
    assert all(
        home_of[m] == home_of[r] for m, r in zip(covered["member"].tolist(), covered["receiver"].tolist(), strict=True)
    )
