"""Books of an earlier cohort for the night of the page branch: month ends of random members, counted as a night would."""

from __future__ import annotations

import random

import numpy as np

from customers.frame import Frame
from customers.models import Standing
from cvm.night import lines
from segmentation.cohort import LOST_OFF_NETWORK, LOST_VALUE, RETAINED, CohortTerms
from segmentation.models import Cohort, CohortPath, LedgerEntry
from segmentation.movements import movements
from tests.pages.branch import Place

MONTHS = 13


def give_older_books(place: Place, *, year: int) -> Cohort:
    """Give two customers in three a life in the cohort of a year, and the run its lines, entries and month ends."""
    cohort, terms = Cohort.objects.create(year=year), CohortTerms(year=year)
    standings = [one for one in Standing.objects.filter(run=place.run).order_by("customer_id") if one.customer_id % 3]
    states = np.array([_life(one.customer_id) for one in standings]).T  # [month ends, members]
    entry = terms.base_month + (states > 0).argmax(axis=0)
    path = sum(row.astype(np.int64) << 2 * number for number, row in enumerate(states))
    county = np.array([one.county_id for one in standings])
    CohortPath.objects.bulk_create(
        CohortPath(run=place.run, cohort=cohort, customer_id=one.customer_id, county_id=one.county_id,
                   entry_month=int(at), path=int(ends))
        for one, at, ends in zip(standings, entry, path, strict=True)
    )  # fmt: skip
    _entries(place, cohort, terms, states, entry, county)
    _lines(place, cohort, terms, standings, path)
    return cohort


def _life(number: int) -> list[int]:
    dice = random.Random(number)
    first = dice.choice((0, 0, 0, 2, 7))
    while True:
        states = [0] * first + [dice.choice((1, 1, 1, 1, 2, 3)) for _month in range(MONTHS - first)]
        if states[first] == RETAINED:
            return states


def _entries(place, cohort, terms, states, entry, county):
    is_base = entry == terms.base_month
    for number in range(MONTHS):
        month, now = terms.base_month + number, states[number]
        for one in np.unique(county).tolist():
            here = county == one

            def count(mask, here=here):
                return int(np.count_nonzero(mask & here))

            LedgerEntry.objects.create(
                run=place.run, cohort=cohort, month=month, county_id=one, base=count(is_base),
                base_kept=count(is_base & (now == RETAINED)), added=count((entry == month) & ~is_base),
                members=count(now > 0), kept=count(now == RETAINED), lost_off_network=count(now == LOST_OFF_NETWORK),
                lost_value=count(now == LOST_VALUE), reached=0, base_revenue_fen=100 * count(is_base),
                base_window_fen=400 * count(is_base),
            )  # fmt: skip


def _lines(place, cohort, terms, standings, path):
    columns = {
        "id": np.array([one.customer_id for one in standings]),
        "county_id": np.array([one.county_id for one in standings]),
        "layer": np.array([one.layer for one in standings]),
        "manager_id": np.array([one.manager_id for one in standings]),
        "cohort_path": path,
    }
    frame = Frame(place.run.as_of, terms.last_month, columns, {"arpu_fen": np.full((MONTHS, len(path)), 100)})
    months = list(range(terms.base_month, terms.last_month + 1))
    found = movements(frame, terms, months=months)
    parts = {f"line_{name}": getattr(found, name) for name in (*lines.PLACES, "cells")}
    lines.write_lines(place.run, lines.Book("", cohort.pk, terms, months), [parts])
