"""What happened on a day: complaints, porting queries and other events, contacts with the phone managers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cvm.demo import calendar
from cvm.demo.branch import Branch
from cvm.demo.life import ABSENT, CANCELLED, CANCELLED_ARREARS, PORTED_OUT
from cvm.demo.scenario import BURN_IN
from cvm.demo.standing import Standing
from cvm.demo.ties import CANCELLED as BROKEN
from cvm.demo.ties import NO_DAY, VNET, Bundles

Ints = npt.NDArray[np.int32]
DAY_SECONDS = 86_400

CHANNELS = ["10086", "营业厅", "APP", "在线客服", "短信"]
CATEGORIES = ["资费争议", "网络质量", "服务态度", "业务办理", "误订退费", "宽带故障"]
COMPLAINTS = [
    "对套餐外费用有异议，要求解释并退还",
    "室内通话断续，上网慢，多次反映未解决",
    "热线等待过久，答复前后不一致",
    "变更套餐未按约定时间生效",
    "被订购增值业务，要求退费并取消",
    "宽带装维逾期，要求赔偿",
]
EVENT_WORDS = [
    "",
    "携转查询-可携",
    "携转查询-不可携",
    "取码",
    "降档申请",
    "销户申请",
    "停机保号申请",
    "拨打10086",
    "到厅",
    "在线客服",
    "国漫开通",
    "号码重新启用",
    "延迟缴费",
    "办理业务",
]
ELIGIBLE, BLOCKED, CODE, DOWNGRADE, CANCEL, SUSPEND = 1, 2, 3, 4, 5, 6
HOTLINE, HALL, CHAT, ROAM, REISSUED, DELAY, ORDER = 7, 8, 9, 10, 11, 12, 13
EVENT_CHANNELS = [4, 4, 4, 4, 1, 1, 1, 0, 1, 3, 2, 1, 0, 2]
# Events a month per customer that mean nothing in particular.
NOISE = {ELIGIBLE: 0.0010, BLOCKED: 0.0012, SUSPEND: 0.0005, CANCEL: 0.0004, DOWNGRADE: 0.0015}
NOISE |= {HOTLINE: 0.035, HALL: 0.015, CHAT: 0.015, ROAM: 0.003, ORDER: 0.012}
OUTCOMES = [
    "接通-已办理",
    "接通-同意待办",
    "接通-考虑中",
    "接通-拒绝",
    "要求勿扰",
    "无人接听",
    "占线",
    "关机/不在服务区",
]
OUTCOME_SHARES = [0.10, 0.10, 0.17, 0.17, 0.01, 0.30, 0.08, 0.07]
CAUSES = ["资费高", "竞争对手优惠", "网络质量", "合约到期无优惠", "双卡弃用"]
TALKED, REFUSED, AGREED = 5, 3, 2
# codes of the first catalogue (offers/migrations/0002_catalogue.py) with how often an agreeing customer took each; "" = none
OFFERS = ("", "ACTIVATE-DATA", "RENEW-SOFT", "CREDIT-100", "RENEW-12", "MIN-SPEND-68")
OFFER_SHARES = (0.34, 0.22, 0.16, 0.12, 0.10, 0.06)


@dataclass(frozen=True)
class Complaints:
    """One value per case, by time; seconds since 1970 local time, 0 = still open; satisfaction 0 = not asked."""

    customer: Ints
    opened: npt.NDArray[np.int64]
    closed: npt.NDArray[np.int64]
    channel: Ints
    category: Ints
    level: Ints
    satisfaction: Ints


@dataclass(frozen=True)
class Events:
    """One value per event, by time."""

    customer: Ints
    kind: Ints
    at: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Contacts:
    """One value per call, by time; `manager` is the phone manager's number."""

    customer: Ints
    manager: Ints
    started: npt.NDArray[np.int64]
    ended: npt.NDArray[np.int64]
    outcome: Ints
    cause: Ints
    offer: Ints


