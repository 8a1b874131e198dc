"""The cohorts' books and the movement of their kept: what a bucket reports, and the rows the merge makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection

from customers.frame import Frame
from customers.models import Run
from cvm.night import deciding
from cvm.night.parcel import Arrays
from segmentation.cohort import CohortTerms
from segmentation.ledger import FIELDS as BOOK_FIELDS
from segmentation.ledger import ledger
from segmentation.models import LedgerLine
from segmentation.movements import FIELDS, Int64, movements, openings, summed

LEDGER, LINE = "ledger", "line_"
PLACES = ("county", "layer", "manager")
By = LedgerLine.By
# what a row is about -> its key beside the county
KEYS = {By.COUNTY: "county", By.LAYER: "layer", By.MANAGER: "manager"}
NUMBERS = ("opening", *FIELDS)

INSERT = f"""
insert into segmentation_ledgerline (run_id, cohort_id, "by", month, county_id, key, {", ".join(NUMBERS)})
select %(run)s, %(cohort)s, %(by)s, line.*
from unnest(%(month)s::int[], %(county)s::int[], %(key)s::int[], {", ".join(f"%({name})s::bigint[]" for name in NUMBERS)})
  as line
"""  # noqa: S608 - built from constants only
INSERT_BOOKS = f"""
insert into segmentation_ledgerentry (run_id, cohort_id, month, county_id, {", ".join(BOOK_FIELDS)})
select %(run)s, %(cohort)s, cell.*
from unnest(%(month)s::int[], %(county_id)s::int[], {", ".join(f"%({field})s::bigint[]" for field in BOOK_FIELDS)})
  as cell
"""  # noqa: S608 - built from constants only


@dataclass(frozen=True)
class Book:
    """One cohort whose books a run keeps; `prefix` marks its arrays in a parcel."""

    prefix: str
    cohort_id: int
    terms: CohortTerms
    months: list[int]


def books(run: Run) -> list[Book]:
    """Return the cohorts a run keeps books of: that of its year, then the older ones of its plan."""
    own = Book("", run.plan["cohort_id"], deciding.terms_of(run.plan).cohort, run.plan["ledger_months"])
    return [own, *older_books(run)]


def older_books(run: Run) -> list[Book]:
    """Return the cohorts of earlier years a run keeps books of."""
    return [
        Book(f"older{number}_", one["cohort_id"], CohortTerms(**one["terms"]), one["months"])
        for number, one in enumerate(run.plan.get("older", []))
    ]


def report(frame: Frame, book: Book, *, counties: Sequence[int]) -> Arrays:
    """Return one bucket's books as [fields, months, counties of the plan], and its movements, for the parcel."""
    found = movements(frame, book.terms, months=book.months)
    moved = {f"{book.prefix}{LINE}{name}": getattr(found, name) for name in (*PLACES, "cells")}
    return {f"{book.prefix}{LEDGER}": _booked(frame, book, np.array(counties, dtype=np.int64)), **moved}


def take_out(arrays: Arrays) -> Arrays:
    """Take the movements out of a parcel's arrays: they have no fixed size and cannot be added up as they are."""
    return {name: arrays.pop(name) for name in [name for name in arrays if LINE in name]}


def write(run: Run, totals: Arrays, parts: Sequence[Arrays]) -> None:
    """Write the books of a run, and its lines: by county, and in each county by layer and by manager."""
    for book in books(run):
        _write_books(run, book, totals[f"{book.prefix}{LEDGER}"])
        write_lines(run, book, parts)


def write_lines(run: Run, book: Book, parts: Sequence[Arrays]) -> None:
    """Write how the kept of one cohort moved, from what the buckets reported."""
    names = {name: f"{book.prefix}{LINE}{name}" for name in (*PLACES, "cells")}
    all_of = {name: np.concatenate([part[key] for part in parts]) for name, key in names.items()}
    for by, key in KEYS.items():
        (county, keys), cells = summed(all_of["cells"], all_of["county"], all_of[key])
        _write(run, book, by, {"county": county, "key": keys}, cells)


def _booked(frame: Frame, book: Book, counties: Int64) -> Int64:
    cells = np.zeros((len(BOOK_FIELDS), len(book.months), len(counties)), dtype=np.int64)
    if book.months:
        found = ledger(frame, book.terms, months=book.months)
        place = np.searchsorted(counties, found.counties)
        for number, field in enumerate(BOOK_FIELDS):
            cells[number][:, place] = found[field]
    return cells


def _write_books(run: Run, book: Book, cells: Int64) -> None:
    """Write one row per month and county in which the cohort has, or reaches, anybody."""
    month, county = np.nonzero(cells.any(axis=0))
    columns = {
        "month": np.array(book.months, dtype=np.int64)[month],
        "county_id": np.array(run.plan["counties"], dtype=np.int64)[county],
        **{field: cells[place][month, county] for place, field in enumerate(BOOK_FIELDS)},
    }
    _insert(INSERT_BOOKS, columns, run=run.pk, cohort=book.cohort_id)


def _write(run: Run, book: Book, by: int, keys: Arrays, cells: Int64) -> None:
    """Write one row per place and month in which it has anything to say."""
    opening = openings(cells[:, :, FIELDS.index("closing")])
    numbers = np.concatenate([opening[:, :, None], cells], axis=2)
    place, month = np.nonzero(numbers.any(axis=2))
    columns = {
        "month": np.array(book.months, dtype=np.int64)[month],
        **{name: values[place] for name, values in keys.items()},
        **{name: numbers[place, month, position] for position, name in enumerate(NUMBERS)},
    }
    _insert(INSERT, columns, run=run.pk, cohort=book.cohort_id, by=int(by))


def _insert(statement: str, columns: Arrays, **values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values | {name: column.tolist() for name, column in columns.items()})
