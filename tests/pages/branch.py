"""A small branch with a published night, for the tests of pages: two counties, 64 customers, all figures consistent.

The standings are invented, the rollups and the ledger are counted from them, as a night would.
"""

from __future__ import annotations

import datetime as dt
import functools
import random
from collections import Counter
from dataclasses import asdict, dataclass

import numpy as np
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.utils import timezone

from callcenter.kinds import arbitration_rows
from callcenter.models import Contact
from customers.facets import FACETS, SHIFT
from customers.facets import codes as facet_code
from customers.frames import HISTORY_MONTHS
from customers.models import (
    Branch,
    Bundle,
    Complaint,
    Consent,
    Customer,
    DoNotDisturb,
    Event,
    Family,
    GroupAccount,
    MonthlyBill,
    Rollup,
    Run,
    Staff,
    Standing,
)
from customers.partitions import ensure_partition
from cvm.lib.months import day_number, first_day, month_of
from cvm.night import concentration, partition, service, stage_counts, steering, vintages
from lifecycle import journeys
from lifecycle.models import KeyMoment, MomentKind
from lifecycle.paths import PATH_MASK, steps, told_months
from lifecycle.stages import StageThresholds
from offers.eligible import Economics
from offers.queries import load_catalogue
from retention.policies import contact_terms_of, live_contact_policy
from retention.warnings import WarningTerms
from segmentation.cohort import CohortTerms
from segmentation.models import Cohort, LedgerEntry, LedgerLine
from segmentation.tiers import TierThresholds

AS_OF = dt.date(2026, 11, 22)
MONTH = dt.date(2026, 10, 1)
CUSTOMERS = 64
SURNAMES = "王李张刘陈杨黄赵周吴徐孙"
BASE_MONTH = MONTH.year * 12 - 1  # the entry month of the cohort's base
BAND_FEN = (0, 3_000, 6_500, 9_800, 15_000, 26_000)  # a typical average bill of each band
PASSWORD = "a long pass phrase 7"


@dataclass(frozen=True)
class Place:
    """What a test needs to name."""

    run: Run
    east: Branch
    west: Branch
    people: dict[str, Staff]

    def __getattr__(self, name: str) -> Staff:
        try:
            return self.__dict__["people"][name]
        except KeyError:
            raise AttributeError(name) from None  # what a copy asks before it has people


def build(*, customers: int = CUSTOMERS, finished_at: dt.datetime | None = None, seed: int = 7) -> Place:
    """Make the branch, its people, customers and a published night; the same every time, another one for another seed."""
    root = Branch.objects.create(code="JC", name="江城分公司", kind=Branch.Kind.BRANCH)
    east = Branch.objects.create(code="JC-E", name="东湖县", kind=Branch.Kind.COUNTY, parent=root)
    west = Branch.objects.create(code="JC-W", name="西山县", kind=Branch.Kind.COUNTY, parent=root)
    hall = Branch.objects.create(code="JC-E-1", name="东湖营业厅", kind=Branch.Kind.HALL, parent=east)
    people = _people(root, east, west)
    known = _customers(customers, east=east, west=west, hall=hall, people=people)
    run = _run(customers, finished_at=finished_at or timezone.now())
    partition.create(run.pk)
    partition.attach(run.pk)
    standings = _standings(run, known, seed=seed)
    Standing.objects.bulk_create(standings)
    _rollups(run, standings)
    _stage_counts(run, standings)
    _ledger(run, standings)
    _bills(known, standings)
    if customers >= 4:
        _lives(known, run=run, staff=people["manager"])
    concentration.write(run)
    service.write(run)
    steering.write(run)
    vintages.write_of(
        run, Cohort.objects.get(year=MONTH.year).pk, year=MONTH.year, months=range(BASE_MONTH + 1, month_of(MONTH) + 1)
    )
    return Place(run=run, east=east, west=west, people=people)