def make_complaints(branch: Branch) -> Complaints:
    """Return the cases opened in the bill months and up to the evening before the as-of day."""
    life, random = branch.life, branch.scenario.random("complaints")
    row, customer = life.column("complaint_row"), life.column("complaint_customer")
    day = calendar.day_in(branch.scenario.first_month + row, random.integers(1, 32, len(row)))
    day = _while_here(branch, customer, day)
    seen = (row >= BURN_IN) & (day < branch.today) & branch.is_known[customer]
    customer, day = customer[seen], day[seen]
    opened = _at(day, random)
    order = np.argsort(opened, kind="stable")
    customer, day, opened = customer[order], day[order], opened[order]
    count = len(customer)
    closed = opened + random.integers(2 * 3600, 6 * DAY_SECONDS, count)
    is_open = (closed > branch.today * DAY_SECONDS) | (random.random(count) < 0.004)
    return Complaints(
        customer=customer,
        opened=opened,
        closed=np.where(is_open, 0, closed),
        channel=random.integers(0, 4, count).astype(np.int32),
        category=random.integers(0, len(CATEGORIES), count).astype(np.int32),
        level=1 + np.searchsorted([0.82, 0.96], random.random(count)).astype(np.int32),
        satisfaction=np.where(is_open, 0, np.clip(random.integers(0, 7, count), 0, 5)).astype(np.int32),
    )


def make_events(branch: Branch, bundles: Bundles) -> Events:
    """Return the events up to the evening before the as-of day; those of coming leavers included, as far as they happened already."""
    random = branch.scenario.random("events")
    found = [*_before_leaving(branch, bundles, random), *_payments(branch, random), *_noise(branch)]
    found += [_downgrades(branch, random), _reissued(branch)]
    customer, kind, day = (np.concatenate(parts) for parts in zip(*found, strict=True))
    window = int(calendar.first_days(np.array([branch.scenario.oldest]))[0])
    seen = (day < branch.today) & (day >= np.maximum(window, branch.people.join_day[customer]))
    seen &= branch.is_known[customer]
    customer, kind, day = customer[seen], kind[seen], day[seen]
    at = _at(day, random)
    order = np.argsort(at, kind="stable")
    return Events(customer=customer[order].astype(np.int32), kind=kind[order].astype(np.int32), at=at[order])


def make_contacts(branch: Branch, standing: Standing) -> Contacts:
    """Return a year of outbound calls to the customers who have a manager now."""
    random = branch.scenario.random("contacts")
    owned = np.flatnonzero(standing.manager)
    count = int(0.07 * 12 * len(owned))
    customer = owned[random.integers(0, max(1, len(owned)), count)]
    day = branch.today - random.integers(3, 360, count)
    late_enough = day > branch.people.join_day[customer] + 30
    customer, day = customer[late_enough], day[late_enough]
    started = _at(day, random, from_hour=9, hours=8)
    order = np.argsort(started, kind="stable")
    customer, started = customer[order].astype(np.int32), started[order]
    outcome = np.searchsorted(np.cumsum(OUTCOME_SHARES), random.random(len(customer))).astype(np.int32)
    talk = np.where(outcome < TALKED, random.integers(40, 420, len(customer)), random.integers(10, 40, len(customer)))
    cause = np.where(outcome == REFUSED, 1 + random.integers(0, len(CAUSES), len(customer)), 0)
    taken = random.choice(len(OFFERS), len(customer), p=OFFER_SHARES)
    return Contacts(
        customer=customer,
        manager=standing.manager[customer],
        started=started,
        ended=started + talk,
        outcome=outcome,
        cause=cause.astype(np.int32),
        offer=np.where(outcome < AGREED, taken, 0).astype(np.int32),
    )


# --- parts ---------------------------------------------------------------------------------------

Happened = tuple[npt.NDArray[np.integer], npt.NDArray[np.integer], npt.NDArray[np.integer]]


def _at(day: npt.NDArray[np.integer], random: np.random.Generator, from_hour: int = 8, hours: int = 12) -> np.ndarray:
    return day.astype(np.int64) * DAY_SECONDS + from_hour * 3600 + random.integers(0, hours * 3600, len(day))


