"""Two locks: judging an event and publishing a night never overlap, and a customer is judged by one worker at a time.

Advisory locks wait in line, so neither a stream of events nor a night can starve the other. Both end with the transaction.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

PUBLICATION = 0x43_564D_10
CUSTOMER = 0x43_564D


def share_publication() -> None:
    """Keep the published night the published one until this transaction ends; many may hold this at once."""
    _lock("select pg_advisory_xact_lock_shared(%(key)s)", key=PUBLICATION)


def own_publication() -> None:
    """Wait until nobody is judging, and let nobody begin until this transaction ends."""
    _lock("select pg_advisory_xact_lock(%(key)s)", key=PUBLICATION)


def own_customers(customers: Iterable[int]) -> None:
    """Wait until nobody else judges any of these customers; always in one order, so that two never wait for each other."""
    keys = "unnest(%(keys)s::int[]) as asked (key)"
    _lock(f"select pg_advisory_xact_lock(%(space)s, key) from {keys}", space=CUSTOMER, keys=sorted(customers))  # noqa: S608


def patience(milliseconds: int) -> None:
    """Give up on any lock of this transaction after a while (OperationalError)."""
    _lock("select set_config('lock_timeout', %(value)s, true)", value=f"{milliseconds}ms")


def _lock(statement: str, **values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
