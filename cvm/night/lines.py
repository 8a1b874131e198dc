"""The movement of the kept members: what a bucket reports of it, and the rows the merge makes of all reports."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from django.db import connection

from customers.frame import Frame
from customers.models import Run
from cvm.night import deciding
from cvm.night.parcel import Arrays
from segmentation.models import LedgerLine
from segmentation.movements import FIELDS, Int64, movements, openings, summed

PREFIX = "line_"
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


def report(frame: Frame, run: Run) -> Arrays:
    """Return one bucket's movements for its parcel."""
    found = movements(frame, deciding.terms_of(run.plan).cohort, months=run.plan["ledger_months"])
    return {f"{PREFIX}{name}": getattr(found, name) for name in (*PLACES, "cells")}


def take_out(arrays: Arrays) -> Arrays:
    """Take the movements out of a parcel's arrays."""
    return {name: arrays.pop(f"{PREFIX}{name}") for name in (*PLACES, "cells")}


def write(run: Run, parts: Sequence[Arrays]) -> None:
    """Write the lines of a run: by county, and in each county by layer and by manager."""
    all_of: Arrays = {name: np.concatenate([part[name] for part in parts]) for name in (*PLACES, "cells")}
    for by, key in KEYS.items():
        (county, keys), cells = summed(all_of["cells"], all_of["county"], all_of[key])
        _write(run, by, {"county": county, "key": keys}, cells)


def _write(run: Run, by: int, keys: Arrays, cells: Int64) -> None:
    """Write one row per place and month in which it has anything to say."""
    opening = openings(cells[:, :, FIELDS.index("closing")])
    numbers = np.concatenate([opening[:, :, None], cells], axis=2)
    place, month = np.nonzero(numbers.any(axis=2))
    columns = {
        "month": np.array(run.plan["ledger_months"], dtype=np.int64)[month],
        **{name: values[place] for name, values in keys.items()},
        **{name: numbers[place, month, position] for position, name in enumerate(NUMBERS)},
    }
    known = {"run": run.pk, "cohort": run.plan["cohort_id"], "by": int(by)}
    with connection.cursor() as cursor:
        cursor.execute(INSERT, known | {name: values.tolist() for name, values in columns.items()})
