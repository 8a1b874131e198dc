"""What people noted and machines measured: the words of service agents, and poor calls and sessions by customer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cvm.demo import calendar
from cvm.demo.branch import Branch
from cvm.demo.incidents import CHAT, DAY_SECONDS, HALL, HOTLINE, Events

Ints = npt.NDArray[np.int32]

LOG_DAYS = 365
SERVICES = ["资费咨询", "业务办理", "账单查询", "网络报障", "携转咨询", "宽带报障"]
CONTENTS = [
    "询问本月话费构成，已逐项解释",
    "办理流量加油包，次月生效",
    "核对近三个月账单，客户认可",
    "反映家中信号弱，已派网络测试单",
    "咨询携号转网条件，已说明合约期与办理流程",
    "宽带频繁掉线，预约上门检测",
]
POOR_MONTHS = 2  # newest months the network department reports on
POOR_SHARE, OUTAGE_SHARE = 0.06, 0.004
CELLS = 40


@dataclass(frozen=True)
class ServiceLogs:
    """One value per record, by time; `service` is a position in SERVICES and CONTENTS."""

    customer: Ints
    at: npt.NDArray[np.int64]
    kind: Ints
    service: Ints
    agent: Ints


@dataclass(frozen=True)
class Measurements:
    """One value per customer and month with trouble; seconds since 1970 local time, 0 = no outage."""

    customer: Ints
    day: Ints
    poor_voice: Ints
    poor_data: Ints
    outage_ended: npt.NDArray[np.int64]
    cell: Ints


def make_service_logs(branch: Branch, events: Events) -> ServiceLogs:
    """Return what agents wrote down about the calls, visits and chats of the last year."""
    recent = (branch.today - LOG_DAYS) * DAY_SECONDS
    served = np.isin(events.kind, (HOTLINE, HALL, CHAT)) & (events.at >= recent)
    random, count = branch.scenario.random("service"), int(served.sum())
    return ServiceLogs(
        customer=events.customer[served],
        at=events.at[served],
        kind=events.kind[served],
        service=random.integers(0, len(SERVICES), count).astype(np.int32),
        agent=random.integers(1, 60, count).astype(np.int32),
    )


def make_measurements(branch: Branch) -> Measurements:
    """Return the customers with poor calls or sessions in the newest closed months."""
    parts = [_month(branch, branch.scenario.newest - back) for back in reversed(range(POOR_MONTHS))]
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return Measurements(*columns)


def _month(branch: Branch, month: int) -> tuple[npt.NDArray[np.integer], ...]:
    random = branch.scenario.random("network", month)
    here = np.flatnonzero(branch.has_bill(month - branch.scenario.oldest) & branch.is_known)
    customer = here[random.random(len(here)) < POOR_SHARE].astype(np.int32)
    count = len(customer)
    day = calendar.day_in(np.full(count, month), np.full(count, 31))
    has_outage = random.random(count) < OUTAGE_SHARE / POOR_SHARE
    ended = day.astype(np.int64) * DAY_SECONDS - random.integers(1, 20 * DAY_SECONDS, count)
    voice, data = random.geometric(0.4, count) - 1, random.geometric(0.25, count)
    return customer, day, voice, data, np.where(has_outage, ended, 0), random.integers(1, CELLS + 1, count)
