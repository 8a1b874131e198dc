"""Where each kind of file goes. An app registers the kinds whose tables it owns, in its `ready()`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from customers.importing.fields import Field
from customers.importing.rows import Account, Rows
from customers.importing.staging import Columns, merge, stage


@dataclass(frozen=True)
class Context:
    """What a target needs besides the rows: one transaction's cursor, the batch, the template's mapping."""

    cursor: Any
    batch_id: int
    spec: Mapping[str, Any]
    zone: str
    month: int | None
    now: dt.datetime
    told: Callable[[float], None] = lambda share: None  # how much of the storing is done, 0 to 1


@dataclass(frozen=True)
class Target:
    """A kind of file: its fields, the money its receipt adds up, and the function that stores its rows.

    `store(rows, account, context)` runs inside the transaction of the file, rejects what it cannot take through
    the account and leaves the number of rows it took in `account.accepted`.
    """

    kind: str
    fields: tuple[Field, ...]
    store: Callable[[Rows, Account, Context], None]
    money: str = ""


# The field of a file that decides a column of another name.
BECOMES = {
    "user_code": "customer_id",
    "msisdn": "customer_id",
    "county": "county_id",
    "account_manager": "account_manager_id",
    "staff": "staff_id",
}
_TARGETS: dict[str, Target] = {}
Frozen = Callable[[int], list[int]]
_FROZEN: list[Frozen] = []


def register(target: Target) -> None:
    """Make a kind of file importable; the last registration of a kind counts."""
    _TARGETS[target.kind] = target


def target_of(kind: str) -> Target:
    """Return the target of a kind; raises KeyError for a kind nobody registered."""
    return _TARGETS[kind]


def kinds() -> list[str]:
    """Return the kinds that can be imported."""
    return list(_TARGETS)


def register_frozen(frozen: Frozen) -> None:
    """Let an app say which cohort years stand frozen on the bills of a month (its ordinal)."""
    _FROZEN.append(frozen)


def frozen_on(month: int) -> list[int]:
    """Return the cohort years whose published members rest on the bills of a month."""
    return sorted({year for frozen in _FROZEN for year in frozen(month)})


def upsert(rows: Rows, table: str, columns: Columns, account: Account, context: Context) -> None:
    """Bring rows into a table by the first of its columns, and complete the account."""
    key = next(iter(columns))
    stage(context.cursor, table, rows, columns)
    present = frozenset(BECOMES.get(name, name) for name in rows.present)
    merged = merge(context.cursor, table, columns, key=(key,), present=present)
    account.new += merged.new
    account.changed += merged.changed
    account.accepted = len(rows)
