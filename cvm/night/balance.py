"""Do the books of a run close? Asked of the finished table before anybody sees it; the first no fails the run."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import Count, F, Max, Min, Sum

from callcenter.models import QueueItem
from customers.models import Rollup, Run, RunBucket
from cvm.lib.months import first_day
from cvm.night import partition
from cvm.night.errors import (
    BucketsDisagree,
    CustomersMissing,
    CustomersVanished,
    LedgerUnbalanced,
    QueueTooLong,
    QueueUnsound,
    RollupUnbalanced,
)
from cvm.night.lines import NUMBERS, Book, books
from cvm.night.rollups import KINDS
from segmentation.models import CohortPath, CohortState, LedgerEntry, LedgerLine
from segmentation.movements import path_bits

MOST_VANISHED_PERMILLE = 20  # of the customers in the network, from one published night to the next

TABLE = """
select count(*), count(*) filter (where customer_id <= %(last)s), coalesce(sum(cum3_fen), 0), coalesce(sum(arpu_fen), 0)
from {table}
"""

UNSOUND = """
select count(*)
from callcenter_queueitem as item
left join {table} as standing on standing.customer_id = item.customer_id and standing.run_id = item.run_id
where item.run_id = %(run)s
  and (standing.customer_id is null or standing.band = 0 or standing.manager_id <> item.manager_id
       or standing.kept_fen <> item.kept_fen)
"""


RETAINED = "select county_id, count(*) from {table} where cohort_state = %(retained)s group by county_id"


def check(run: Run) -> None:
    """Compare table, rollups, ledger and queue of a run with each other; raises the Unbalanced that names the gap."""
    totals = run.summary["totals"]
    _check_table(run, totals)
    _check_rollups(run, totals)
    for book in books(run):
        members, retained = (_members(run), _retained(run)) if not book.prefix else _of_paths(run, book)
        _check_ledger(run, book, members)
        _check_lines(run, book, retained)
    _check_queue(run)
    _check_vanished(run, totals)


def _check_table(run: Run, totals: dict[str, int]) -> None:
    """Every customer known at the start stands in the table once (the key is unique), and the sums agree."""
    found = _row(TABLE.format(table=partition.table_of(run.pk)), {"last": run.plan["last_customer"]})
    rows, known, cum3, arpu = (int(value) for value in found)
    if known != run.plan["customers"]:
        raise CustomersMissing(expected=run.plan["customers"], found=known)
    by_bucket = RunBucket.objects.filter(run=run).aggregate(sum=Sum("customers", default=0))["sum"]
    expected = {"customers": by_bucket, "cum3_fen": totals["cum3_fen"], "arpu_fen": totals["arpu_fen"]}
    for what, value in {"customers": rows, "cum3_fen": cum3, "arpu_fen": arpu}.items():
        if value != expected[what]:
            raise BucketsDisagree(what=what, expected=expected[what], found=value)


def _check_rollups(run: Run, totals: dict[str, int]) -> None:
    """The cells of each kind are exactly its customers, and every kind about all counts the same bands and revenue."""
    sums = Rollup.objects.filter(run=run).values("kind").annotate(people=Sum("customers"), money=Sum("revenue_fen"))
    seen = {row["kind"]: (row["people"], row["money"]) for row in sums}
    people = {"all": totals["customers"], "in_network": totals["in_network"], "members": totals["members"]}
    for name, kind in KINDS.items():
        found = seen.get(name, (0, 0))
        if found[0] != people[kind.whose]:
            raise RollupUnbalanced(kind=name, what="customers", expected=people[kind.whose], found=found[0])
        if kind.whose == "all" and found[1] != totals["cum3_fen"]:
            raise RollupUnbalanced(kind=name, what="revenue_fen", expected=totals["cum3_fen"], found=found[1])
    _check_bands(run)


def _check_bands(run: Run) -> None:
    """The stock of each band is the same by stage and by where it came from."""
    by_stage = _stock(run, kind="band_stage", by="row")
    by_origin = _stock(run, kind="band_previous", by="column")
    for band in by_stage.keys() | by_origin.keys():
        expected, found = by_stage.get(band, 0), by_origin.get(band, 0)
        if expected != found:
            raise RollupUnbalanced(kind="band_previous", what=f"band {band}", expected=expected, found=found)


def _stock(run: Run, *, kind: str, by: str) -> dict[int, int]:
    cells = Rollup.objects.filter(run=run, kind=kind).values_list(by)
    return dict(cells.annotate(people=Sum("customers")).values_list(by, "people"))


def _members(run: Run) -> int:
    """Return the members of the running year's cohort in the table."""
    return int(run.summary["totals"]["members"])


def _retained(run: Run) -> dict[int, int]:
    """Return the kept of the running year's cohort in the table, by county."""
    return dict(_rows(RETAINED.format(table=partition.table_of(run.pk)), {"retained": CohortState.RETAINED}))


