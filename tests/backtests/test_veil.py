"""What hides in a back-test from readers without lists: nothing below ten, and nothing a subtraction would tell."""

import datetime as dt
import random
from fractions import Fraction

import pytest

from cvm.backtests.figures import Churn, Figures, Side, Work
from cvm.backtests.veil import veiled
from cvm.dashboards.small_cells import LEAST
from cvm.lib.months import month_of

DAYS = [dt.date(2026, 1, 1) + dt.timedelta(days=number) for number in range(90)]
MONTHS = sorted({month_of(day) for day in DAYS})


def side_of(dice, name, people):
    daily = [dice.choice((0, 0, 3, 12, 40)) for _day in DAYS]
    hits, left = sum(daily), dice.choice((0, 4, 25))
    known = max(left, hits - dice.choice((0, 5, 60)))
    left = min(left, known)
    by_code = [[0, 0, 0, 0] for _code in range(3)]
    for number in daily:
        by_code[dice.randrange(3)][dice.randrange(4)] += number
    return Side(
        name=name, hits=hits, people=people, a_day=Fraction(hits, len(DAYS)), busiest=max(daily), busiest_on=DAYS[0],
        daily=daily, by_code=by_code, level_sums=[sum(column) for column in zip(*by_code, strict=True)],
        work=Work(dice.choice((4, 40)), Fraction(1), 2, 1, dice.choice((3, 30)), 100),
        churn=Churn(known=known, left=left, expected=1.5, departures=dice.choice((5, 90)), caught=3, open=hits - known),
        meets=[dice.choice((0, 5, hits))], alone=dice.choice((0, 5, hits)),
    )  # fmt: skip


def figures_of(seed):
    dice = random.Random(seed)
    apart = tuple(dice.choice((0, 4, 50)) for _ in range(3))
    live, draft = side_of(dice, "live", apart[0] + apart[1]), side_of(dice, "draft", apart[1] + apart[2])
    months = [
        (month, [n for side in (live, draft) for n in (sum(_of(side.daily, month)), dice.choice((0, 4, 30)))])
        for month in MONTHS
    ]
    log = tuple(dice.choice((0, 4, 50)) for _ in range(3))
    return Figures(DAYS, live, draft, apart, [("C4", dice.choice((0, 4, 50)))], log, months)


def _of(daily, month):
    return [number for day, number in zip(DAYS, daily, strict=True) if month_of(day) == month]


def lines_of(found):
    """Yield (parts as shown, parts as they are, sum as shown) of everything on the page that adds up."""
    shown = veiled(found)
    for after, before, column in ((shown.live, found.live, 0), (shown.draft, found.draft, 2)):
        sums = [numbers[column] for _month, numbers in shown.months]
        yield sums, [numbers[column] for _month, numbers in found.months], after.hits
        yield after.level_sums, before.level_sums, after.hits
        for level, total in enumerate(after.level_sums):
            yield [codes[level] for codes in after.by_code], [codes[level] for codes in before.by_code], total
        for month, total in zip(MONTHS, sums, strict=True):
            yield _of(after.daily, month), _of(before.daily, month), total
        yield list(after.churn.numbers[:3]), list(before.churn.numbers[:3]), after.hits
    yield [shown.apart[0], shown.apart[1]], [found.apart[0], found.apart[1]], shown.live.people
    yield [shown.apart[1], shown.apart[2]], [found.apart[1], found.apart[2]], shown.draft.people


@pytest.mark.parametrize("seed", range(60))
def test_no_small_number_is_shown_nor_told_by_what_it_adds_up_to(seed):
    for shown, real, total in lines_of(figures_of(seed)):
        assert not [number for number in shown if number is not None and 0 < number < LEAST]
        gap = [number for part, number in zip(shown, real, strict=True) if part is None and number]
        if total is not None and gap and any(shown):
            assert len(gap) > 1
            assert sum(gap) >= LEAST


@pytest.mark.parametrize("seed", range(10))
def test_shares_follow_what_they_are_made_of(seed):
    for side in veiled(figures_of(seed)).sides:
        left, stayed, _open, caught, missed = side.churn.numbers
        assert (side.churn.precision_ppm is None) >= (None in (left, stayed))
        assert (side.churn.lift == "") >= (None in (left, stayed))
        assert (side.churn.recall_ppm is None) >= (None in (caught, missed))
        assert (side.work.heads is None) == (side.work.calls is None)


def test_large_numbers_stay_as_they_are():
    found = figures_of(0)
    daily = [20] * len(DAYS)
    side = found.live.__class__(**vars(found.live) | {"daily": daily, "hits": sum(daily), "busiest": 20})

    assert veiled(Figures(DAYS, side, None, (0, 0, 0), [], (0, 0, 0),
                          [(month, [sum(_of(daily, month)), 30]) for month in MONTHS])).live.daily == daily  # fmt: skip
