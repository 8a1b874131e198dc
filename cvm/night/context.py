"""What a bucket reads beside its customers: frozen entries, last warnings, moments still standing, recent calls."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from callcenter.budgets import given_columns
from callcenter.resting import resting
from customers.facets import facets
from customers.frame import Frame
from customers.frames import load_customers, load_frame
from customers.loading.aliases import place_of
from customers.loading.fees import fee_columns
from customers.models import Run
from cvm.lib import bulk
from cvm.lib.months import day_number, month_of
from cvm.night import partition
from cvm.night.deciding import Decided, Past
from cvm.night.parcel import Arrays
from lifecycle.moments import MODULES, Recent
from retention.policies import ContactTerms
from segmentation.frozen import frozen_entry
from segmentation.tiers import TierThresholds

YESTERDAY = """
select customer_id, warning, warning_day from {table}
where {whose} and warning > 0
"""
MARKS = "select customer_id, marks from {table} where {whose}"
ARMS = """
select customer_id, arm_id::int4 from offers_experimentmember where {whose} and is_held order by customer_id desc
"""
STANDING_MOMENTS = """
select customer_id, kind_id, level, detected_on, reference from lifecycle_keymoment
join unnest(%(kinds)s::bigint[], %(days)s::int[]) as memory(kind, days) on memory.kind = kind_id
where {whose} and detected_on between %(since)s and %(as_of)s and detected_on > %(as_of)s::date - memory.days
  and (run_id = any(%(runs)s) or found_at is not null)
"""
BILL_DAYS = 62  # a bill month and the wait for its file
HITS = [
    ("run_id", "int8"),
    ("customer_id", "int4"),
    ("kind_id", "int8"),
    ("detected_on", "date"),
    ("level", "int2"),
    ("deadline_hours", "int2"),
    ("value", "int4"),
    ("reference", "int4"),
]


def load(run: Run, bucket: int) -> tuple[Frame, Past]:
    """Return a bucket's customers with frozen_entry, previous_warning, previous_warning_day, previous_marks, is_resting, is_promised, given_fen, facets, and their past."""
    frame = load_frame(bucket=bucket, as_of=run.as_of, month=month_of(run.month))
    return _with_past(frame, run.plan, as_of=run.as_of, at=run.started_at)


def load_few(run: Run, customers: Iterable[int], *, as_of: dt.date, at: dt.datetime) -> tuple[Frame, Past]:
    """Return a few customers as of a later day or instant than the published run's, its verdicts being the day before.

    No row for a merged record. The terms stay the run's: a policy published since waits for the night here too.
    """
    frame = load_customers(customers, as_of=as_of, month=month_of(run.month))
    since: dict[str, Any] = {"moment_runs": [*run.plan["moment_runs"], run.pk]}
    if as_of > run.as_of:
        since["previous_run"] = run.pk
    return _with_past(frame, run.plan | since, as_of=as_of, at=at)


def _with_past(frame: Frame, plan: dict[str, Any], *, as_of: dt.date, at: dt.datetime) -> tuple[Frame, Past]:
    with connection.cursor() as cursor:
        reader = _Reader(cursor, frame["id"])
        frame = frame.with_columns(
            frozen_entry=frozen_entry(cursor, reader.place, cohort_id=plan["cohort_id"]),
            **reader.resting(plan, at),
            given_fen=given_columns(cursor, reader.place, at=at),
            facets=facets(
                frame, fee_columns(cursor, reader.place, month=frame.month), TierThresholds(**plan["tier"]).credit
            ),
            previous_marks=reader.marks(plan),
            arm=reader.arms(plan),
            **reader.warnings(plan),
        )
        return frame, reader.moments(plan, as_of)


def write_hits(decided: Decided, run: Run) -> None:
    """Write the moments found tonight."""
    hits, today = decided.hits, day_number(run.as_of)
    kinds = kind_by_bit(run.plan)
    columns: Arrays = {
        "run_id": np.full(len(hits["bit"]), run.pk, dtype=np.int64),
        "customer_id": decided.frame["id"][hits["position"]],
        "kind_id": kinds[hits["bit"]],
        "detected_on": np.full(len(hits["bit"]), today, dtype=np.int32),
        **{name: hits[name] for name in ("level", "deadline_hours", "value", "reference")},
    }
    with connection.cursor() as cursor:
        bulk.write(cursor, "lifecycle_keymoment", HITS, columns)


