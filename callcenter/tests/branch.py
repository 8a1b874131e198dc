"""A small branch for tests: units, people, customers, one published run with standings, moments and a queue."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass, field

from django.db import connection

from callcenter.models import Callback, PhoneManager, QueueItem
from customers.models import Branch, Bundle, Consent, Customer, MonthlyBill, Run, Staff, Standing
from customers.partitions import ensure_partition
from cvm.lib.months import day_number
from lifecycle.models import KeyMoment, MomentKind
from offers.models import Offer
from retention.models import ContactPolicy

# A Monday afternoon inside every calling window.
NOW = dt.datetime(2026, 11, 23, 7, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 23)
HOURS = {
    "workday": [["09:00", "12:00"], ["14:00", "20:00"]],
    "restday": [["10:00", "12:00"], ["15:00", "19:00"]],
}
ANY_HOUR = {"workday": [["00:00", "23:59"]], "restday": [["00:00", "23:59"]]}
MONTHS = [dt.date(2026, month, 1) for month in (10, 9, 8, 7, 6, 5)]
BILLS = [79_00, 121_00, 128_00, 130_00, 127_00, 131_00]


@dataclass
class BranchBuilder:
    """Makes what a test asks for, one call each; ids count up from 1."""

    root: Branch
    county: Branch
    run: Run
    serial: itertools.count = field(default_factory=lambda: itertools.count(1))

    def manager(self, name: str = "manager", **values) -> Staff:
        """Make a phone manager with a desk."""
        staff = self.staff(name, Staff.Role.PHONE_MANAGER)
        PhoneManager.objects.create(staff=staff, employee_no=f"P{staff.pk:04}", **values)
        return staff

    def staff(self, name: str, role: str, branch: Branch | None = None) -> Staff:
        """Make a person of any role, in the county unless told otherwise."""
        return Staff.objects.create_user(
            name, password=None, role=role, branch=branch or self.county, display_name=name
        )

    def customer(self, manager: Staff | None, **values) -> Customer:
        """Make a customer of the manager's portfolio who agreed to be called."""
        number = next(self.serial)
        customer = Customer.objects.create(
            **{
                "id": number,
                "user_code": f"U{number:06}",
                "msisdn": f"1380000{number:04}",
                "name": f"王小{'一二三四五六七八九'[number % 9]}",
                "join_date": dt.date(2020, 3, 1),
                "county": self.county,
                "plan_name": "全球通128",
                "plan_fee_fen": 128_00,
                "manager": manager,
            }
            | values
        )
        Consent.objects.create(customer=customer, channel="call", is_given=True, said_at=NOW, source="test")
        return customer

    def item(self, customer: Customer, rank: int | None = None, **values) -> QueueItem:
        """Queue a customer in the published run."""
        defaults = {"level": 3, "kept_fen": 640_00, "moment_bits": 0, "offer_id": 0}
        return QueueItem.objects.create(
            run=self.run,
            customer=customer,
            manager=customer.manager,
            rank=customer.pk if rank is None else rank,
            **defaults | values,
        )

    def standing(self, customer: Customer, **values) -> Standing:
        """Say what the run said about a customer."""
        columns = dict.fromkeys(_standing_columns(), 0) | {
            "county_id": self.county.pk,
            "manager_id": customer.manager_id or 0,
            "state": customer.state,
            "tenure_months": 80,
            "arpu_fen": 79_00,
            "cum3_fen": 328_00,
            "previous_cum3_fen": 388_00,
            "sum12_fen": 1400_00,
            "band": 4,
            "code": 2,
            "layer": 3,
            "stage": 4,
            "stage_reason": 5,
            "warning": 3,
            "score": 84,
            "kept_fen": 640_00,
        }
        return Standing.objects.create(run_id=self.run.pk, customer_id=customer.pk, **columns | values)

    def queued(self, manager: Staff, count: int) -> list[QueueItem]:
        """Queue `count` new customers of one manager, each with its standing."""
        customers = [self.customer(manager) for _ in range(count)]
        for customer in customers:
            self.standing(customer)
        return [self.item(customer) for customer in customers]

    def promise(self, customer: Customer, due_at: dt.datetime = NOW, **values) -> Callback:
        """Promise the customer a call."""
        return Callback.objects.create(
            customer=customer, manager=customer.manager, due_at=due_at, created_at=due_at, **values
        )

    def story(self, manager: Staff) -> Customer:
        """Make the customer of the handbook's example: contract ends, spend fell, one offer fits."""
        customer = self.customer(manager, vip_card=Customer.VipCard.GOLD, star_level=4)
        offer = an_offer()
        self.standing(
            customer, offer_id=offer.pk, reason_1=5, value_1=29, reason_2=9, value_2=62, reason_3=3, value_3=84
        )
        ends, drop = a_kind("C1", 0), a_kind("C4", 1)
        self.moment(customer, ends, value=29, reference=day_number(dt.date(2026, 12, 22)), level=2)
        self.moment(customer, drop, value=79_00, reference=126_33, level=1)
        self.item(customer, offer_id=offer.pk, moment_bits=1 << ends.bit | 1 << drop.bit)
        for month, arpu_fen in zip(MONTHS, BILLS, strict=True):
            MonthlyBill.objects.create(month=month, customer=customer, state=1, arpu_fen=arpu_fen, batch_id=1)
        Bundle.objects.create(
            code=f"K{customer.pk}",
            customer=customer,
            product_name="24 个月合约",
            kind=Bundle.Kind.HANDSET,
            start_date=dt.date(2024, 12, 22),
            end_date=dt.date(2026, 12, 22),
        )
        return customer

    def moment(self, customer: Customer, kind: MomentKind, **values) -> KeyMoment:
        """Let the run find a key moment."""
        return KeyMoment.objects.create(
            run=self.run, customer=customer, kind=kind, detected_on=TODAY, deadline_hours=24, **values
        )


