"""A past day, read once with its whole year, is the frame the night of that day would have loaded."""

import datetime as dt

import numpy as np
import pytest

from customers.frames import load_frame
from customers.history import FACTS
from customers.models import Bundle, Complaint, Customer, Run, StandingChange
from customers.past import DATED, GONE, NORMAL, PORTED_OUT, PRE_CANCELLED, STOPPED, load_past, newest_closed, on_day
from cvm import nightly
from cvm.lib.months import month_of
from tests.night.branches import AS_OF, make_branch, spend

pytestmark = pytest.mark.usefixtures("no_tables_left")

FIRST = dt.date(2026, 3, 10)


@pytest.fixture
def run():
    make_branch()
    Bundle.objects.filter(pk__in=Bundle.objects.values("pk")[:40]).update(rebate_end_month=dt.date(2026, 7, 1))
    complain(run_on=dt.datetime(2026, 7, 14, tzinfo=dt.UTC))
    return spend(nightly.start_night(as_of=AS_OF))


def complain(*, run_on):
    """Have four customers of the bucket complain on a day, and half of the complaints be settled some weeks later."""
    for number, settled_after in ((70, None), (71, None), (72, 30), (73, 40)):
        closed = run_on + dt.timedelta(days=settled_after) if settled_after else None
        Complaint.objects.create(
            case_code=f"X{number}",
            customer_id=number,
            opened_at=run_on,
            closed_at=closed,
            level=1 + number % 3,
            status=2 if closed else 1,
        )


def past_of(run, bucket=1, noted=None):
    return load_past(bucket=bucket, run=run, first=FIRST, noted_since=noted)


def test_a_past_day_is_what_its_night_would_have_loaded(run):
    past = past_of(run)
    for day in (FIRST, dt.date(2026, 5, 31), dt.date(2026, 7, 15), dt.date(2026, 8, 25), AS_OF):
        month = min(newest_closed(day), month_of(run.month))
        expected = load_frame(bucket=1, as_of=day, month=month)

        frame = on_day(past.month_frame(day, month), day, past.dated(day, DATED))

        assert (frame.as_of, frame.month, frame.months) == (day, month, expected.months)
        for name in (*DATED, "id", "county_id", "join_day", "birth_month_day", "tenure_months"):
            assert frame[name].tolist() == expected[name].tolist(), (day, name)
            assert frame[name].dtype == expected[name].dtype, name
        for fact in FACTS:
            assert np.array_equal(frame.history[fact], expected.history[fact]), (day, fact)


def test_only_the_wanted_sources_are_worked_out(run):
    assert set(past_of(run).dated(AS_OF, {"complaints_30d", "id"})) == {"complaints_30d"}


def test_state_before_the_nights_noted_it_is_that_of_the_month_end(run):
    past, month = past_of(run), month_of(FIRST) + 1
    states = past.state(dt.date(2026, 5, 10), month)

    assert set(np.unique(states)) <= {NORMAL, STOPPED, GONE, PORTED_OUT, PRE_CANCELLED}
    assert np.array_equal(
        np.isin(states, (GONE, PORTED_OUT)), ~past.is_there(month) & (past.frame["join_day"] < 20_545)
    )


def test_state_of_a_noted_day_is_what_its_night_knew(run):
    who = [customer.pk for customer in Customer.objects.filter(pk__gt=64, state=1)[:2]]
    states = {}
    for number, (first, second) in enumerate([(1, 1), (6, 1), (6, 3), (1, 8)], start=1):
        day = AS_OF + dt.timedelta(days=2 * number)  # a night every other day
        Customer.objects.filter(pk=who[0]).update(state=first)
        Customer.objects.filter(pk=who[1]).update(state=second)
        last = spend(nightly.start_night(as_of=day))
        states[day] = states[day + dt.timedelta(days=1)] = [first, second]
    assert last.status == Run.Status.PUBLISHED

    past = past_of(last, noted=AS_OF)

    rows = np.searchsorted(past.frame["id"], who)
    for day, expected in states.items():
        assert past.state(day, past.frame.month)[rows].tolist() == expected, day
    assert past.state(AS_OF, past.frame.month)[rows].tolist() == [1, 1]
    assert StandingChange.objects.filter(customer__in=who, field=StandingChange.Field.STATE).count() == 4
    assert [past.states.known_by(AS_OF - dt.timedelta(days=1)), past.states.known_by(AS_OF)] == [None, 4]


def test_states_are_the_numbers_of_the_model():
    State = Customer.State
    assert [NORMAL, STOPPED, GONE, PORTED_OUT, PRE_CANCELLED] == [
        State.NORMAL,
        State.SUSPENDED,
        State.CANCELLED_ACTIVE,
        State.PORTED_OUT,
        State.PRE_CANCEL,
    ]
