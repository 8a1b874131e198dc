"""Churners caught and missed, false alarms and chance, worked by hand on four customers and five month ends."""

import datetime as dt

import numpy as np

from cvm.lib.months import day_number
from lifecycle.backtest.leaving import Presence, chance, departures, horizon, outcome

JANUARY = 2026 * 12
# on the network at the ends of January … May 2026
THERE = np.array(
    [
        # stays, leaves in March, leaves in May, away in February only
        [1, 1, 1, 1],
        [1, 1, 1, 0],
        [1, 0, 1, 1],
        [1, 0, 1, 1],
        [1, 0, 0, 1],
    ],
    dtype=bool,
)
PRESENCE = Presence(THERE, JANUARY)


def day(month, number):
    return day_number(dt.date(2026, month, number))


def what_became(row, found_on, within=60):
    rows, days = np.array([row]), np.array([found_on])
    return outcome(PRESENCE, rows, days, within=within, next_off=PRESENCE.next_off)


def test_horizon_holds_the_month_ends_after_the_day_up_to_the_last_of_its_days():
    found = horizon(PRESENCE, np.array([day(1, 30), day(1, 31), day(2, 1)]), within=30)

    # 30 January + 30 days = 1 March: the ends of January and February; from the 31st only February's
    assert (found.start.tolist(), found.stop.tolist()) == ([0, 1, 1], [2, 2, 2])


def test_outcome_is_known_when_no_month_end_of_the_days_is_still_to_come():
    known = horizon(PRESENCE, np.array([day(4, 30), day(5, 1), day(5, 31)]), within=60).is_known

    # 30 April + 60 = 29 June: before the end of June; 1 May + 60 = 30 June is that end, of which there are no bills
    assert known.tolist() == [True, False, False]


def test_who_stays_was_a_false_alarm():
    found = what_became(0, day(2, 10))

    assert (found.is_known.tolist(), found.has_left.tolist(), found.caught.tolist()) == ([True], [False], [])


def test_who_left_within_the_days_was_caught_once_however_often_he_was_found():
    rows, days = np.array([1, 1]), np.array([day(2, 10), day(3, 1)])

    found = outcome(PRESENCE, rows, days, within=60, next_off=PRESENCE.next_off)

    assert found.has_left.tolist() == [True, True]
    assert found.caught.tolist() == [2 * 4 + 1]  # the end of March, customer 1


def test_who_left_after_the_days_was_not_caught():
    # 31 March is 59 days after 31 January, and 58 are not enough
    assert what_became(1, day(1, 31), within=59).has_left.tolist() == [True]
    assert what_became(1, day(1, 31), within=58).has_left.tolist() == [False]


def test_who_left_and_came_back_had_left():
    assert what_became(3, day(2, 1)).caught.tolist() == [1 * 4 + 3]
    assert what_became(3, day(3, 1)).has_left.tolist() == [False]


def test_departures_count_where_all_days_before_them_were_tried():
    everybody = departures(PRESENCE, first_day=day(1, 1), within=30)
    late = departures(PRESENCE, first_day=day(3, 1), within=30)

    assert [np.flatnonzero(row).tolist() for row in everybody] == [[], [3], [1], [], [2]]
    # 30 days before the end of March is 1 March
    assert [np.flatnonzero(row).tolist() for row in late] == [[], [], [1], [], [2]]


def test_chance_is_who_was_there_and_who_of_them_left_group_by_group():
    groups = np.array([0, 0, 1, 1])
    days = np.array([day(2, 10), day(5, 20)])

    found = chance(PRESENCE, days, within=60, next_off=PRESENCE.next_off, groups=groups, size=2)

    # on 10 February, by January's bills, all four were there; the ends of February and March see 3 and 1 away
    assert found[:, 0].tolist() == [[2, 2], [1, 1]]
    assert found[:, 1].tolist() == [[0, 0], [0, 0]]  # not known yet
