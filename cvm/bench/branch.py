"""A made-up branch straight into the tables by COPY: customers, bundles, events and packed history, no files.

Seeded by bucket, so the same number of customers is the same branch everywhere. What it imitates: a ladder of plans
from 18 to 588 yuan with log-normal usage, seasons and trends, one customer in nine who begins to spend less, contracts
that end, porting queries and complaints before leaving, and a hazard of leaving that grows with each of these. What it
leaves out: names, families, groups beyond a class, and the bill rows themselves (the night reads the packed form).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction

from callcenter.models import PhoneManager
from customers import blocks
from customers.models import Branch, Customer, GroupAccount, Staff
from cvm.lib import bulk
from cvm.lib.months import day_number, first_day, last_day, month_of

Array = npt.NDArray[Any]

SEED = 20_260_801
COUNTIES, HALLS_EACH = 12, 2
CUSTOMERS_PER_MANAGER = 5_000
PLANS_YUAN = np.array([18, 38, 58, 88, 128, 158, 188, 288, 388, 588])
PLAN_SHARES = np.array([0.12, 0.18, 0.2, 0.17, 0.13, 0.07, 0.06, 0.04, 0.02, 0.01])
SEASON = np.array([1.03, 1.08, 0.98, 0.99, 1.0, 1.0, 1.02, 1.02, 0.99, 1.04, 0.99, 1.0])

STAGE_TABLE = "create temporary table staged ({columns}) on commit drop"

CUSTOMERS = """
insert into customers_customer
    (id, user_code, cust_code, msisdn, name, name_pinyin, name_initials, gender, join_date, county_id, hall_id, brand,
     plan_name, plan_fee_fen, data_quota_mb, voice_quota_min, state, is_signed, is_real_name, vip_card, star_level,
     credit_score, pay_mode, balance_fen, is_special, is_red_listed, is_black_listed, is_sensitive, broadband_carrier,
     handset_model, handset_months, dual_sim, last_call_date, family_role, group_id, is_key_person, duty, loyalty,
     manager_id, birth_date, number_hash, occupation, industry, interests, vnet, stop_reason, points_expiring,
     is_address_covered, plan_is_5g, sim_is_5g, handset_is_5g)
select id, 'U' || id, '', (19000000000 + id)::text, '', '', '', 0, join_date, county_id, hall_id, 0, '', plan_fee_fen,
       data_quota_mb, voice_quota_min, state, true, true, vip_card, star_level, 600, 0,
       id::bigint * 7919 % 20000, false, is_red_listed, false,
       false, broadband_carrier, '', handset_months, dual_sim, last_call_date, 0, nullif(group_id, 0), is_key_person,
       '', loyalty, nullif(manager_id, 0), birth_date, '', '', '', '', 0,
       case state when 2 then 1 else 0 end, 0, 0, 0, 0, 0
