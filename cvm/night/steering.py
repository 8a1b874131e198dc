"""Who of code C people served in twelve months, which cheaper way each would accept, and what a rival would see.

Written when a run's standings stand: the rows of ChannelSteering, and rollups of kind "rival" per county (`row` 0
everybody on the network, 1 the tenth that pays least, 2 those of the tenth with a code A customer in family or unit,
3 those code A customers; `column` 1 the mid/high-end, 0 the others).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from customers.models import Rollup, Run
from cvm.night import partition
from cvm.night.service import SERVED, year_up_to
from segmentation.costs import channel_of
from segmentation.models import ChannelCost, ChannelSteering
from segmentation.protection import protection
from segmentation.steering import BY_PEOPLE, steering

RIVAL = "rival"
EVERYBODY, LOWEST, TIED, TIED_TO = range(4)
BATCH = 5_000

_SERVED = """
{served}, everything as (
    select customer_id, channel from contacts
    union all
    select customer_id, channel from services
)
select standing.customer_id, everything.channel, count(*)
from everything
left join merged on merged.id = everything.customer_id
join {table} standing on standing.customer_id = coalesce(merged.merged_into_id, everything.customer_id)
where standing.code = 3 and standing.band > 0
group by 1, 2
order by 1, 2
"""
_WHO = """
with records as (
    select id, coalesce(merged_into_id, id) as main from customers_customer
    where id = any(%(ids)s) or merged_into_id = any(%(ids)s)
), said as (
    select records.main, consent.channel, bool_and(consent.is_given) as is_given
    from records join customers_consent consent on consent.customer_id = records.id
    where consent.channel in ('app', 'sms')
    group by 1, 2
), complaints as (
    select distinct records.main
    from records join customers_complaint complaint on complaint.customer_id = records.id
    where complaint.status = 1
), related as (
    select distinct customer.family_id
    from {table} standing join customers_customer customer on customer.id = standing.customer_id
    where standing.code = 1 and customer.family_id is not null
)
select customer.id, customer.county_id, customer.family_role, customer.is_key_person,
    coalesce(unit.group_class, 0), related.family_id is not null,
    coalesce(date_part('year', age(%(as_of)s, customer.birth_date))::int, -1),
    complaints.main is not null, coalesce(app.is_given, false), coalesce(sms.is_given, false)
from customers_customer customer
left join customers_groupaccount unit on unit.id = customer.group_id
left join related on related.family_id = customer.family_id
left join complaints on complaints.main = customer.id
left join said app on app.main = customer.id and app.channel = 'app'
left join said sms on sms.main = customer.id and sms.channel = 'sms'
where customer.id = any(%(ids)s)
order by customer.id
"""
_RIVAL = """
with here as (
    select standing.customer_id, standing.county_id, standing.band, standing.code, standing.cum3_fen,
        customer.family_id, customer.group_id,
        ntile(10) over (partition by standing.county_id order by standing.cum3_fen desc, standing.customer_id) as tenth
    from {table} standing join customers_customer customer on customer.id = standing.customer_id
    where standing.band > 0
), best_families as (
    select distinct family_id from here where code = 1 and family_id is not null
), best_units as (
    select distinct group_id from here where code = 1 and group_id is not null
), tied as (
    select here.* from here
    left join best_families on best_families.family_id = here.family_id
    left join best_units on best_units.group_id = here.group_id
    where here.tenth = 10 and (best_families.family_id is not null or best_units.group_id is not null)
), tied_to as (
    select here.* from here
    where here.code = 1 and (
        here.family_id in (select family_id from tied where family_id is not null)
        or here.group_id in (select group_id from tied where group_id is not null))
), final as (
    select 0 as part, county_id, band, cum3_fen from here
    union all select 1, county_id, band, cum3_fen from here where tenth = 10
    union all select 2, county_id, band, cum3_fen from tied
    union all select 3, county_id, band, cum3_fen from tied_to
)
select county_id, part, (band >= 4)::int, count(*), sum(cum3_fen)::bigint from final group by 1, 2, 3 order by 1, 2, 3
"""
_FACTS = (
    "county_id",
    "family_role",
    "is_key_person",
    "group_class",
    "has_relative_a",
    "age_years",
    "open_complaints",
    "accepts_app",
    "accepts_sms",
)


def write(run: Run) -> None:
    """Write the steering and the rival's view of a run whose standings are complete."""
    _write_rival(run)
    units = {unit.code: unit for unit in ChannelCost.objects.order_by("pk")}
    ids, services = _services(run, {code: tuple(unit.spellings) for code, unit in units.items()})
    if not len(ids):
        return
    facts = _facts(run, ids)
    facts["protection"] = protection(facts)
    found = steering(facts, services, {code: unit.unit_fen for code, unit in units.items()})
    whole = {"customer_id": ids, "county_id": facts["county_id"], "protection": facts["protection"], **found}
    rows = zip(*(values.tolist() for values in whole.values()), strict=True)
    served = (dict(zip(whole, row, strict=True)) for row in rows)
    ChannelSteering.objects.bulk_create(
        (ChannelSteering(run=run, **row) for row in served if row["services"]), batch_size=BATCH
    )


def tidy() -> None:
    """Forget the steering of runs whose standings are gone."""
    ChannelSteering.objects.exclude(run_id__in=partition.kept_runs()).delete()


def _services(run: Run, spellings: dict[str, tuple[str, ...]]) -> tuple[npt.NDArray[Any], dict[str, Any]]:
    """Return the customers people served, ascending, and how often on each way."""
    rows = [(who, channel_of(channel, spellings), many) for who, channel, many in _fetch(run, _SERVED, year_up_to(run))]
    rows = [row for row in rows if row[1] in BY_PEOPLE]
    ids = np.unique(np.array([who for who, _code, _many in rows], dtype=np.int64))
    services = {code: np.zeros(len(ids), np.int64) for code in BY_PEOPLE}
    for who, code, many in rows:
        services[code][np.searchsorted(ids, who)] += many
    return ids, services


def _facts(run: Run, ids: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
    rows = _fetch(run, _WHO, {"ids": ids.tolist(), "as_of": run.as_of})
    columns = list(zip(*rows, strict=True))[1:]
    return {name: np.array(column, dtype=np.int64) for name, column in zip(_FACTS, columns, strict=True)}


def _write_rival(run: Run) -> None:
    Rollup.objects.bulk_create(
        Rollup(run=run, kind=RIVAL, county_id=county, row=part, column=best, customers=many, revenue_fen=fen)
        for county, part, best, many, fen in _fetch(run, _RIVAL, {})
    )


def _fetch(run: Run, query: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query.format(table=partition.table_of(run.pk), served=SERVED), parameters)
        return cursor.fetchall()