def _while_here(branch: Branch, customer: Ints, day: Ints) -> Ints:
    """Move a day after somebody's final leaving back to the day of leaving."""
    left = branch.leave_day[customer]
    return np.where(left > 0, np.minimum(day, left), day)


def _before_leaving(branch: Branch, bundles: Bundles, random: np.random.Generator) -> list[Happened]:
    leaves = branch.leaves
    ported, asked = leaves.kind == PORTED_OUT, leaves.kind == CANCELLED
    chance, gap = random.random(len(ported)), random.integers(1, 22, len(ported))
    found = [
        _kind(ELIGIBLE, leaves.customer, leaves.day - gap, ported & (chance < 0.9)),
        _kind(CODE, leaves.customer, leaves.day - gap // 4, ported & (chance < 0.8)),
        _kind(CANCEL, leaves.customer, leaves.day - gap // 2, asked & (chance < 0.6)),
        _kind(DELAY, leaves.customer, leaves.day - 30 - gap, leaves.kind == CANCELLED_ARREARS),
    ]
    # Some ask while a contract still binds them and hear no.
    bound = np.zeros(len(branch.people), np.bool_)
    bound[bundles.customer[(bundles.status != BROKEN) & (bundles.kind != VNET) & (bundles.end_day != NO_DAY)]] = True
    refused = ported & bound[leaves.customer] & (chance > 0.5)
    return [*found, _kind(BLOCKED, leaves.customer, leaves.day - 40 - 3 * gap, refused)]


def _kind(kind: int, customer: Ints, day: npt.NDArray[np.integer], chosen: npt.NDArray[np.bool_]) -> Happened:
    return customer[chosen], np.full(int(chosen.sum()), kind), day[chosen]


def _payments(branch: Branch, random: np.random.Generator) -> list[Happened]:
    life, first = branch.life, branch.scenario.first_month
    customer, row = life.column("arrears_customer"), life.column("arrears_row")
    day = calendar.day_in(first + row, random.integers(1, 29, len(row)))
    found: list[Happened] = [_kind(DELAY, customer, day, _while_here(branch, customer, day) == day)]
    payers = np.flatnonzero(branch.people.pays_late & branch.is_here)
    for month in range(branch.scenario.oldest, branch.scenario.newest + 2):
        late = payers[random.random(len(payers)) < 0.12]
        days = calendar.day_in(np.full(len(late), month), branch.people.bill_day[late])
        found.append((late, np.full(len(late), DELAY), days))
    return found


def _noise(branch: Branch) -> list[Happened]:
    """Return the meaningless events: drawn over everybody, kept for those who were customers that month."""
    found: list[Happened] = []
    for row in range(BURN_IN, branch.scenario.closed_rows + 1):
        random = branch.scenario.random("noise", row)
        for kind, rate in NOISE.items():
            customer = random.integers(0, len(branch.people), random.poisson(rate * len(branch.people)))
            customer = customer[(branch.life.states[row][customer] != ABSENT) & ~branch.people.is_special[customer]]
            month = np.full(len(customer), branch.scenario.first_month + row)
            day = calendar.day_in(month, random.integers(1, 32, len(customer)))
            found.append((customer, np.full(len(customer), kind), _while_here(branch, customer, day)))
    return found


def _downgrades(branch: Branch, random: np.random.Generator) -> Happened:
    month, customer = np.nonzero(branch.plan[1:] < branch.plan[:-1])
    asked = (random.random(len(customer)) < 0.4) & (branch.life.states[BURN_IN + 1 + month, customer] != ABSENT)
    month, customer = month[asked], customer[asked]
    day = calendar.day_in(branch.scenario.oldest + month, random.integers(5, 29, len(month)))
    return customer, np.full(len(customer), DOWNGRADE), _while_here(branch, customer, day)


def _reissued(branch: Branch) -> Happened:
    customer = np.flatnonzero(branch.is_reissued)
    return customer, np.full(len(customer), REISSUED), branch.people.join_day[customer]
