"""What serving each band cost in twelve months, and what it brought (S-002): rollups of a night whose standings stand.

kind "service": `row` band, `column` the channel's cost row (ChannelCost), `customers` how many services, `revenue_fen`
what they cost at the night's unit costs. kind "year": `row` band, `customers`, `revenue_fen` their bills of twelve months.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

from django.db import connection
from django.utils import timezone

from customers.loading.place import business_zone
from customers.models import Rollup, Run
from cvm.night import partition
from segmentation.costs import COMPLAINT, channel_of
from segmentation.models import ChannelCost

SERVICE, YEAR = "service", "year"

# As on the 360 page: every contact of ours; one service a day and channel, whoever wrote it down; every complaint.
# What belongs to a merged record counts for its main one.
SERVED = """
with merged as (
    select id, merged_into_id from customers_customer where merged_into_id is not null
), contacts as (
    select customer_id, channel from callcenter_contact where started_at >= %(since)s and started_at < %(until)s
), services as (
    select customer_id, case kind when 7 then 'hotline' when 8 then 'hall' else 'online' end as channel,
        (occurred_at at time zone %(zone)s)::date
    from customers_event where kind in (7, 8, 9) and occurred_at >= %(since)s and occurred_at < %(until)s
    union
    select customer_id, channel, (served_at at time zone %(zone)s)::date
    from customers_servicelog where served_at >= %(since)s and served_at < %(until)s
)"""
_SERVICES = """
{served}, everything as (
    select customer_id, channel from contacts
    union all
    select customer_id, channel from services
    union all
    select customer_id, null from customers_complaint where opened_at >= %(since)s and opened_at < %(until)s
)
select standing.county_id, standing.band, everything.channel, count(*)
from everything
left join merged on merged.id = everything.customer_id
join {table} standing on standing.customer_id = coalesce(merged.merged_into_id, everything.customer_id)
group by 1, 2, 3
order by 1, 2, 3
"""
_YEAR = """
select county_id, band, count(*), sum(sum12_fen)::bigint from {table} group by 1, 2 order by 1, 2
"""


def write(run: Run) -> None:
    """Write what the bands cost and brought in the twelve months up to the run's day."""
    units = {unit.code: unit for unit in ChannelCost.objects.order_by("pk")}
    spellings = {code: tuple(unit.spellings) for code, unit in units.items()}
    counted: Counter[tuple[int, int, str]] = Counter()
    for county, band, channel, many in _rows(run, _SERVICES):
        counted[county, band, COMPLAINT if channel is None else channel_of(channel, spellings)] += many
    Rollup.objects.bulk_create(
        Rollup(
            run=run,
            kind=SERVICE,
            county_id=county,
            row=band,
            column=units[code].pk,
            customers=many,
            revenue_fen=many * units[code].unit_fen,
        )
        for (county, band, code), many in counted.items()
        if code in units
    )
    Rollup.objects.bulk_create(
        Rollup(run=run, kind=YEAR, county_id=county, row=band, column=0, customers=many, revenue_fen=fen)
        for county, band, many, fen in _rows(run, _YEAR)
    )


def year_up_to(run: Run) -> dict[str, Any]:
    """Return the parameters of `SERVED`: the twelve months up to the run's day, in business days."""
    until = run.as_of + dt.timedelta(days=1)
    days = {"since": until - dt.timedelta(days=365), "until": until}
    zoned = {name: timezone.make_aware(dt.datetime.combine(day, dt.time())) for name, day in days.items()}
    return {**zoned, "zone": business_zone()}


def _rows(run: Run, query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query.format(table=partition.table_of(run.pk), served=SERVED), year_up_to(run))
        return cursor.fetchall()
