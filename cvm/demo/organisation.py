"""The branch that never existed: counties, halls, and who works there."""

from __future__ import annotations

from dataclasses import dataclass

BRANCH_CODE = "YL"
BRANCH_NAME = "云澜分公司"
# code, name, share of customers, halls
COUNTIES = (
    ("YL01", "城中区", 0.26, ("人民路", "钟楼", "东站")),
    ("YL02", "城南区", 0.19, ("科技园", "南湖", "大学城")),
    ("YL03", "青溪县", 0.15, ("青溪", "柳林镇")),
    ("YL04", "石桥县", 0.13, ("石桥", "三河镇")),
    ("YL05", "望湖县", 0.11, ("望湖", "渔港镇")),
    ("YL06", "白鹭县", 0.09, ("白鹭", "双塔镇")),
    ("YL07", "云岭县", 0.07, ("云岭", "茶山镇")),
)
CUSTOMERS_PER_PHONE_MANAGER = 10_000  # of which about 1,500 are worth a manager (DOMAIN 5.3)
ACCOUNT_MANAGERS = 2


@dataclass(frozen=True)
class Unit:
    """A node of the branch tree; `kind` as in customers.Branch.Kind."""

    code: str
    name: str
    kind: int
    parent: str


@dataclass(frozen=True)
class Person:
    """A staff member to be created: exactly one role, at one unit."""

    username: str
    display_name: str
    role: str
    unit: str
    employee_no: str = ""


def units() -> list[Unit]:
    """Return the tree, parents first."""
    tree = [Unit(BRANCH_CODE, BRANCH_NAME, 1, "")]
    for code, name, _share, _halls in COUNTIES:
        tree.append(Unit(code, name, 2, BRANCH_CODE))
    return tree + halls()


def halls() -> list[Unit]:
    """Return the business halls, in the order of their counties."""
    return [
        Unit(f"{code}{number:02d}", f"{name}营业厅", 3, code)
        for code, _name, _share, names in COUNTIES
        for number, name in enumerate(names, start=1)
    ]


def phone_managers(customers: int) -> int:
    """Return how many phone managers a branch of this size has: never fewer than four."""
    return max(4, round(customers / CUSTOMERS_PER_PHONE_MANAGER))


def staff(customers: int) -> list[Person]:
    """Return one login per role, and as many phone managers as the branch needs."""
    phones = [
        Person(f"phone{number}", f"电话经理{number}", "phone_manager", BRANCH_CODE, f"PM{number:04d}")
        for number in range(1, phone_managers(customers) + 1)
    ]
    accounts = [
        Person(f"account{number}", f"客户经理{number}", "account_manager", BRANCH_CODE)
        for number in range(1, ACCOUNT_MANAGERS + 1)
    ]
    return [
        Person("analyst", "市场分析员", "analyst", BRANCH_CODE),
        *phones,
        Person("leader", "电话经理组长", "team_leader", BRANCH_CODE),
        Person("hall", "人民路营业厅店员", "hall_clerk", "YL0101"),
        Person("hotline", "10086热线坐席", "hotline_agent", BRANCH_CODE),
        *accounts,
        Person("admin", "系统管理员", "admin", BRANCH_CODE),
        Person("auditor", "审计员", "auditor", BRANCH_CODE),
        Person("api", "接口客户端", "api_client", BRANCH_CODE),
    ]