from staged
"""
BUNDLES = """
insert into customers_bundle (code, customer_id, product_name, kind, start_date, end_date, min_spend_fen, status, is_deep)
select 'B' || customer_id, customer_id, '', 2, start_date, end_date, 0, 1, false from staged
"""
EVENTS = """
insert into customers_event (customer_id, kind, occurred_at, channel, detail, source_key)
select customer_id, kind, occurred_at, '', '', 'E' || customer_id || '-' || kind from staged
"""
CONSENTS = """
insert into customers_consent (customer_id, channel, is_given, said_at, source)
select customer_id, 'call', is_given, now(), 'bench' from staged
"""
COMPLAINTS = """
insert into customers_complaint (case_code, customer_id, opened_at, channel, category, content, level, status)
select 'C' || customer_id, customer_id, opened_at, '', '', '', level, 1 from staged
"""


def build(*, customers: int, months: int, as_of: dt.date, told: Callable[[int, int], None]) -> None:
    """Fill an empty database with a branch; `told(done, total)` hears of each bucket."""
    people = _organisation(customers)
    size = settings.CVM_BUCKET_SIZE
    total = -(-customers // size)
    for bucket in range(total):
        first, last = bucket * size + 1, min((bucket + 1) * size, customers)
        with transaction.atomic():
            Bucket(first, last, months=months, as_of=as_of, people=people).load()
        told(bucket + 1, total)


def _organisation(customers: int) -> dict[str, Array]:
    top = Branch.objects.create(code="B", name="Branch", kind=Branch.Kind.BRANCH)
    counties = Branch.objects.bulk_create(
        Branch(code=f"C{number}", name=f"County {number}", kind=Branch.Kind.COUNTY, parent=top)
        for number in range(COUNTIES)
    )
    halls = Branch.objects.bulk_create(
        Branch(code=f"H{county.code}{number}", name=f"Hall {number}", kind=Branch.Kind.HALL, parent=county)
        for county in counties
        for number in range(HALLS_EACH)
    )
    unusable = make_password(None)
    staff = Staff.objects.bulk_create(
        Staff(username=f"manager{number}", role=Staff.Role.PHONE_MANAGER, branch=top, password=unusable)
        for number in range(max(2, customers // CUSTOMERS_PER_MANAGER))
    )
    PhoneManager.objects.bulk_create(PhoneManager(staff=one, employee_no=f"{one.pk:05d}") for one in staff)
    groups = GroupAccount.objects.bulk_create(
        GroupAccount(code=f"G{number}", name=f"Group {number}", group_class=number % 4 + 1) for number in range(40)
    )
    return {
        "county": np.array([one.pk for one in counties]),
        "hall": np.array([one.pk for one in halls]),
        "manager": np.array([one.pk for one in staff]),
        "group": np.array([one.pk for one in groups]),
    }


class Bucket:
    """The customers `first` … `last`: drawn at once, written table by table."""

    def __init__(self, first: int, last: int, *, months: int, as_of: dt.date, people: dict[str, Array]) -> None:
        self.id = np.arange(first, last + 1)
        self.size = len(self.id)
        self.random = np.random.default_rng([SEED, first])
        self.months, self.as_of, self.people = months, as_of, people
        self.newest = month_of(as_of) - 1
        self.plan = self.random.choice(len(PLANS_YUAN), self.size, p=PLAN_SHARES)
        self.joined = self._joined()
        self._draw_life()

    def load(self) -> None:
        """Write the bucket."""
        self._load_customers()
        self._load_bundles()
        self._load_events()
        self._load_consents()
        for back in range(self.months):
            blocks.write(month=first_day(self.newest - back), bills=self._bills(back))

    def _joined(self) -> Array:
        """Return the joining day: one in five within the last two years, the others long before."""
        age = np.where(self.random.random(self.size) < 0.2, 730, 5000) * self.random.random(self.size)
        return (day_number(self.as_of) - 30 - age).astype(np.int64)

    def _draw_life(self) -> None:
        """Draw who declines, who is bound until when, and the months back in which somebody left (0 = still here)."""
        self.onset = np.where(self.random.random(self.size) < 0.11, self.random.integers(1, self.months, self.size), 0)
        self.bundle_left = np.where(
            self.random.random(self.size) < 0.55, self.random.integers(-90, 720, self.size), -9999
        )
        hazard = 0.004 + 0.02 * (self.onset > 0) + 0.004 * (self.bundle_left < 0)
        left = self.random.geometric(hazard)
        self.left = np.where(left < self.months, self.months - left, 0)
        self.wants_out = (self.left == 0) & (self.random.random(self.size) < 0.004 + 0.03 * (self.onset > 0))

    def _load_customers(self) -> None:
        county = self.random.integers(0, COUNTIES, self.size)
        state = np.where(self.left > 0, np.where(self.id % 3 == 0, 8, 6), 1)
        state = np.where((state == 1) & (self.random.random(self.size) < 0.01), 2, state)
        is_member = self.random.random(self.size) < 0.15
        owned = (self.plan >= 3) | (self.random.random(self.size) < 0.2)
        today = day_number(self.as_of)
        silent = np.where(self.random.random(self.size) < 0.02, 40, 6) * self.random.random(self.size)
        columns = {
            "id": self.id,
            "join_date": self.joined,
            "county_id": self.people["county"][county],
            "hall_id": self.people["hall"][county * HALLS_EACH + self.id % HALLS_EACH],
            "manager_id": np.where(owned, self.people["manager"][self.id % len(self.people["manager"])], 0),
            "group_id": np.where(is_member, self.people["group"][self.id % len(self.people["group"])], 0),
            "plan_fee_fen": PLANS_YUAN[self.plan] * 100,
            "data_quota_mb": PLANS_YUAN[self.plan] * 200,
            "voice_quota_min": PLANS_YUAN[self.plan] * 5,
            "state": state,
            "vip_card": np.clip(self.plan - 6, 0, 3),
            "star_level": np.clip(self.plan // 2, 0, 5),
            "is_red_listed": self.random.random(self.size) < 0.002,
            "broadband_carrier": self.random.choice(3, self.size, p=[0.4, 0.45, 0.15]),
            "handset_months": self.random.integers(0, 48, self.size),
            "dual_sim": self.random.choice(5, self.size, p=[0.5, 0.3, 0.08, 0.08, 0.04]),
            "last_call_date": (today - 1 - silent).astype(np.int64),
            "is_key_person": is_member & (self.random.random(self.size) < 0.05),
            "loyalty": self.random.choice(3, self.size, p=[0.7, 0.2, 0.1]),
            "birth_date": self.random.integers(-10_000, 12_000, self.size),
        }
        wire = {"join_date": "date", "last_call_date": "date", "birth_date": "date"}
        _insert(CUSTOMERS, columns, wire | dict.fromkeys(("is_red_listed", "is_key_person"), "bool"))

    def _load_bundles(self) -> None:
        rows = np.flatnonzero(self.bundle_left > -9999)
        end = day_number(self.as_of) + self.bundle_left[rows]
        columns = {"customer_id": self.id[rows], "start_date": end - 730, "end_date": end}
        _insert(BUNDLES, columns, {"start_date": "date", "end_date": "date"})

    def _load_events(self) -> None:
        """Porting queries and complaints of those who want out, and of a few who only ask."""
        ask = np.flatnonzero(self.wants_out | (self.random.random(self.size) < 0.003))
        ago = self.random.integers(1, 60, len(ask)) * 86_400_000_000
        now = day_number(self.as_of) * 86_400_000_000
        _insert(
            EVENTS,
            {"customer_id": self.id[ask], "kind": 1 + self.id[ask] % 2, "occurred_at": now - ago},
            {"occurred_at": "timestamptz"},
        )
        angry = np.flatnonzero(self.random.random(self.size) < 0.006 + 0.04 * (self.onset > 0))
        ago = self.random.integers(1, 90, len(angry)) * 86_400_000_000
        columns = {"customer_id": self.id[angry], "opened_at": now - ago, "level": 1 + self.id[angry] % 3}
        _insert(COMPLAINTS, columns, {"opened_at": "timestamptz"})

    def _load_consents(self) -> None:
        """Nine in ten agreed to calls, one in twenty refused, the others never said."""
        said = np.random.default_rng([SEED, self.id[0], 1]).random(self.size)
        rows = np.flatnonzero(said < 0.95)
        _insert(CONSENTS, {"customer_id": self.id[rows], "is_given": said[rows] < 0.9}, {"is_given": "bool"})

    def _bills(self, back: int) -> dict[str, Array]:
        """Return the bills of the month `back` months before the newest, only of those who were there."""
        month = self.newest - back
        there = np.flatnonzero((self.joined <= day_number(last_day(month))) & (back >= self.left))
        random, plan = self.random, PLANS_YUAN[self.plan[there]]
        since = np.maximum(self.onset[there] - back, 0)
        factor = SEASON[month % 12] * 0.85**since * random.lognormal(0.0, 0.18, len(there))
        over = np.where(random.random(len(there)) < 0.15, random.lognormal(2.0, 0.8, len(there)), 0.0)
        suspended = random.random(len(there)) < 0.006 + 0.02 * (since > 3)
        return {
            "customer_id": self.id[there],
            "state": np.where(suspended, Customer.State.ONE_WAY, Customer.State.NORMAL).astype(np.int16),
            "is_signed": np.ones(len(there), dtype=bool),
            "arpu_fen": np.where(suspended, 0, (plan * factor + over) * 100).astype(np.int64),
            "owed_fen": np.where(suspended, 3000, 0),
            "voice_min": (plan * 3 * factor).astype(np.int64),
            "data_mb": (plan * 120 * factor).astype(np.int64),
            "sms_count": random.integers(0, 30, len(there)),
            "active_days": np.clip(30 - 3 * since - random.integers(0, 6, len(there)), 0, 31),
            "over_fee_fen": (over * 100).astype(np.int64),
        }


def _insert(statement: str, columns: dict[str, Array], wire: dict[str, str]) -> None:
    kinds = [(name, wire.get(name, "int4")) for name in columns]
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists staged")
        cursor.execute(STAGE_TABLE.format(columns=", ".join(f"{name} {kind}" for name, kind in kinds)))
        bulk.write(cursor, "staged", kinds, columns)
        cursor.execute(statement)
