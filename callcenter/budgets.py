"""What a customer accepted this calendar year, and what that leaves to be given: read for the card, the page, the night."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.db import connection
from django.utils import timezone

from customers.access import PHONE
from customers.loading.place import Place
from customers.models import Run, Standing
from customers.queries360 import PEOPLE
from offers.budget_panel import Budget, budget
from offers.eligible import Economics

# A sub-select of the 360 page, as in customers/queries360.py; walks contact_given.
GIVEN = """
    select json_agg(json_build_object('at', contact.started_at, 'day', (contact.started_at at time zone %(zone)s)::date, 'zh', offer.name_zh,
        'en', offer.name_en, 'cost_fen', offer.cost_fen) order by contact.started_at, contact.id)
    from callcenter_contact contact
    left join offers_offer offer on offer.id = contact.offer_id
    where contact.customer_id = any (array(select id from people))
        and contact.outcome = 'accepted' and contact.offer_id <> 0
        and contact.started_at >= date_trunc('year', %(at)s::timestamptz at time zone %(zone)s) at time zone %(zone)s
        and contact.started_at <= %(at)s"""


# The same for many: {whose} as customers/loading/place.py writes it. An offer that is gone has no cost any more.
GIVEN_SUMS = """
    select contact.customer_id, sum(offer.cost_fen)::bigint as given_fen
    from (select * from callcenter_contact where {whose} and outcome = 'accepted' and offer_id <> 0
        and started_at >= %(year_began)s and started_at <= %(at)s) contact
    join offers_offer offer on offer.id = contact.offer_id
    group by contact.customer_id"""


def given_columns(cursor: Any, place: Place, *, at: dt.datetime) -> npt.NDArray[np.int64]:
    """Return what each customer here accepted this calendar year up to an instant, in fen; an alias's counts for the other."""
    year_began = timezone.localtime(at).replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    kinds = [("customer_id", "int4"), ("given_fen", "int8")]
    found = place.read(cursor, GIVEN_SUMS, {"year_began": year_began, "at": at}, kinds)
    given = np.zeros(len(place.ids), np.int64)
    np.add.at(given, np.searchsorted(place.ids, found["customer_id"]), found["given_fen"])
    return given


def budget_of(standing: Standing, *, run: Run, at: dt.datetime) -> Budget:
    """Return what a phone manager may still give this customer this year, by the economics of the night's plan."""
    known = {"id": standing.customer_id, "at": at, "zone": settings.TIME_ZONE}
    with connection.cursor() as cursor:
        cursor.execute(f"{PEOPLE}\n{GIVEN}", known)
        given = cursor.fetchone()[0]
    economics = Economics(**run.plan.get("economics", {}))
    return budget(standing.sum12_fen, given, economics=economics, role=PHONE, year=timezone.localdate(at).year)