class _Reader:
    """Reads rows of a range of customers and puts them where the customers stand in the frame."""

    def __init__(self, cursor: Any, ids: npt.NDArray[Any]) -> None:
        self.cursor, self.place = cursor, place_of(cursor, ids)

    def warnings(self, plan: dict[str, Any]) -> Arrays:
        """Return the level and day of the warnings of the last published night before this one."""
        kinds = [("customer_id", "int4"), ("level", "int2"), ("day", "int4")]
        found: Arrays = {name: np.zeros(0, dtype=np.int32) for name, _ in kinds}
        if plan["previous_run"]:
            found = self._last_night(YESTERDAY, plan, kinds)
        return {
            "previous_warning": self._placed(found, "level", np.int16),
            "previous_warning_day": self._placed(found, "day", np.int32),
        }

    def marks(self, plan: dict[str, Any]) -> npt.NDArray[Any]:
        """Return what the last published night before this one noted for comparison, 0 for whom it did not know."""
        kinds = [("customer_id", "int4"), ("marks", "int4")]
        if not plan["previous_run"]:
            return np.zeros(len(self.place.ids), dtype=np.int32)
        return self._placed(self._last_night(MARKS, plan, kinds), "marks", np.int32)

    def arms(self, plan: dict[str, Any]) -> npt.NDArray[np.int32]:
        """Return each customer's arm of a running test, 0 without one.

        As in offers.models.MemberQuerySet.counted: the own arm stands before that of an alias, an older alias's first.
        """
        found = np.zeros(len(self.place.ids), dtype=np.int32)
        if not plan["catalogue"].get("arms"):
            return found
        kinds: bulk.Columns = [("customer_id", "int4"), ("arm", "int4")]
        rows = bulk.read(self.cursor, ARMS.format(whose=self.place.whose), self.place.reach, kinds)
        is_own = np.isin(rows["customer_id"], self.place.ids)
        for chosen in (~is_own, is_own):  # youngest alias first: whoever comes later wins
            owned = self.place.owned({name: column[chosen] for name, column in rows.items()})
            found[np.searchsorted(self.place.ids, owned["customer_id"])] = owned["arm"]
        return found

    def resting(self, plan: dict[str, Any], at: dt.datetime) -> Arrays:
        """Return is_resting and is_promised: whom the contact log keeps out of the queue, for a night as it was at its beginning."""
        terms = ContactTerms(**plan["contact"])
        ids = self.place.ids.tolist() if self.place.is_sparse else []
        found = [resting(self.cursor, terms=terms, at=at, first=self.place.first, last=self.place.last, ids=ids)]
        aliases = self.place.aliases.tolist()
        found += [resting(self.cursor, terms=terms, at=at, first=alias, last=alias) for alias in aliases]
        rows = self.place.owned({name: np.concatenate([one[name] for one in found]) for name in found[0]})
        promised = rows["customer_id"][rows["is_promised"]]
        return {
            "is_resting": np.isin(self.place.ids, rows["customer_id"]),
            "is_promised": np.isin(self.place.ids, promised),
        }

    def moments(self, plan: dict[str, Any], as_of: dt.date) -> Past:
        """Return the moments that may still stand: those nights found on earlier days, those events brought up to now."""
        kinds = [("customer_id", "int4"), ("kind", "int8"), ("level", "int2"), ("day", "date"), ("reference", "int4")]
        days = _memory(plan)
        known = {"as_of": as_of, "kinds": list(days), "days": list(days.values()), "runs": plan["moment_runs"]}
        known["since"] = as_of - dt.timedelta(days=max(days.values(), default=0))
        found = self.place.read(self.cursor, STANDING_MOMENTS, known, kinds)
        bit = np.zeros(max((kind["pk"] for kind in plan["moments"]), default=0) + 1, dtype=np.int32)
        for kind in plan["moments"]:
            bit[kind["pk"]] = kind["bit"]
        position = np.searchsorted(self.place.ids, found["customer_id"])
        ago = day_number(as_of) - found["day"]
        recent = Recent(position, bit[found["kind"]], ago, found["level"], found["reference"])
        return Past(recent, found["level"])

    def _last_night(self, query: str, plan: dict[str, Any], kinds: bulk.Columns) -> Arrays:
        """Return rows of the last night's table for the customers here: what it said of a record merged since says nothing."""
        asked = query.format(table=partition.table_of(plan["previous_run"]), whose=self.place.whose)
        found = bulk.read(self.cursor, asked, self.place.reach, kinds)
        ours = np.isin(found["customer_id"], self.place.ids)
        return {name: column[ours] for name, column in found.items()}

    def _placed(self, found: Arrays, name: str, kind: type[np.signedinteger[Any]]) -> npt.NDArray[Any]:
        column = np.zeros(len(self.place.ids), dtype=kind)
        column[np.searchsorted(self.place.ids, found["customer_id"])] = found[name]
        return column


def _memory(plan: dict[str, Any]) -> dict[int, int]:
    """Return for how many days a moment of each kind matters: its cool-down; two months for those told once per bill."""
    monthly = {module.BIT for module in MODULES if module.IS_MONTHLY}
    return {
        kind["pk"]: max(kind["cool_down_days"], BILL_DAYS if kind["bit"] in monthly else 1) for kind in plan["moments"]
    }


def kind_by_bit(plan: dict[str, Any]) -> npt.NDArray[np.int64]:
    """Return the key of each kind by its bit."""
    values = np.zeros(32, dtype=np.int64)
    for kind in plan["moments"]:
        values[kind["bit"]] = kind["pk"]
    return values
