"""Day by day as the night does it: what the cool-down silences, what was told before, and one night by one."""

import datetime as dt
from types import SimpleNamespace

import numpy as np
import pytest

import lifecycle.moments
from customers.tests.frames import make_frame
from cvm.lib.months import day_number
from lifecycle.backtest.candidates import NEEDS
from lifecycle.backtest.replay import Day, Found, Player, replay
from lifecycle.moments import Recent, moments
from lifecycle.moments.hits import hits
from lifecycle.moments.terms import PER_CASE, PLAIN, STEPWISE, KindTerms

FIRST = dt.date(2018, 1, 10)
CODE = "C9"


@pytest.fixture(autouse=True)
def kind(monkeypatch):
    """A kind that finds whoever has a level in `previous_warning` on the day, about the case in `value_1`."""

    def detect(frame, thresholds):
        level = frame["previous_warning"]
        return hits(level > 0, level=level, deadline_hours=1, value=level, reference=frame["value_1"])

    module = SimpleNamespace(CODE=CODE, BIT=20, IS_MONTHLY=False, Thresholds=SimpleNamespace, detect=detect)
    monkeypatch.setitem(lifecycle.moments.REGISTRY, CODE, module)
    monkeypatch.delitem(NEEDS, CODE)  # it looks at something else than the kind whose code it bears
    return module


def days_of(*levels, cases=None):
    """Return one day per tuple: the level of each customer on it (0 = nothing)."""
    for number, row in enumerate(levels):
        people = [{"bills": [100], "previous_warning": level, "is_in_network": True} for level in row]
        for person, case in zip(people, (cases or [()] * len(levels))[number], strict=False):
            person["value_1"] = case
        people[0].setdefault("value_1", 0)
        yield Day(make_frame(people, as_of=FIRST + dt.timedelta(days=number)), number)


def told(levels, *, cases=None, past=None, **terms):
    """Return (days after the first, customer, level) of every hit."""
    player = Player("x", KindTerms(CODE, **terms), False, len(levels[0]))
    if past:
        player.remember(past)
    replay(days_of(*levels, cases=cases), [player])
    found = player.found()
    return list(zip((found.day - day_number(FIRST)).tolist(), found.row.tolist(), found.level.tolist(), strict=True))


def night_by_night(levels, *, cases=None, **terms):
    """Return the same as the night finds it, with everything found before in hand."""
    kinds, log = [KindTerms(CODE, **terms)], []
    for day in days_of(*levels, cases=cases):
        rows = [(row, 20, day.frame.today - on, level, case) for on, row, level, case in log]
        recent = (
            Recent(*(np.array(column, dtype=np.int32) for column in zip(*rows, strict=True))) if rows else Recent.none()
        )
        _, new = moments(day.frame, kinds, recent)
        log += [(day.frame.today, int(hit["position"]), int(hit["level"]), int(hit["reference"])) for hit in new]
    return [(on - day_number(FIRST), row, level) for on, row, level, _ in log]


def past_of(days_ago, row, level, reference=0):
    column = lambda value: np.array([value], dtype=np.int32)  # noqa: E731
    return Found(
        row=column(row),
        day=column(day_number(FIRST) - days_ago),
        level=column(level),
        deadline_hours=column(1),
        value=column(level),
        reference=column(reference),
    )


def test_cool_down_silences_until_its_last_day():
    assert told([(1,), (1,), (1,), (1,)], cool_down_days=3) == [(0, 0, 1), (3, 0, 1)]


def test_without_a_cool_down_every_day_speaks():
    assert told([(1, 0), (1, 1)]) == [(0, 0, 1), (1, 0, 1), (1, 1, 1)]


def test_what_was_told_before_the_first_day_counts():
    assert told([(1,), (1,)], cool_down_days=3, past=past_of(2, 0, 1)) == [(1, 0, 1)]


def test_stepwise_speaks_when_it_grows_graver():
    assert told([(1,), (2,), (2,), (1,)], cool_down_days=30, repeats=STEPWISE) == [(0, 0, 1), (1, 0, 2)]


def test_per_case_speaks_of_another_case_and_never_twice_of_one():
    levels, cases = [(1,), (1,), (1,)], [(7,), (8,), (7,)]

    assert told(levels, cases=cases, cool_down_days=30, repeats=PER_CASE) == [(0, 0, 1), (1, 0, 1)]
    assert told(levels, cases=cases, cool_down_days=30, repeats=PER_CASE, past=past_of(1, 0, 1, 8)) == [(0, 0, 1)]


def test_steady_kind_is_asked_once_per_version(kind):
    asked, detect = [], kind.detect
    kind.detect = lambda frame, thresholds: asked.append(1) or detect(frame, thresholds)
    player = Player("x", KindTerms(CODE), True, 1)

    replay([Day(day.frame, number // 2) for number, day in enumerate(days_of((1,), (1,), (1,)))], [player])

    assert len(asked) == 2
    assert len(player.found()) == 3


@pytest.mark.parametrize("repeats", [PLAIN, STEPWISE, PER_CASE])
@pytest.mark.parametrize("cool_down_days", [0, 1, 4, 30])
def test_it_says_what_the_nights_say(repeats, cool_down_days):
    random = np.random.default_rng(5)
    levels = random.choice([0, 0, 1, 2, 3], (20, 12)).tolist()
    cases = random.integers(0, 3, (20, 12)).tolist()
    terms = {"repeats": repeats, "cool_down_days": cool_down_days}

    assert told(levels, cases=cases, **terms) == night_by_night(levels, cases=cases, **terms)


def test_hits_since_a_day_leave_out_the_days_before():
    found = past_of(3, 0, 1)

    assert len(found.since(day_number(FIRST) - 3)) == 1
    assert len(found.since(day_number(FIRST) - 2)) == 0
