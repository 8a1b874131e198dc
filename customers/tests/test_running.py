"""Going from day to day says what each day says by itself, whatever the source: no turn of a row is forgotten."""

import datetime as dt

import numpy as np
import pytest

from customers import dated
from customers.loading.bundles import NEVER, SOFT
from customers.loading.events import CONTACTS, COUNTS, LATEST
from customers.loading.place import Place
from customers.models import Bundle
from customers.running import Running
from cvm.lib.months import day_number, month_of

PEOPLE, ROWS = 90, 120
FIRST = dt.date(2026, 1, 20)
START = day_number(FIRST)


def days(dice, low, high):
    """Return days so far from the first one, one per row."""
    return START + dice.integers(low, high, ROWS)


def some(dice, values, share):
    """Return the values, most of them nothing."""
    return np.where(dice.random(ROWS) < share, values, 0)


def bundle_rows(dice):
    kind = dice.choice(Bundle.Kind.values, ROWS)
    end = np.where(dice.random(ROWS) < 0.2, NEVER, days(dice, -60, 200))
    rebate = some(dice, month_of(FIRST) + dice.integers(-2, 6, ROWS), 0.5)
    return {
        "kind": kind,
        "start_day": days(dice, -100, 120),
        "end_day": end,
        "rebate_month": rebate,
        "is_soft": np.isin(kind, SOFT),
    }


def event_rows(dice):
    kinds = [kind for group in LATEST.values() for kind in group] + [kind for kind, _type in COUNTS.values()]
    return {"kind": dice.choice([*kinds, *CONTACTS], ROWS), "day": days(dice, -120, 120)}


def complaint_rows(dice):
    day, is_open = days(dice, -120, 120), dice.random(ROWS) < 0.3
    closed = np.where(is_open, 0, day + dice.integers(0, 40, ROWS))
    return {"level": dice.integers(1, 4, ROWS), "day": day, "closed_day": closed, "is_open_now": is_open}


def network_rows(dice):
    day = days(dice, -40, 120)
    ended = some(dice, day + dice.integers(-2, 35, ROWS), 0.4)
    return {"day": day, "poor": dice.integers(0, 9, ROWS), "ended_day": ended}


def subscription_rows(dice):
    start = days(dice, -100, 100)
    return {"is_trial": dice.random(ROWS) < 0.4, "start_day": start, "day": start + dice.integers(0, 500, ROWS)}


def tag_rows(dice):
    start = days(dice, -60, 100)
    return {"bit": dice.integers(0, 62, ROWS), "start_day": start, "end_day": start + dice.integers(0, 60, ROWS)}


MADE = [
    (dated.BUNDLES, bundle_rows),
    (dated.EVENTS, event_rows),
    (dated.COMPLAINTS, complaint_rows),
    (dated.NETWORK, network_rows),
    (dated.SUBSCRIPTIONS, subscription_rows),
    (dated.TAGS, tag_rows),
]


def test_every_source_is_tried():
    assert [source for source, _make in MADE] == list(dated.SOURCES)


@pytest.mark.parametrize(("source", "make"), MADE)
@pytest.mark.parametrize("step", [1, 7, -1])
def test_from_day_to_day_it_says_what_the_day_says_by_itself(source, make, step):
    dice = np.random.default_rng(11)
    rows = {"customer_id": dice.integers(0, PEOPLE, ROWS), **make(dice)}
    running = Running(rows, source.turns(rows), source.on, size=PEOPLE)
    told = {name: set() for name in source.names}

    for number in range(0, 140, abs(step)):
        day = FIRST + dt.timedelta(days=number if step > 0 else 140 - number)
        found, alone = running.at(day, source.names), source.on(Place(np.arange(PEOPLE)), rows, day, source.names)
        assert found.keys() == alone.keys() == source.names
        for name, column in alone.items():
            assert found[name].tolist() == column.tolist(), (name, day)
            assert found[name].dtype == column.dtype
            told[name] |= set(column.tolist())

    assert all(len(values) > 1 for values in told.values())


def test_only_those_whose_rows_turn_are_worked_out_anew():
    asked = []

    def on(place, rows, day, names):
        asked.append(place.ids.tolist())
        return {"count": place.count(rows["customer_id"], rows["day"] <= day_number(day))}

    rows = {"customer_id": np.array([7, 2, 7]), "day": np.array([START + 1, START + 1, START + 3])}
    running = Running(rows, [rows["day"]], on, size=9)
    counts = [running.at(FIRST + dt.timedelta(days=number), frozenset({"count"}))["count"] for number in range(4)]

    assert asked == [list(range(9)), [2, 7], [7]]
    assert [found[7] for found in counts] == [0, 1, 1, 2]
    assert counts[1] is counts[2]
    assert [found.sum() for found in counts] == [0, 2, 2, 3]
