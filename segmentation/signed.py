"""The members behind signed numbers: packed at the signature, read back as columns, chosen by the number they stand in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import numpy.typing as npt
from django.db import connection

from customers.history import bucket_of, id_range
from customers.models import Run
from cvm.lib import bulk
from segmentation.models import Cohort, LedgerClose, SignedMembers
from segmentation.movements import path_bits

OWN = """
select customer_id, county_id, layer, manager_id, cohort_entry as entry_month, cohort_path as path
from customers_standing
where run_id = %(run)s and cohort_path > 0
order by customer_id
"""
OLDER = """
select member.customer_id, member.county_id, standing.layer, standing.manager_id, member.entry_month, member.path
from segmentation_cohortpath as member
join customers_standing as standing on standing.run_id = member.run_id and standing.customer_id = member.customer_id
where member.run_id = %(run)s and member.cohort_id = %(cohort)s
order by member.customer_id
"""
KINDS = {"customer_id": "int4", "county_id": "int4", "layer": "int2", "manager_id": "int4", "entry_month": "int4", "path": "int4"}  # fmt: skip
TYPES = {name: np.dtype("<i1" if name == "layer" else "<i4") for name in KINDS}
PLACES = ("county", "layer", "manager")  # what a line of the books is about

Column = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Members:
    """The members of a cohort by a signing night, one entry each, rising by customer."""

    customer_id: Column
    county_id: Column
    layer: Column
    manager_id: Column
    entry_month: Column
    path: Column

    def in_number(self, what: str, *, index: int) -> npt.NDArray[np.bool_]:
        """Tell who stands in a number of a month end (0 = base month), see segmentation.movements.path_bits."""
        mask, values = path_bits(what, index=index)
        return np.isin(self.path & mask, values)

    def at(self, places: Mapping[str, Iterable[int]]) -> npt.NDArray[np.bool_]:
        """Tell whose county, layer or manager at the signature is one of these."""
        found = np.ones(len(self.customer_id), np.bool_)
        for name, keys in places.items():
            found &= np.isin(self._place[name], list(keys))
        return found

    @cached_property
    def _place(self) -> dict[str, Column]:
        return {"county": self.county_id, "layer": self.layer, "manager": self.manager_id}


def keep(run: Run, cohort: Cohort) -> int:
    """Keep the members of a cohort as the published run counted them, once a run; returns how many."""
    statement = OWN if cohort.year == run.month.year else OLDER
    with connection.cursor() as cursor:
        found = bulk.read(cursor, statement, {"run": run.pk, "cohort": cohort.pk}, list(KINDS.items()))
    packed = [_packed(found, bucket, run, cohort) for bucket in _buckets(found["customer_id"])]
    # a later month signed on the same night has the same members
    SignedMembers.objects.bulk_create(packed, ignore_conflicts=True)
    return len(found["customer_id"])


def members_of(cohort: int, run: int) -> Members:
    """Return the members a signing night kept; nobody where the signature is from before they were kept."""
    rows = list(SignedMembers.objects.filter(cohort=cohort, run=run).order_by("bucket"))
    return Members(
        **{
            one.name: np.frombuffer(b"".join(bytes(getattr(row, one.name)) for row in rows), TYPES[one.name])
            for one in fields(Members)
        }
    )


def signatures(year: int) -> dict[int, LedgerClose]:
    """Return the signatures of the cohort of a year whose members were kept, by month, the oldest first."""
    kept = SignedMembers.objects.filter(cohort__year=year).values("run_id")
    closes = LedgerClose.objects.filter(cohort__year=year, run__in=kept).order_by("month")
    return {close.month: close for close in closes}


def _buckets(ids: Column) -> range:
    """Return the buckets of rising ids; nobody lives in some of those between."""
    return range(bucket_of(int(ids[0])), bucket_of(int(ids[-1])) + 1) if len(ids) else range(0)


def _packed(found: Mapping[str, Column], bucket: int, run: Run, cohort: Cohort) -> SignedMembers:
    first, last = id_range(bucket)
    rows = slice(*np.searchsorted(found["customer_id"], [first, last + 1]).tolist())
    columns = {name: found[name][rows].astype(kind) for name, kind in TYPES.items()}
    return SignedMembers(
        cohort=cohort,
        run=run,
        bucket=bucket,
        size=len(columns["customer_id"]),
        **{name: column.tobytes() for name, column in columns.items()},
    )
