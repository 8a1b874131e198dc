"""What binds customers: contracts and soft bundles, group accounts with their key persons, families."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cvm.demo import calendar, plans
from cvm.demo.branch import Branch
from cvm.demo.organisation import ACCOUNT_MANAGERS, COUNTIES
from cvm.demo.people import group_count
from cvm.demo.scenario import BURN_IN

Ints = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]
PREPAID, MIN_SPEND, HANDSET, GIFT, DEBIT, GROUP_PAY, FAMILY_PAY, BROADBAND, VNET, SOFT = range(1, 11)
KIND_WORDS = [
    "",
    "预存话费",
    "保底优惠",
    "终端",
    "礼品",
    "银行代扣",
    "集团统付",
    "家庭付费",
    "宽带",
    "V网",
    "套餐型产品",
]
PRODUCTS = [
    "",
    "预存送话费",
    "承诺低消享权益",
    "合约机终端捆绑",
    "预存送礼",
    "银行代扣优惠",
    "集团统付",
    "亲情付费",
    "宽带融合",
    "集团短号",
    "权益会员",
]
ACTIVE, ENDED, CANCELLED = 1, 2, 3
STATUS_WORDS = ["", "有效", "到期", "解约"]
EXACT_DAYS = (90, 60, 30, 7)  # the days on which the bundle-expiry moment fires
NO_DAY = -1


@dataclass(frozen=True)
class Bundles:
    """One value per bundle; days are day numbers, NO_DAY = never ends or no rebate; months are ordinals."""

    customer: Ints
    kind: Ints
    start_day: Ints
    end_day: Ints
    rebate_month: Ints
    min_spend_fen: Ints
    status: Ints


@dataclass(frozen=True)
class Groups:
    """Group accounts; `county` is a position in COUNTIES, `manager` the number of the account manager."""

    names: list[str]
    letter: npt.NDArray[np.str_]
    county: Ints
    manager: Ints
    is_key_person: Bools
    duty: Ints


DUTIES = ["", "总经理", "办公室主任", "财务负责人", "信息化主管", "后勤主管"]


def make_bundles(branch: Branch) -> Bundles:
    """Return the contracts that had begun by the as-of day, with V-net beside them."""
    contracts = _contracts(branch)
    vnet = _vnet(branch)
    return Bundles(**{name: np.concatenate([contracts[name], vnet[name]]).astype(np.int32) for name in contracts})


def _contracts(branch: Branch) -> dict[str, npt.NDArray[np.integer]]:
    life, first = branch.life, branch.scenario.first_month
    customer = life.column("contract_customer")
    billing = branch.people.bill_day[customer]
    start = calendar.day_in(first + life.column("contract_start"), billing) + 1
    start = np.maximum(start, branch.people.join_day[customer])
    end_month = first + life.column("contract_end")
    end = calendar.day_in(end_month, billing)
    begun = (start <= branch.today) & (end >= start) & branch.is_known[customer]
    customer, start, end, end_month = customer[begun], start[begun], end[begun], end_month[begun]
    kind = _kinds(branch, customer)
    end = _on_exact_days(branch, customer, end)
    return {
        "customer": customer,
        "kind": kind,
        "start_day": start,
        "end_day": end,
        "rebate_month": np.where(np.isin(kind, (PREPAID, HANDSET)), end_month - (customer % 3 == 0), NO_DAY),
        "min_spend_fen": np.where(np.isin(kind, (MIN_SPEND, HANDSET)), _promise(branch, customer), 0),
        "status": _status(branch, customer, end),
    }


def _kinds(branch: Branch, customer: Ints) -> Ints:
    random = branch.scenario.random("bundle kinds")
    draw = random.random(len(customer))
    kind = np.select(
        [draw < 0.30, draw < 0.50, draw < 0.72, draw < 0.80, draw < 0.90],
        [PREPAID, MIN_SPEND, HANDSET, GIFT, DEBIT],
        SOFT,
    )
    people = branch.people
    kind = np.where((people.broadband[customer] == 1) & (draw > 0.45), BROADBAND, kind)
    kind = np.where((people.group[customer] >= 0) & (draw < 0.12), GROUP_PAY, kind)
    kind = np.where((people.family[customer] >= 0) & (draw < 0.05), FAMILY_PAY, kind)
    return np.where(kind == SOFT, PREPAID, kind).astype(np.int32)


def _on_exact_days(branch: Branch, customer: Ints, end: Ints) -> Ints:
    """Let some of the contracts near 90, 60, 30 and 7 days from the as-of day end on exactly that day."""
    end = end.copy()
    for days in EXACT_DAYS:
        target = branch.today + days
        near = np.flatnonzero((abs(end - target) <= 9) & branch.is_here[customer])
        end[near[:: max(1, len(near) // max(3, len(near) // 5))]] = target
    return end


def _promise(branch: Branch, customer: Ints) -> Ints:
    return plans.FEES_FEN[branch.plan[-1][customer]]


def _status(branch: Branch, customer: Ints, end: Ints) -> Ints:
    left = branch.leave_day[customer]
    broken = (left > 0) & (end > left)
    return np.where(broken, CANCELLED, np.where(end >= branch.today, ACTIVE, ENDED)).astype(np.int32)


def _vnet(branch: Branch) -> dict[str, npt.NDArray[np.integer]]:
    random = branch.scenario.random("vnet")
    member = np.flatnonzero((branch.people.group >= 0) & branch.is_known & (random.random(len(branch.people)) < 0.5))
    start = np.maximum(branch.people.join_day[member], branch.today - random.integers(60, 900, len(member)))
    ends = random.random(len(member)) < 0.6
    end = np.where(ends, start + 365 * ((branch.today - start) // 365 + 1), NO_DAY)
    gone = branch.leave_day[member] > 0
    zero = np.zeros(len(member), np.int32)
    return {
        "customer": member,
        "kind": zero + VNET,
        "start_day": start,
        "end_day": end,
        "rebate_month": zero + NO_DAY,
        "min_spend_fen": zero,
        "status": np.where(gone, CANCELLED, ACTIVE),
    }


# --- groups --------------------------------------------------------------------------------------

WORDS = [
    "晨光",
    "远航",
    "恒达",
    "金穗",
    "华宇",
    "东方",
    "蓝海",
    "同心",
    "博雅",
    "康宁",
    "鸿运",
    "启明",
    "大地",
    "长青",
    "新城",
    "百川",
    "佳美",
    "天元",
    "福源",
    "凯旋",
    "明德",
    "致远",
    "银河",
    "春晖",
    "联合",
    "振兴",
    "宏图",
    "瑞丰",
    "双龙",
    "兴业",
]
TRADES = [
    "机械厂",
    "食品公司",
    "建设集团",
    "物流公司",
    "第一中学",
    "人民医院",
    "纺织厂",
    "酒店",
    "商贸公司",
    "电子公司",
    "农业合作社",
    "设计院",
]


def make_groups(branch: Branch) -> Groups:
    """Return the group accounts; in each, one to three of the best spenders are its key persons."""
    count = group_count(branch.scenario)
    random = branch.scenario.random("groups")
    county = random.integers(0, len(COUNTIES), count).astype(np.int32)
    letters = np.array(list("ABCD"))[np.searchsorted([0.04, 0.16, 0.50], random.random(count))]
    letters[:4] = list("ABCD")
    is_key, duty = _key_persons(branch, random.integers(1, 4, count))
    return Groups(
        names=[_name(number, COUNTIES[county[number]][1]) for number in range(count)],
        letter=letters,
        county=county,
        manager=(1 + np.arange(count) % ACCOUNT_MANAGERS).astype(np.int32),
        is_key_person=is_key,
        duty=duty,
    )


def _name(number: int, place: str) -> str:
    word, trade = WORDS[number % len(WORDS)], TRADES[number // len(WORDS) % len(TRADES)]
    again = number // (len(WORDS) * len(TRADES))
    return f"{place}{word}{trade}" + (f"第{again + 1}分部" if again else "")


def _key_persons(branch: Branch, wanted: npt.NDArray[np.integer]) -> tuple[Bools, Ints]:
    group = branch.people.group
    members = np.flatnonzero((group >= 0) & branch.is_here)
    members = members[np.lexsort((-branch.cum3_fen[members], group[members]))]
    place = np.arange(len(members)) - np.searchsorted(group[members], group[members], side="left")
    chosen = members[place < wanted[group[members]]]
    is_key = np.zeros(len(group), np.bool_)
    is_key[chosen] = True
    duty = np.zeros(len(group), np.int32)
    duty[chosen] = 1 + chosen % (len(DUTIES) - 1)
    return is_key, duty


def family_roles(branch: Branch) -> tuple[Ints, Ints]:
    """Return (customers, roles) of everybody in a family: one decides, one pays, the rest are members."""
    family = branch.people.family
    members = np.flatnonzero((family >= 0) & branch.is_known)
    members = members[np.argsort(family[members], kind="stable")]
    place = np.arange(len(members)) - np.searchsorted(family[members], family[members], side="left")
    return members.astype(np.int32), np.minimum(place + 1, 3).astype(np.int32)


def window_start(branch: Branch) -> int:
    """Return the first day of the oldest bill month as a day number."""
    return int(calendar.first_days(np.array([branch.scenario.first_month + BURN_IN]))[0])