def _people(root: Branch, east: Branch, west: Branch) -> dict[str, Staff]:
    rows = (
        ("analyst", Staff.Role.ANALYST, root, "林分析"),
        ("east_analyst", Staff.Role.ANALYST, east, "东湖分析"),
        ("manager", Staff.Role.PHONE_MANAGER, east, "何静"),
        ("other_manager", Staff.Role.PHONE_MANAGER, west, "罗敏"),
        ("leader", Staff.Role.TEAM_LEADER, east, "高班长"),
        ("clerk", Staff.Role.HALL_CLERK, east, "营业员"),
        ("admin", Staff.Role.ADMIN, root, "系统管理员"),
        ("auditor", Staff.Role.AUDITOR, root, "审计员"),
    )
    return {
        name: Staff.objects.create(username=name, password=_hash(), role=role, branch=at, display_name=display)
        for name, role, at, display in rows
    }


@functools.cache
def _hash() -> str:
    return make_password(PASSWORD)  # slow on purpose: once is enough


def _customers(count: int, *, east: Branch, west: Branch, hall: Branch, people: dict[str, Staff]) -> list[Customer]:
    rows = [
        Customer(
            id=number,
            user_code=f"U{number:06d}",
            msisdn=f"1380013{number:04d}",
            name=f"{SURNAMES[number % len(SURNAMES)]}小明",
            name_initials="wxm",
            join_date=dt.date(2015 + number % 10, 1 + number % 12, 5),
            county=east if number % 3 else west,
            hall=hall if number % 3 else None,
            brand=Customer.Brand.GOTONE,
            plan_name="畅享套餐128元",
            plan_fee_fen=12_800,
            data_quota_mb=20_480,
            voice_quota_min=500,
            state=Customer.State.CANCELLED_ACTIVE if number % 16 == 0 else Customer.State.NORMAL,
            leave_date=dt.date(2026, 9, 3) if number % 16 == 0 else None,
            handset_model="P60",
            handset_months=26,
            manager=people["manager"] if number % 3 else people["other_manager"],
        )
        for number in range(1, count + 1)
    ]
    return Customer.objects.bulk_create(rows)


def _run(customers: int, *, finished_at: dt.datetime) -> Run:
    return Run.objects.create(
        as_of=AS_OF,
        month=MONTH,
        status=Run.Status.PUBLISHED,
        stage="done",
        is_current=True,
        started_at=finished_at - dt.timedelta(minutes=3),
        finished_at=finished_at,
        policies={"tier": 1, "stage": 1, "warning": 1, "cohort": MONTH.year},
        plan={
            "tier": asdict(TierThresholds()),
            "stage": asdict(StageThresholds()),
            "warning": asdict(WarningTerms()),
            "cohort": asdict(CohortTerms(year=MONTH.year)),
            "contact": asdict(contact_terms_of(live_contact_policy())),
            "catalogue": asdict(load_catalogue()),
            "economics": asdict(Economics()),
            "arbitration": arbitration_rows(),
            "history_months": HISTORY_MONTHS,
        },
        customers=customers,
        buckets=1,
    )


def _standings(run: Run, customers: list[Customer], *, seed: int) -> list[Standing]:
    dice = random.Random(seed)
    return [_standing(run, customer, dice) for customer in customers]


