import datetime as dt

import numpy as np
import pytest
from django.db import connection
from django.utils import translation

from callcenter.budgets import given_columns
from callcenter.card import bars_of, card_of
from callcenter.models import Contact, QueueItem
from callcenter.tests.branch import MONTHS, NOW, TODAY, a_kind, an_offer
from callcenter.words import Spend, reason_sentence
from customers.loading.aliases import place_of
from customers.models import Customer, Run, Standing
from lifecycle.models import KeyMoment
from lifecycle.moments import REGISTRY
from retention.models import Reason

DAY = dt.timedelta(days=1)
SPEND = Spend(now_fen=79_00, before_fen=128_00)


def said(reason, value, today=TODAY, spend=SPEND):
    with translation.override("en"):
        return reason_sentence(reason, value, as_of=TODAY, today=today, spend=spend)


@pytest.mark.parametrize(
    ("reason", "value", "words"),
    [
        (Reason.BUNDLE_ENDS, 30, "Contract ends in 30 days (2026-12-23)"),
        (Reason.SPEND_DROP, 62, "Spend fell 38%: ¥128 on average → ¥79"),
        (Reason.SPEND_DROP, -2, "Newest bill is below zero: ¥128 on average → -¥2"),
        (Reason.SCORE, 84, "Churn score 84 of 100"),
        (Reason.CANCEL_REQUEST, 2, "Asked to cancel 2 days ago"),
        (Reason.NONE, 0, ""),
    ],
)
def test_reason_is_said_with_its_value(reason, value, words):
    spend = SPEND if value >= 0 else Spend(now_fen=-2_99, before_fen=128_00)
    assert said(reason, value, spend=spend) == words


def test_refund_without_amounts_is_said_without_a_percentage():
    assert said(Reason.SPEND_DROP, -943, spend=None) == "Newest bill is below zero, a refund or credit"


@pytest.mark.parametrize(
    ("reason", "value", "words"),
    [
        (Reason.BUNDLE_ENDS, 30, "Contract ends in 28 days (2026-12-23)"),
        (Reason.BUNDLE_ENDS, 1, "Contract ended on 2026-11-24"),
        (Reason.CANCEL_REQUEST, 2, "Asked to cancel 4 days ago"),
        (Reason.SCORE, 84, "Churn score 84 of 100"),
    ],
)
def test_reason_of_an_old_night_is_counted_to_today(reason, value, words):
    assert said(reason, value, today=TODAY + 2 * DAY) == words


def test_spend_needs_four_bills():
    assert Spend.of([79_00, 121_00, 128_00]) is None
    assert Spend.of([79_00, 121_00, 128_00, 130_00, 1]) == Spend(now_fen=79_00, before_fen=126_33)


def test_bars_fill_the_height_and_stand_side_by_side():
    bars = bars_of([(TODAY, 50_00), (TODAY, 100_00), (TODAY, 0), (TODAY, -5_00)])

    assert [(bar.x, bar.y, bar.height) for bar in bars] == [(0, 20, 20), (24, 0, 40), (48, 40, 0), (72, 40, 0)]


def test_no_bills_are_no_bars():
    assert bars_of([]) == []


def card(branch, customer, **values):
    item = branch.item(customer, **values)
    with translation.override("en"):
        return card_of(item, user=item.customer.manager, at=NOW)


def test_card_tells_a_fact_once(branch):
    manager = branch.manager()
    branch.story(manager)
    with translation.override("en"):
        found = card_of(QueueItem.objects.get(manager=manager), user=manager, at=NOW)

    assert found.reasons[:2] == [
        "Contract ends in 29 days (2026-12-22)",
        "Spend fell 38%: ¥126 on average → ¥79",
    ]
    assert [(moment.kind.code, moment.evidence) for moment in found.moments] == [("C1", ""), ("C4", "")]
    assert len(found.script) == 5


@pytest.mark.parametrize("code", sorted(REGISTRY))
def test_every_moment_has_evidence_in_words(branch, code):
    customer = branch.customer(branch.manager())
    kind = a_kind(code, REGISTRY[code].BIT)
    branch.moment(customer, kind, value=1, reference=20_000, level=1)

    assert card(branch, customer).moments[0].evidence


def test_gravest_moment_gives_the_script(branch):
    customer = branch.customer(branch.manager())
    for code, level in (("A2", 1), ("C5", 1), ("B3", 2)):
        branch.moment(customer, a_kind(code, REGISTRY[code].BIT), value=101, reference=1, level=level)

    assert [moment.kind.code for moment in card(branch, customer).moments] == ["B3", "C5", "A2"]