def _of_paths(run: Run, book: Book) -> tuple[int, dict[int, int]]:
    """Return the members of an older cohort, and by county those kept at the last month end."""
    paths = CohortPath.objects.filter(run=run, cohort=book.cohort_id)
    mask, values = path_bits("closing", index=book.months[-1] - book.terms.base_month)
    kept = paths.alias(last=F("path").bitand(mask)).filter(last__in=values).values_list("county_id")
    return paths.count(), dict(kept.annotate(people=Count("pk")))


def _check_ledger(run: Run, book: Book, members: int) -> None:
    """Members grow by who was added, are kept or lost, and end at those of the table."""
    months = (
        LedgerEntry.objects.filter(run=run, cohort=book.cohort_id)
        .values("month")
        .annotate(
            all=Sum("members"),
            plus=Sum("added"),
            start=Sum("base"),
            sorted=Sum(F("kept") + F("lost_off_network") + F("lost_value")),
        )
        .order_by("month")
    )
    so_far = None
    for row in months:
        label = first_day(row["month"]).strftime("%Y-%m")
        so_far = row["start"] if so_far is None else so_far
        so_far += row["plus"]
        if row["all"] != so_far:
            raise LedgerUnbalanced(month=label, what="members", expected=so_far, found=row["all"])
        if row["sorted"] != row["all"]:
            raise LedgerUnbalanced(month=label, what="kept and lost", expected=row["all"], found=row["sorted"])
    if so_far is not None and so_far != members:
        raise LedgerUnbalanced(month=label, what="standings", expected=members, found=so_far)


def _check_lines(run: Run, book: Book, retained: dict[int, int]) -> None:
    """Every county opens as it closed, is the sum of its layers and of its managers, and ends at its standings."""
    by_county, by_layer, by_manager = (_lines(run, book, by=by) for by in LedgerLine.By)
    closing = {place: sums["closing"] for place, sums in by_county.items() if sums["closing"]}
    entries = LedgerEntry.objects.filter(run=run, cohort=book.cohort_id, kept__gt=0)
    booked = entries.values_list("month", "county_id", "kept")
    _same("closing", {(month, county): kept for month, county, kept in booked}, closing)
    for what, parts in (("layers", by_layer), ("managers", by_manager)):
        _same(what, by_county, parts)
    opening = {place: sums["opening"] for place, sums in by_county.items() if sums["opening"]}
    newest = max(book.months, default=0)
    carried = {(month + 1, county): kept for (month, county), kept in closing.items() if month < newest}
    _same("opening", carried, opening)
    if newest:
        standings = {(newest, county): number for county, number in retained.items()}
        _same("standings", standings, {place: kept for place, kept in closing.items() if place[0] == newest})


def _lines(run: Run, book: Book, *, by: int) -> dict[tuple[int, int], dict[str, int]]:
    """Return every number of the lines by month and county, added up over the keys."""
    lines = LedgerLine.objects.filter(run=run, cohort=book.cohort_id, by=by).values("month", "county_id")
    sums: Any = lines.annotate(**{f"{name}_sum": Sum(name) for name in NUMBERS})
    return {(row["month"], row["county_id"]): {name: row[f"{name}_sum"] for name in NUMBERS} for row in sums}


def _same(what: str, expected: dict[tuple[int, int], Any], found: dict[tuple[int, int], Any]) -> None:
    """Compare numbers by month and county; raises LedgerUnbalanced for the first that differ."""
    for place in sorted(expected.keys() | found.keys()):
        if expected.get(place) != found.get(place):
            label = first_day(place[0]).strftime("%Y-%m")
            where = f"{what}, county {place[1]}"
            raise LedgerUnbalanced(
                month=label, what=where, expected=str(expected.get(place)), found=str(found.get(place))
            )


def _check_queue(run: Run) -> None:
    """Nobody has more than a day's calls, ranks run 1, 2, 3 …, and each item agrees with its standing."""
    queues = (
        QueueItem.objects.filter(run=run)
        .values("manager_id")
        .annotate(length=Count("pk"), first=Min("rank"), last=Max("rank"), distinct=Count("rank", distinct=True))
    )
    for queue in queues:
        capacity = run.plan["capacity"].get(str(queue["manager_id"]), 0)
        if queue["length"] > capacity:
            raise QueueTooLong(manager=queue["manager_id"], expected=capacity, found=queue["length"])
        if (queue["first"], queue["last"], queue["distinct"]) != (1, queue["length"], queue["length"]):
            raise QueueUnsound(found=queue["length"])
    unsound = _row(UNSOUND.format(table=partition.table_of(run.pk)), {"run": run.pk})[0]
    if unsound:
        raise QueueUnsound(found=unsound)


def _check_vanished(run: Run, totals: dict[str, int]) -> None:
    """The customers in the network fall by no more than a few against what people see now, unless somebody said so."""
    published = Run.objects.filter(is_current=True).values_list("summary__totals__in_network", flat=True).first()
    if published is None or run.plan.get("accept_fewer"):
        return
    if (published - totals["in_network"]) * 1000 > published * MOST_VANISHED_PERMILLE:
        raise CustomersVanished(before=published, found=totals["in_network"], permille=MOST_VANISHED_PERMILLE)


def _rows(query: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return cursor.fetchall()


def _row(query: str, params: dict[str, Any]) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return cursor.fetchone()
