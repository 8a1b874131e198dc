"""What a customer accepted this calendar year, and what that leaves to be given: read for the card, and by the 360 page."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import connection
from django.utils import timezone

from customers.access import PHONE
from customers.models import Run, Standing
from customers.queries360 import PEOPLE
from offers.budget_panel import Budget, budget
from offers.eligible import Economics

# A sub-select of the 360 page, as in customers/queries360.py; walks contact_by_customer_time.
GIVEN = """
    select json_agg(json_build_object('day', (contact.started_at at time zone %(zone)s)::date, 'zh', offer.name_zh,
        'en', offer.name_en, 'cost_fen', offer.cost_fen) order by contact.started_at, contact.id)
    from callcenter_contact contact
    left join offers_offer offer on offer.id = contact.offer_id
    where contact.customer_id = any (array(select id from people))
        and contact.outcome = 'accepted' and contact.offer_id <> 0
        and contact.started_at >= date_trunc('year', %(at)s::timestamptz at time zone %(zone)s) at time zone %(zone)s
        and contact.started_at <= %(at)s"""


def budget_of(standing: Standing, *, run: Run, at: dt.datetime) -> Budget:
    """Return what a phone manager may still give this customer this year, by the economics of the night's plan."""
    known = {"id": standing.customer_id, "at": at, "zone": settings.TIME_ZONE}
    with connection.cursor() as cursor:
        cursor.execute(f"{PEOPLE}\n{GIVEN}", known)
        given = cursor.fetchone()[0]
    economics = Economics(**run.plan.get("economics", {}))
    return budget(standing.sum12_fen, given, economics=economics, role=PHONE, year=timezone.localdate(at).year)
