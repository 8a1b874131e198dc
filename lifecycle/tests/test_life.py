"""One customer's months on the 360 page are the months of the rule over everybody, reason and all."""

import datetime as dt
from dataclasses import asdict
from itertools import pairwise

import pytest

from customers.features import features
from customers.frames import HISTORY_MONTHS
from customers.history import IN_NETWORK, SIGNED
from customers.loading.events import SIGNAL_KINDS
from customers.models import Customer, MonthlyBill, Standing
from customers.tests.frames import make_frame
from cvm.lib.months import day_number, day_of, first_day
from lifecycle.life import MONTHS, life
from lifecycle.models import StageReason
from lifecycle.panels import PARTS
from lifecycle.signs import StageThresholds
from lifecycle.stages import stage_path, stages
from lifecycle.tests.test_stages import L1, L3, STEADY_USE
from segmentation.cohort import CohortTerms, cohort

AS_OF = dt.date(2018, 1, 5)
ASKED = [dt.date(2017, 3, 8), dt.date(2017, 9, 30)]
PLAN = {"cohort": asdict(CohortTerms(year=2017)), "stage": asdict(StageThresholds()), "history_months": MONTHS}
WAYS = {
    "grows, falls, recovers": L1,
    "leaves": L3,
    "asked twice": {"bills": [100] * 24, "signalled": ASKED, **STEADY_USE},
    "two low months": {"bills": [130] * 14 + ["49.99"] + [130] * 6 + ["49.99"] + [130, 130], **STEADY_USE},
    "asked last week": {"bills": [100] * 24, "signalled": [dt.date(2017, 12, 29)], **STEADY_USE},
}


def judged(row):
    if last := max(row.get("signalled", ()), default=None):
        row = row | ({"porting_eligible_day": day_number(last)} if (AS_OF - last).days <= 60 else {})
    frame = cohort(features(make_frame([row], as_of=AS_OF, months=MONTHS)), CohortTerms(year=2017))
    return stages(frame, StageThresholds())


def bills_of(frame):
    for back in range(frame.months):
        flags = int(frame.history["flags"][back, 0])
        if flags:
            facts = {name: int(frame.history[name][back, 0]) for name in ("arpu_fen", "voice_min", "data_mb")}
            facts |= {name: int(frame.history[name][back, 0]) for name in ("sms_count", "active_days", "over_fee_fen")}
            yield MonthlyBill(
                month=first_day(frame.month - back),
                customer_id=1,
                state=1 if flags & IN_NETWORK else 6,
                is_signed=bool(flags & SIGNED),
                **facts,
            )


def life_of(frame, row, **changes):
    standing = Standing(**{name: int(frame[name][0]) for name in ("state", "cohort_entry", "stage_path")})
    customer = Customer(pk=1, join_date=day_of(frame["join_day"][0]))
    given = {"bills": list(bills_of(frame)), "signalled": row.get("signalled", ())} | changes
    return life(standing, customer, plan=PLAN, as_of=AS_OF, month=first_day(frame.month), **given)


@pytest.mark.parametrize("way", WAYS)
def test_months_and_reasons_are_those_of_the_rule(way):
    frame = judged(WAYS[way])
    steps = {step.month: step for step in stage_path(frame, StageThresholds())}

    told = life_of(frame, WAYS[way])

    assert [end.month for end in told] == [frame.month - back for back in range(len(told))]
    assert len(told) == 19
    for end in told:
        step = steps[end.month]
        assert (end.stage, end.reason) == (step.stage[0], str(StageReason(step.reason[0]).label)), end.month
    assert told[0].stage == frame["stage"][0]


def test_months_that_moved_are_marked():
    told = life_of(judged(L3), L3)

    assert {end.month for end in told if end.has_moved} == {
        end.month for end, before in pairwise(told) if end.stage != before.stage
    }
    assert any(end.has_moved for end in told)


def test_a_month_whose_bills_were_corrected_keeps_its_stage_without_a_reason():
    frame = judged(L3)
    bills = [replace_bill(bill) for bill in bills_of(frame)]

    told = life_of(frame, L3, bills=bills)

    assert [end.stage for end in told] == [end.stage for end in life_of(frame, L3)]
    assert [end.reason for end in told if end.month == frame.month - 7] == [""]  # May, in decline then


def replace_bill(bill):
    bill.arpu_fen = 100_00
    return bill


def test_what_happened_after_the_night_counts_for_nothing():
    row = {"bills": [100] * 24, **STEADY_USE}
    later = [AS_OF + dt.timedelta(days=1)]

    assert life_of(judged(row), row, signalled=later) == life_of(judged(row), row)


def test_page_and_night_ask_for_the_same_events_and_months():
    assert MONTHS == HISTORY_MONTHS
    assert f"event.kind in ({', '.join(map(str, sorted(SIGNAL_KINDS)))})" in PARTS["signalled"]