def _standing(run: Run, customer: Customer, dice: random.Random) -> Standing:
    is_off = customer.state > Customer.State.PRE_CANCEL
    band = 0 if is_off else dice.choice((1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5))
    previous = max(0, min(5, band + dice.choice((0, 0, 0, 0, -1, 1)))) if not is_off else dice.choice((0, 1, 4))
    fen = BAND_FEN[band] + dice.randrange(0, 900)
    is_member = band >= 4 or customer.pk % 7 == 0
    state = 0 if not is_member else 2 if is_off else dice.choice((1, 1, 1, 1, 3))
    entry = BASE_MONTH if customer.pk % 5 else BASE_MONTH + 4
    warning = 0 if is_off else dice.choice((0, 0, 0, 1, 1, 2, 3))
    code = 3 if band < 4 else 1 if band == 5 else 2
    stage = 5 if is_off else dice.choice((1, 2, 3, 3, 3, 4))
    return Standing(
        run=run,
        customer=customer,
        county_id=customer.county_id,
        hall_id=customer.hall_id or 0,
        manager_id=customer.manager_id,
        state=customer.state,
        tenure_months=month_of(AS_OF) - month_of(customer.join_date) + 1,
        arpu_fen=fen,
        cum3_fen=3 * fen,
        previous_cum3_fen=3 * fen + 600,
        sum12_fen=12 * fen,
        facets=_facets(customer.pk),
        band=band,
        previous_band=previous,
        code=code,
        code_reason={1: 2, 2: 3, 3: 5}[code],
        layer=4 if not is_member else 1 if band == 5 and customer.pk % 2 else 3,
        cohort_entry=entry if is_member else 0,
        cohort_state=state,
        cohort_path=_path(entry, state, is_away=customer.pk % 11 == 0) if is_member else 0,
        low_months=3 if state == 3 else 0,
        stage=stage,
        stage_path=_stage_path(customer.pk, stage),
        stage_reason=9 if is_off else 4,
        stage_since=month_of(MONTH) - dice.randrange(1, 12),
        growth_bp=dice.randrange(-3000, 2000),
        moments=0,
        churn_ppm=dice.randrange(1_000, 400_000),
        score=dice.randrange(5, 95),
        warning=warning,
        warning_day=day_number(AS_OF) if warning else 0,
        reason_1={0: 0, 1: 5, 2: 9, 3: 1}[warning],
        reason_2=3 if warning >= 2 else 0,
        reason_3=0,
        value_1={0: 0, 1: 41, 2: 48, 3: 2}[warning],
        value_2=72 if warning >= 2 else 0,
        value_3=0,
        offer_id=0,
        kept_fen=0 if is_off else dice.choice((0, 12_000, 12_000, dice.randrange(1_000, 90_000))),
    )


def _facets(number: int) -> int:
    codes = {name: (number * 7 + place) % len(choices) for place, (name, (_, choices)) in enumerate(FACETS.items())}
    return sum(code << SHIFT[name] for name, code in codes.items())


def _path(entry: int, state: int, *, is_away: bool) -> int:
    """Return the month ends of a member: kept from entry, away in June where asked, in the state since September."""
    newest = month_of(MONTH)
    states = dict.fromkeys(range(entry, newest + 1), 1)
    if is_away:
        states[newest - 4] = 2
    states[newest - 1] = states[newest] = state
    return sum(value << 2 * (month - BASE_MONTH) for month, value in states.items())


def _stage_path(number: int, stage: int) -> int:
    """Return the stages of HISTORY_MONTHS months ending in this one: a life of a few stretches, the same every time."""
    dice = random.Random(number)
    months = [0] * dice.choice((0, 0, 0, 15, 17))
    while len(months) < HISTORY_MONTHS - 1:
        months += [dice.choice((1, 2, 3, 3, 4, 5))] * dice.randrange(1, 8)
    return functools.reduce(lambda path, one: path << 3 & PATH_MASK | one, [*months[: HISTORY_MONTHS - 1], stage], 0)


KINDS = {
    "band_stage": lambda s: (s.band, s.stage),
    "band_previous": lambda s: (s.previous_band, s.band),
    "warning_band": lambda s: (s.warning, s.band) if s.band else None,
    "layer_code": lambda s: (s.layer, s.code) if s.band else None,
    "cohort": lambda s: (s.cohort_state, s.layer) if s.cohort_state else None,
    "state": lambda s: (s.state, 0),
    "stage_products": lambda s: (s.stage, int(facet_code(s.facets, "products"))),
    **{f"by_{name}": lambda s, name=name: (int(facet_code(s.facets, name)), s.band) for name in FACETS},
}


def _rollups(run: Run, standings: list[Standing]) -> None:
    counts: Counter[tuple[str, int, int, int]] = Counter()
    money: Counter[tuple[str, int, int, int]] = Counter()
    for standing in standings:
        for kind, place in KINDS.items():
            if place(standing) is not None:
                key = (kind, standing.county_id, *place(standing))
                counts[key] += 1
                money[key] += standing.cum3_fen
    Rollup.objects.bulk_create(
        Rollup(run=run, kind=kind, county_id=county, row=row, column=column, customers=number, revenue_fen=money[key])
        for key, number in counts.items()
        for kind, county, row, column in [key]
    )


