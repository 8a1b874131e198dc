"""The table of one run: made beside the others, indexed, attached when published, dropped when old."""

from __future__ import annotations

import logging
from typing import Any

from django.db import OperationalError, connection

from customers.models import Run

log = logging.getLogger(__name__)

PARENT = "customers_standing"
KEEP = 3  # dates whose standings stay: to compare, to go back, and for the warnings of a repeated night
PATIENCE = "3s"  # with readers of a partition that is to go

INDEXES = {
    # joins from a customer; the parent's key
    "pk": "alter table {table} add constraint {table}_pk primary key (run_id, customer_id)",
    # a phone manager's portfolio, most to save first
    "manager": "create index {table}_manager on {table} (manager_id, kept_fen desc, customer_id)",
    # everybody's list in its first order; filters that let many through walk it
    "kept": "create index {table}_kept on {table} (kept_fen desc, customer_id)",
    # a cell of the dashboard opened as a list
    "cell": "create index {table}_cell on {table} (band, stage, kept_fen desc, customer_id)",
    # the list in its other orders: half a second and 20 to 30 MB each a night over a million rows, against 0.15 s (0.4 s
    # on a busy machine) for every page that would read and sort them all
    "value": "create index {table}_value on {table} (cum3_fen desc, customer_id)",
    "risk": "create index {table}_risk on {table} (churn_ppm desc, customer_id)",
    "tenure": "create index {table}_tenure on {table} (tenure_months, customer_id)",
    # the members alone: vintages of the cohort, and a number of its ledger opened as a list
    "ledger": "create index {table}_ledger on {table} (cohort_entry, cohort_path, county_id) where cohort_path > 0",
}

# run_id too, though it has one value: without knowing so, the planner takes "run_id = …" for rare and reads and sorts
# the whole table instead of walking the indexes above (126 ms instead of 0.2 ms over a million rows)
ANALYZE = (
    "analyze {table} (run_id, customer_id, county_id, manager_id, state, band, previous_band, code, layer, cohort_state,"
    " cohort_path, stage, moments, warning, kept_fen, cum3_fen, churn_ppm, tenure_months)"
)


def table_of(run_id: int) -> str:
    """Return the name of the run's own table."""
    return f"{PARENT}_r{int(run_id)}"


def create(run_id: int) -> None:
    """Make the run's table alone, so that no reader of the parent waits; the check spares a scan at attaching."""
    table = table_of(run_id)
    _execute(f"create table {table} (like {PARENT} including defaults, check (run_id = {int(run_id)}))")


def build_indexes(run_id: int) -> None:
    """Index a filled table, and have the planner know the columns that filters and orders use (not all 37)."""
    for statement in (*INDEXES.values(), ANALYZE):
        _execute(statement.format(table=table_of(run_id)))


def attach(run_id: int) -> None:
    """Make the table a partition; the caller sets a lock timeout and owns the transaction."""
    _execute(f"alter table {PARENT} attach partition {table_of(run_id)} for values in ({int(run_id)})")


def drop_loose(run_id: int) -> None:
    """Drop the table of a run that was never published. Waits for buckets still writing to it."""
    _execute(f"drop table if exists {table_of(run_id)}")


def tidy() -> list[int]:
    """Drop the standings of old runs; returns their ids. (What failed runs left is cleared by clearing.py.)

    Must run outside a transaction: a concurrent detach never blocks readers of the other partitions.
    What a long reader keeps busy is left for the next night.
    """
    dropped = []
    for run_id in sorted(tables() - kept_runs()):
        try:
            _remove(run_id)
            dropped.append(run_id)
        except OperationalError as error:
            log.warning("standings of run %s stay until the next night: %s", run_id, error)
    return dropped


def kept_runs() -> set[int]:
    """Return the runs `tidy` leaves alone: unpublished, current, and the last one of each of the last dates."""
    keep = set(Run.objects.exclude(status=Run.Status.PUBLISHED).values_list("pk", flat=True))
    keep |= set(Run.objects.filter(is_current=True).values_list("pk", flat=True))
    published = Run.objects.filter(status=Run.Status.PUBLISHED).order_by("-as_of", "-pk").values_list("as_of", "pk")
    last_of_date = {}
    for as_of, pk in published[: 20 * KEEP]:
        last_of_date.setdefault(as_of, pk)
    return keep | set(list(last_of_date.values())[:KEEP])


def has_members(run: Run) -> bool:
    """Return whether the customers of a run are still kept: of an older one only what it counted is."""
    return run.is_current or run.pk in kept_runs()


def tables() -> set[int]:
    """Return the runs that have a table."""
    names = _fetch(
        "select relname from pg_class where relkind = 'r' and relname ~ %s and pg_table_is_visible(oid)",
        [f"^{PARENT}_r[0-9]+$"],
    )
    return {int(name.removeprefix(f"{PARENT}_r")) for (name,) in names}


def _remove(run_id: int) -> None:
    table = table_of(run_id)
    _execute(f"set lock_timeout = '{PATIENCE}'")
    try:
        state = _fetch("select inhdetachpending from pg_inherits where inhrelid = %s::regclass", [table])
        if state:
            # a detach that was cut short has to be finished, not begun again
            _execute(f"alter table {PARENT} detach partition {table} {'finalize' if state[0][0] else 'concurrently'}")
        _execute(f"drop table {table}")
    finally:
        _execute("reset lock_timeout")


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _fetch(query: str, params: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return cursor.fetchall()