def test_moment_of_an_earlier_night_is_shown_while_it_is_open(branch):
    customer = branch.customer(branch.manager())
    kind = a_kind("C4", REGISTRY["C4"].BIT)
    for number, days in enumerate((40, 3), 1):
        earlier = Run.objects.create(as_of=TODAY - days * DAY, month=MONTHS[0], status="published", started_at=NOW)
        moment = branch.moment(customer, kind, value=50_00 * number, reference=200_00, level=2)
        KeyMoment.objects.filter(pk=moment.pk).update(run=earlier, detected_on=earlier.as_of)

    closed = card(branch, customer).moments
    QueueItem.objects.filter(customer=customer).delete()
    still_open = card(branch, customer, moment_bits=1 << kind.bit).moments

    assert closed == []
    assert [moment.evidence for moment in still_open] == ["Spend fell 50%: ¥200 on average → ¥100"]


def test_card_without_a_moment_gives_the_general_script(branch):
    customer = branch.customer(branch.manager())

    found = card(branch, customer, offer_id=an_offer().pk)

    assert found.moments == []
    assert len(found.script) == 5
    assert an_offer().name_en in found.script[2]


def test_card_says_when_the_customer_refused_lately(branch):
    customer = branch.customer(branch.manager())
    Contact.objects.create(customer=customer, started_at=NOW - DAY, ended_at=NOW - DAY, outcome="refused", cause="fee")

    verdict = card(branch, customer).verdict

    assert (verdict.allowed, verdict.rule) == (False, "refused")
    assert verdict.next_allowed_at > NOW


def test_promised_call_is_service_and_counts_nowhere(branch):
    customer = branch.customer(branch.manager(), star_level=5)
    kept = branch.item(customer, rank=-1, callback=branch.promise(customer), status="done")
    Contact.objects.create(
        customer=customer,
        queue_item=kept,
        is_service=kept.serves,
        started_at=NOW - DAY,
        ended_at=NOW - DAY,
        outcome="accepted",
    )
    again = branch.item(customer, rank=-2, callback=branch.promise(customer))
    Customer.objects.update(is_sensitive=True)
    customer.refresh_from_db()

    assert card_of(again, user=again.manager, at=NOW).verdict.allowed
    Customer.objects.update(is_sensitive=False)
    customer.refresh_from_db()
    assert card(branch, customer).verdict.allowed


def accepted(customer, at, **values):
    values = {"outcome": "accepted", "offer_id": an_offer().pk} | values
    return Contact.objects.create(customer=customer, started_at=at, ended_at=at, **values)


def test_card_says_what_is_left_to_give_this_year(branch):
    customer = branch.customer(branch.manager())
    branch.standing(customer, sum12_fen=1400_00)
    alias = branch.customer(None, merged_into=customer)
    new_year = dt.datetime(2025, 12, 31, 16, 0, tzinfo=dt.UTC)  # midnight of 1 January in the branch's zone
    accepted(customer, new_year)
    accepted(alias, NOW - DAY)
    accepted(customer, new_year - dt.timedelta(seconds=1))
    accepted(customer, NOW - DAY, outcome="refused")
    accepted(customer, NOW - DAY, offer_id=0)
    accepted(customer, NOW + DAY)

    found = card(branch, customer).budget
    with connection.cursor() as cursor:
        place = place_of(cursor, np.array([customer.pk]))
        tonight = given_columns(cursor, place, at=NOW)

    assert tonight.tolist() == [found.given_fen]
    assert (found.year, found.given_fen) == (2026, 2 * an_offer().cost_fen)
    assert found.own.left_fen == 140_00 - found.given_fen


def test_card_names_who_may_still_allow_the_offer(branch):
    customer, offer = branch.customer(branch.manager()), an_offer()
    standing = branch.standing(customer, sum12_fen=offer.cost_fen * 10)

    within = card(branch, customer, offer_id=offer.pk)
    accepted(customer, NOW - DAY)
    QueueItem.objects.all().delete()
    beyond = card(branch, customer, offer_id=offer.pk)
    Standing.objects.filter(pk=standing.pk).update(sum12_fen=0)
    QueueItem.objects.all().delete()
    nobody = card(branch, customer, offer_id=offer.pk)

    assert not within.must_ask
    assert (beyond.must_ask, beyond.asks.percent) == (True, 20)
    assert (nobody.must_ask, nobody.asks) == (True, None)
