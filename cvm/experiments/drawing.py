"""Whom a test can draw: the customers of a list as main records, past the contact gate and in no other running test."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Sequence
from types import SimpleNamespace

from django.db import connection
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from callcenter.models import PhoneManager
from customers.models import Run, Staff, Standing
from cvm.filters import StandingFilter
from offers.experiment_actions import Drawn
from offers.models import Experiment
from offers.sampling import needed_for_means, needed_for_shares

FREE = "free"
LEFT_OUT: dict[str, Promise] = {
    "off_network": _("off the network"),
    "in_test": _("in another running test"),
    "do_not_disturb": _("asked not to be disturbed"),
    "listed": _("on a list of people we do not call"),
    "no_consent": _("no consent to calls"),
}

# One row per customer of the list: the record they are counted under, and the strictest word of all their records.
SORT = """
with chosen as materialized (
    select distinct coalesce(merged_into_id, id) as main from customers_customer where id = any(%(customers)s)
), record as materialized (
    select chosen.main, customer.id, customer.is_red_listed or customer.is_black_listed or customer.is_special
        or customer.is_sensitive as is_listed
    from chosen join customers_customer as customer on customer.id = chosen.main
    union all
    select chosen.main, customer.id, customer.is_red_listed or customer.is_black_listed or customer.is_special
        or customer.is_sensitive
    from chosen join customers_customer as customer on customer.merged_into_id = chosen.main
), word as (
    select record.main,
        bool_or(record.is_listed) as is_listed,
        coalesce(bool_and(consent.is_given) filter (where consent.customer_id is not null), false) as has_consent,
        bool_or(exists (
            select from offers_experimentmember as member where member.customer_id = record.id and member.is_held
        )) as is_in_test,
        bool_or(exists (
            select from customers_donotdisturb as quiet
            where quiet.customer_id = record.id and quiet.starts_at <= %(at)s
              and (quiet.ends_at is null or quiet.ends_at > %(at)s)
        )) as is_quiet
    from record
    left join customers_consent as consent on consent.customer_id = record.id and consent.channel = 'call'
    group by record.main
)
select word.main, coalesce(standing.cum3_fen, 0), coalesce(standing.cum3_fen - standing.previous_cum3_fen, 0),
    case
        when coalesce(standing.band, 0) = 0 then 'off_network'
        when word.is_in_test then 'in_test'
        when word.is_quiet then 'do_not_disturb'
        when word.is_listed then 'listed'
        when not word.has_consent then 'no_consent'
        else 'free'
    end
from word
left join customers_standing as standing on standing.run_id = %(run)s and standing.customer_id = word.main
order by word.main
"""


class UnknownList(ValueError):
    """The list's address holds something that no list knows any more."""


def customers_of(query: str, *, run: Run, user: Staff) -> list[int]:
    """Return the customers of a list's address that this person may see; raises UnknownList."""
    rows = Standing.objects.filter(run=run).visible_to(user)
    wanted = StandingFilter(QueryDict(query), rows, request=SimpleNamespace(user=user))
    if not wanted.is_valid():
        raise UnknownList(query)
    return list(wanted.qs.order_by("customer_id").values_list("customer_id", flat=True))


def draw(customers: Sequence[int], *, run: Run, at: dt.datetime) -> tuple[Drawn, float]:
    """Return who of the list can be a member, and how far their bills spread: the standard deviation of last month's change."""
    with connection.cursor() as cursor:
        cursor.execute(SORT, {"customers": list(customers), "run": run.pk, "at": at})
        rows = cursor.fetchall()
    free = [row for row in rows if row[3] == FREE]
    left_out = Counter(verdict for *_row, verdict in rows if verdict != FREE)
    drawn = Drawn(
        ids=[row[0] for row in free],
        cum3_fen=[row[1] for row in free],
        chosen=len(rows),
        left_out={why: left_out[why] for why in LEFT_OUT if left_out[why]},
    )
    return drawn, _deviation([row[2] for row in free])


def needed_for(experiment: Experiment, *, spread_fen: float) -> int:
    """Return how many members the test needs to show the difference it asks for."""
    arms = list(experiment.arms.order_by("position"))
    shares = [arm.share_permille for arm in arms]
    control = next(number for number, arm in enumerate(arms) if arm.offer_id is None)
    if experiment.measure == Experiment.Measure.REVENUE:
        return needed_for_means(spread_fen=spread_fen, effect_fen=experiment.effect_fen, shares=shares, control=control)
    return needed_for_shares(
        base_permille=experiment.base_permille,
        effect_permille=experiment.effect_permille,
        shares=shares,
        control=control,
    )


def calling_days(calls: int) -> int | None:
    """Return the working days in which the present desk, doing nothing else, calls so many once; None without a desk."""
    present = PhoneManager.objects.filter(is_absent=False, staff__is_active=True)
    a_day = sum(present.values_list("daily_capacity", flat=True))
    return math.ceil(calls / a_day) if a_day else None


def _deviation(values: Sequence[int]) -> float:
    if len(values) < 2:
        return 0.0
    number, total = len(values), sum(values)
    return math.sqrt((number * sum(value * value for value in values) - total**2) / (number * (number - 1)))