def build_branch() -> BranchBuilder:
    """Make the branch, one county and a published run of today with its standing partition."""
    root = Branch.objects.create(code="B", name="市公司", kind=Branch.Kind.BRANCH)
    county = Branch.objects.create(code="C1", name="城东", kind=Branch.Kind.COUNTY, parent=root)
    run = publish_run(TODAY)
    make_bill_partitions()
    allow_calls(HOURS)
    return BranchBuilder(root=root, county=county, run=run)


def publish_run(as_of: dt.date) -> Run:
    """Publish a run without verdicts and give it its partition."""
    Run.objects.filter(is_current=True).update(is_current=False)
    run = Run.objects.create(
        as_of=as_of, month=MONTHS[0], status=Run.Status.PUBLISHED, is_current=True, started_at=NOW, finished_at=NOW
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"create table customers_standing_r{run.pk} partition of customers_standing for values in ({run.pk})"
        )
    return run


def allow_calls(hours: dict) -> None:
    """Make a contact policy with these calling windows the live one."""
    ContactPolicy.objects.filter(is_live=True).update(is_live=False)
    ContactPolicy.objects.create(version=ContactPolicy.objects.count() + 1000, is_live=True, hours=hours)


def drop_standings() -> None:
    """Take away the standing partitions a test left behind because it ran outside one transaction."""
    with connection.cursor() as cursor:
        for run in Run.objects.values_list("pk", flat=True):
            cursor.execute(f"drop table if exists customers_standing_r{run}")


def make_bill_partitions() -> None:
    """Give the bills of these tests their partitions."""
    with connection.cursor() as cursor:
        for month in MONTHS:
            ensure_partition(cursor, month=month)


def a_kind(code: str, bit: int) -> MomentKind:
    """Return the moment kind with this code, made when the catalogue has none yet."""
    texts = {
        "name_zh": code,
        "name_en": code,
        "action_zh": "续约",
        "action_en": "Renew",
        "script_zh": "问:用得顺心吗?\n查:到期日。\n比:三个方案。\n算:十二个月总价。\n办:当场办理。",
        "script_en": "Ask: all well?\nCheck: the end.\nCompare: three plans.\nCalculate: the year.\nAct: book it.",
    }
    values = texts | {"bit": bit, "category": code[0], "cool_down_days": 20}
    return MomentKind.objects.get_or_create(code=code, defaults=values)[0]


def an_offer() -> Offer:
    """Return an offer for the end of a contract, made when the catalogue has none yet."""
    values = {
        "family": Offer.Family.CONTRACT,
        "name_zh": "续约送 60 元话费",
        "name_en": "Renew, get ¥60 credit",
        "pitch_zh": "续约一年,每月返 5 元",
        "pitch_en": "Renew for a year, ¥5 back each month",
        "cost_fen": 60_00,
        "save_permille": 300,
    }
    return Offer.objects.get_or_create(code="TEST-RENEW", defaults=values)[0]


def _standing_columns() -> list[str]:
    keys = {"run_id", "customer_id"}
    return [f.attname for f in Standing._meta.concrete_fields if f.attname not in keys and f.name != "pk"]
