"""A small branch to spend a night on."""

import datetime as dt

from cvm.bench.branch import build

AS_OF = dt.date(2026, 9, 10)
CUSTOMERS = 600
MONTHS = 15


def make_branch(*, customers=CUSTOMERS, as_of=AS_OF):
    """Fill the database; the test plug-in's small buckets make many of few customers."""
    build(customers=customers, months=MONTHS, as_of=as_of, told=lambda done, total: None)


def checksums(run):
    """Return what the buckets of a run said."""
    return list(run.bucket_rows.order_by("bucket").values_list("bucket", "customers", "checksum"))


def numbers(run):
    """Return every rolled-up number of a run."""
    cells = run.rollups.order_by("kind", "county_id", "row", "column")
    return list(cells.values_list("kind", "county_id", "row", "column", "customers", "revenue_fen"))
