"""Two tests of offers of the demonstration branch: one that ended with the first night, one that begins with the next.

The members, their arms, bills and who left are those of the branch; only the calls of the ended one are invented, from
seeded numbers as the tasks of work.py are.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
from django.db import connection
from django.utils import timezone

from callcenter.models import Contact
from customers.models import Customer, Run, Staff
from cvm.experiments import drawing
from cvm.lib.months import first_day, month_of
from cvm.lib.workdays import SHANGHAI
from offers import experiment_actions as actions
from offers.experiment_actions import Drawn, Share
from offers.models import Experiment, ExperimentMember, Offer

SEED = 20_021_106
AGO, DAYS = 45, 40  # the ended test began so many days before the first night, and lasted so long
CALLING_DAYS = 12
VALUABLE_FEN = 360_00  # of three months: the mid line of the ladder as delivered
# what came of a member with an offer; who is in none of these was never called
OUTCOMES = (("accepted", 0.22), ("thinking", 0.14), ("refused", 0.16), ("no_answer", 0.2))
TESTED = ("STAY-EXCLUSIVE", "ACTIVATE-DATA")
STAGE_OF_DECLINE = "stage=4&in_network=1"

# Who was on the network on a day, valuable by the three bills before it, agreed to calls and is on no list.
WERE_THERE = """
select customer.id, sum(bill.arpu_fen)
from customers_customer as customer
join customers_monthlybill as bill on bill.customer_id = customer.id and bill.month between %(first)s and %(last)s
join customers_consent as consent
  on consent.customer_id = customer.id and consent.channel = 'call' and consent.is_given
where customer.merged_into_id is null and customer.join_date < %(first)s and customer.missing_since is null
  and (customer.leave_date is null or customer.leave_date > %(day)s)
  and not (customer.is_red_listed or customer.is_black_listed or customer.is_special or customer.is_sensitive)
group by customer.id having sum(bill.arpu_fen) >= %(valuable)s
order by customer.id
"""


def experiment(*, run: Run, at: dt.datetime) -> None:
    """Make both tests in a branch that has none."""
    analyst = Staff.objects.filter(role=Staff.Role.ANALYST, is_active=True).order_by("pk").first()
    offers = list(Offer.objects.filter(is_active=True, code__in=TESTED).order_by("-save_permille", "pk"))
    if analyst is None or len(offers) < 2 or Experiment.objects.exists():
        return
    _ended(offers[0], run=run, by=analyst, at=at)
    _running(offers, run=run, by=analyst, at=at)


def _ended(offer: Offer, *, run: Run, by: Staff, at: dt.datetime) -> None:
    day = run.as_of - dt.timedelta(days=AGO)
    began = dt.datetime.combine(day, dt.time(10), SHANGHAI)
    made = actions.draft(
        name="中高端礼遇测试",
        question="主动送上这个优惠，中高端客户留下的更多吗",
        query="band=4&band=5&in_network=1",
        days=DAYS,
        measure=Experiment.Measure.KEPT,
        base_permille=970,
        effect_permille=20,
        arms=[Share(None, 500), Share(offer, 500)],
        by=by,
        at=began,
    )
    drawn = _were_there(run, day)
    if not drawn.ids:
        return
    needed = drawing.needed_for(made, spread_fen=0)
    actions.start(made, drawn, needed=needed, run=run, by=by, on=day, at=began)
    _call(made, offer, began=began)
    actions.take_up(run, at=at)


def _were_there(run: Run, day: dt.date) -> Drawn:
    last = month_of(day) - 1
    known = {"first": first_day(last - 2), "last": first_day(last), "day": day, "valuable": VALUABLE_FEN}
    with connection.cursor() as cursor:
        cursor.execute(WERE_THERE, known)
        rows = cursor.fetchall()
    return Drawn([pk for pk, _fen in rows], [int(fen) for _pk, fen in rows], len(rows), {})


def _call(made: Experiment, offer: Offer, *, began: dt.datetime) -> None:
    """Let the managers call the members with the offer in the first days of the test."""
    random = np.random.default_rng(SEED)
    members = ExperimentMember.objects.filter(experiment=made, arm__offer=offer)
    managers = dict(Customer.objects.exclude(manager=None).values_list("pk", "manager_id"))
    names, shares = zip(*OUTCOMES, strict=True)
    calls = []
    for customer in members.order_by("customer_id").values_list("customer_id", flat=True):
        outcome = str(random.choice([*names, ""], p=[*shares, 1 - sum(shares)]))
        started = began + dt.timedelta(days=int(random.integers(1, CALLING_DAYS)), minutes=int(random.integers(0, 400)))
        if outcome and customer in managers:
            calls.append(_contact(customer, managers[customer], outcome, offer, started))
    Contact.objects.bulk_create(calls, batch_size=1000)
    members.update(offered_on=timezone.localdate(began) + dt.timedelta(days=1))


def _contact(customer: int, manager: int, outcome: str, offer: Offer, started: dt.datetime) -> Contact:
    return Contact(
        customer_id=customer,
        staff_id=manager,
        started_at=started,
        ended_at=started + dt.timedelta(minutes=3),
        outcome=outcome,
        cause=Contact.Cause.FEE if outcome == Contact.Outcome.REFUSED else "",
        offer_id=0 if outcome == Contact.Outcome.NO_ANSWER else offer.pk,
    )


def _running(offers: list[Offer], *, run: Run, by: Staff, at: dt.datetime) -> None:
    made = actions.draft(
        name="衰退期两种优惠",
        question="衰退期客户更愿意为哪一种优惠留下",
        query=STAGE_OF_DECLINE,
        days=60,
        measure=Experiment.Measure.KEPT,
        base_permille=940,
        effect_permille=40,
        arms=[Share(None, 400), *(Share(offer, 300) for offer in offers)],
        by=by,
        at=at,
    )
    customers = drawing.customers_of(made.query, run=run, user=by)
    drawn, spread_fen = drawing.draw(customers, run=run, at=at)
    if drawn.ids:
        needed = drawing.needed_for(made, spread_fen=spread_fen)
        actions.start(made, drawn, needed=needed, run=run, by=by, on=timezone.localdate(at), at=at)