def _stage_counts(run: Run, standings: list[Standing]) -> None:
    """Count the measures of the stages from the paths; whoever grew was below mid/high then."""
    counties = sorted({standing.county_id for standing in standings})
    run.plan["counties"] = counties
    path = np.array([standing.stage_path for standing in standings], np.int64)
    told = steps(path, months=told_months(HISTORY_MONTHS))
    place = np.searchsorted(counties, [standing.county_id for standing in standings])
    revenue = np.array([standing.cum3_fen for standing in standings], np.int64)
    is_valuable = np.array([standing.band >= 4 for standing in standings])
    growth = np.zeros((len(counties), len(stage_counts.HORIZONS), 3), np.int64)
    for number, back in enumerate(stage_counts.HORIZONS):
        growth[:, number] = journeys.conversion(
            told[-1 - back], np.zeros_like(is_valuable), is_valuable, place, places=len(counties)
        )
    totals = {
        "stage_lasting": journeys.lasting(told, place, places=len(counties)),
        stage_counts.FLAP: journeys.flapping(told, place, places=len(counties)),
        stage_counts.EXIT: journeys.leaving(told, place, revenue, places=len(counties)),
        stage_counts.GROWTH: growth,
        stage_counts.FLOW: stage_counts.flow(path, [revenue // 3, revenue // 3], place, places=len(counties)),
    }
    stage_counts.write(run, totals)
    run.save(update_fields=["plan"])


def _ledger(run: Run, standings: list[Standing]) -> None:
    """Count the books of the ten months of the year from the paths, as a night would."""
    cohort = Cohort.objects.filter(year=MONTH.year).first() or Cohort.objects.create(year=MONTH.year)
    entries, lines = [], []
    for county in sorted({standing.county_id for standing in standings}):
        members = [s for s in standings if s.county_id == county and s.cohort_state]
        base = [s for s in members if s.cohort_entry == BASE_MONTH]
        window = sum(s.cum3_fen for s in base) + 90_000
        for month in range(BASE_MONTH + 1, month_of(MONTH) + 1):
            states = Counter(_state_at(s, month) for s in members)
            kept = [s for s in base if _state_at(s, month) == 1]
            entries.append(
                LedgerEntry(
                    run=run,
                    cohort=cohort,
                    month=month,
                    county_id=county,
                    base=len(base),
                    base_kept=len(kept),
                    added=sum(1 for s in members if s.cohort_entry == month),
                    members=states.total() - states[0],
                    kept=states[1],
                    lost_off_network=states[2],
                    lost_value=states[3],
                    reached=len(kept),
                    base_revenue_fen=sum(s.arpu_fen for s in kept) * (110 - month % 12) // 100,
                    base_window_fen=window,
                )
            )
        for by, key in ((1, "county_id"), (2, "layer"), (3, "manager_id")):
            for value in sorted({getattr(s, key) for s in members}):
                own = [s for s in members if getattr(s, key) == value]
                months = range(BASE_MONTH, month_of(MONTH) + 1)
                lines += [
                    LedgerLine(run=run, cohort=cohort, by=by, county_id=county, key=value, **_moved(own, month))
                    for month in months
                ]
    LedgerEntry.objects.bulk_create(entries)
    LedgerLine.objects.bulk_create(lines)


def _state_at(standing: Standing, month: int) -> int:
    return standing.cohort_path >> 2 * (month - BASE_MONTH) & 3 if month >= BASE_MONTH else 0


def _moved(members: list[Standing], month: int) -> dict[str, int]:
    steps = Counter((_state_at(s, month - 1), _state_at(s, month)) for s in members)
    kept = [s for s in members if _state_at(s, month) == 1]
    return {
        "month": month,
        "opening": sum(1 for s in members if _state_at(s, month - 1) == 1),
        "entered": steps[0, 1],
        "returned": steps[2, 1] + steps[3, 1],
        "lost_off_network": steps[1, 2],
        "lost_value": steps[1, 3],
        "closing": len(kept),
        "revenue_fen": sum(s.arpu_fen for s in kept),
    }


def _bills(customers: list[Customer], standings: list[Standing]) -> None:
    months = [first_day(month_of(MONTH) - back) for back in range(24)]
    with connection.cursor() as cursor:
        for month in months:
            ensure_partition(cursor, month=month)
    fen_of = {standing.customer_id: standing.arpu_fen for standing in standings}
    MonthlyBill.objects.bulk_create(
        _bill(customer, month, fen=fen_of[customer.pk] + 37 * back * (back % 5))
        for customer in customers[:8]
        for back, month in enumerate(months)
        if back != 9
    )


def _bill(customer: Customer, month: dt.date, *, fen: int) -> MonthlyBill:
    voice, data = fen // 8, fen // 5
    return MonthlyBill(
        month=month,
        customer=customer,
        state=1,
        arpu_fen=fen,
        plan_fee_fen=fen - voice - data - 700,
        voice_fee_fen=voice,
        data_fee_fen=data,
        sms_fee_fen=100,
        vas_fee_fen=600,
        roam_fee_fen=0,
        over_fee_fen=data // 2,
        voice_min=380,
        data_mb=17_500,
        sms_count=12,
        active_days=27,
        batch_id=1,
    )


def _lives(customers: list[Customer], *, run: Run, staff: Staff) -> None:
    """Give the first customers a group, a family, events, a complaint, a contact and words about contact."""
    one, two = customers[0], customers[1]
    group = GroupAccount.objects.create(code="G1", name="江城第一中学", group_class=2)
    family = Family.objects.create(code="F1")
    Customer.objects.filter(pk=one.pk).update(group=group, is_key_person=True, duty="办公室主任")
    Customer.objects.filter(pk__in=[one.pk, two.pk]).update(family=family, family_role=3)
    for number, (kind, channel) in enumerate(((1, "10086"), (7, "热线"), (8, "东湖营业厅"), (13, "APP"))):
        Event.objects.create(
            customer=one,
            kind=kind,
            occurred_at=_at(dt.date(2026, 11, 20 - 4 * number)),
            channel=channel,
            source_key=f"e{number}",
        )
    Complaint.objects.create(
        case_code="C1", customer=one, opened_at=_at(dt.date(2026, 10, 3)), category="资费争议", level=2, status=2
    )
    Contact.objects.create(
        customer=one,
        staff=staff,
        started_at=_at(dt.date(2026, 11, 2)),
        ended_at=_at(dt.date(2026, 11, 2)),
        outcome=Contact.Outcome.THINKING,
        note="想比较一下家庭套餐",
    )
    Bundle.objects.create(
        code="B1", customer=one, product_name="预存600送手机", kind=3,
        start_date=dt.date(2025, 1, 3), end_date=dt.date(2027, 1, 2),
    )  # fmt: skip
    Consent.objects.create(customer=one, channel="call", is_given=True, said_at=_at(AS_OF), source="hall")
    DoNotDisturb.objects.create(customer=two, scope=1, starts_at=_at(dt.date(2026, 1, 1)), source="hall")
    kind = MomentKind.objects.order_by("bit").first() or _kind()
    KeyMoment.objects.create(
        run=run, customer=one, kind=kind, detected_on=AS_OF, level=2, deadline_hours=24, value=41, reference=60
    )
    Standing.objects.filter(run=run, customer_id__in=[1, 2, 4]).update(moments=1 << kind.bit)


def _kind() -> MomentKind:
    return MomentKind.objects.create(
        code="C1", bit=18, category="C", name_zh="合约到期", name_en="Contract ends", action_zh="续约", action_en="Renew",
        script_zh="您好", script_en="Hello", cool_down_days=30,
    )  # fmt: skip


def _at(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time(10, 30)))
