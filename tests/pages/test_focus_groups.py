"""Focus groups: drawn at random and again alike, past the gate; invited, heard, and their ideas noted."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from customers.models import AuditEntry, Consent, Customer, DoNotDisturb, Need, NeedKind, Standing
from cvm.demo.decisions import convene_group
from cvm.focus_groups.drawing import draw
from lifecycle.drawing import in_drawn_order
from lifecycle.models import FocusGroup, OfferIdea
from offers.models import Offer

pytestmark = pytest.mark.django_db
NEW = "/stages/groups/new/"
TYPED = {"name": "成熟期座谈", "topic": "家庭融合", "stage": "3", "size": "5", "meets_on": "2026-12-10", "seed": "7"}


@pytest.fixture
def agreed(place):
    """Everybody agrees to calls, but for the lists of some."""
    people = Customer.objects.values_list("pk", flat=True)
    now = timezone.now()
    Consent.objects.all().delete()
    Consent.objects.bulk_create(
        Consent(customer_id=pk, channel="call", is_given=True, said_at=now, source="test") for pk in people
    )
    return place


def members_of(group):
    return list(group.members.order_by("position").values_list("customer_id", flat=True))


def convene(client, **changes):
    client.post(NEW, TYPED | changes)
    return FocusGroup.objects.order_by("-pk").first()


def test_the_order_depends_on_the_seed_alone_and_nobodys_place_on_the_others():
    everybody = in_drawn_order(range(1, 200), seed=7)

    assert everybody == in_drawn_order(reversed(range(1, 200)), seed=7)
    assert everybody != in_drawn_order(range(1, 200), seed=8)
    assert [pk for pk in everybody if pk % 2] == in_drawn_order(range(1, 200, 2), seed=7)
    assert in_drawn_order([], seed=7) == []


def test_the_same_seed_draws_the_same_group_from_the_stage_only(client, agreed):
    client.force_login(agreed.analyst)
    first, second, other = convene(client), convene(client, name="again"), convene(client, seed="8")

    assert len(members_of(first)) == 5
    assert members_of(first) == members_of(second) != members_of(other)
    stages = Standing.objects.filter(customer_id__in=members_of(first), run=agreed.run).values_list("stage", flat=True)
    assert set(stages) == {3}
    assert AuditEntry.objects.filter(action="focus_group.convene").count() == 3


def test_whom_the_gate_stops_is_passed_over(agreed):
    order = in_drawn_order(
        Standing.objects.filter(run=agreed.run, stage=3).values_list("customer_id", flat=True), seed=7
    )
    listed, quiet, silent = order[:3]
    Customer.objects.filter(pk=listed).update(is_red_listed=True)
    DoNotDisturb.objects.create(customer_id=quiet, scope=2, starts_at=timezone.now(), source="test")
    Consent.objects.filter(customer_id=silent).delete()

    found = draw(run=agreed.run, stage=3, size=4, seed=7, by=agreed.analyst, at=timezone.now())

    assert found.drawn == order[3:7]
    assert (found.candidates, found.passed_over) == (len(order), 3)


def test_a_group_of_a_stage_nobody_may_be_contacted_in_is_refused(client, agreed):
    Consent.objects.all().delete()
    client.force_login(agreed.analyst)

    assert client.post(NEW, TYPED).status_code == 422
    assert FocusGroup.objects.count() == 0


@pytest.mark.parametrize("wrong", [{"size": "2"}, {"size": "51"}, {"stage": "6"}, {"name": ""}, {"seed": "0"}])
def test_bad_input_draws_nobody(client, agreed, wrong):
    client.force_login(agreed.analyst)

    assert client.post(NEW, TYPED | wrong).status_code == 422
    assert FocusGroup.objects.count() == 0


def test_members_are_invited_heard_and_lead_to_an_idea(client, agreed):
    client.force_login(agreed.analyst)
    group = convene(client)
    member = group.members.get(position=1)
    step, say = reverse("focus-group-member", args=[member.pk]), reverse("focus-group-need", args=[member.pk])

    client.post(say, {"text": "宽带太贵"})
    assert Need.objects.filter(customer=member.customer).count() == 0  # was not there yet
    client.post(step, {"to": "attended"})
    member.refresh_from_db()
    assert member.status == "drawn"  # nobody is there who was not invited
    client.post(step, {"to": "invited"})
    client.post(step, {"to": "attended"})
    client.post(say, {"text": "宽带太贵"})
    need = member.needs.get()
    assert (need.customer_id, need.words) == (member.customer_id, "宽带太贵")

    offer = Offer.objects.filter(is_active=True).first()
    client.post(
        reverse("focus-group-idea", args=[group.pk]),
        {"kind": need.kind.code, "words": "两年一价", "offer": offer.code},
    )
    idea = OfferIdea.objects.get()
    assert (idea.kind, idea.words, idea.offer_code) == (need.kind, "两年一价", offer.code)
    page = client.get(reverse("focus-group", args=[group.pk]))
    assert page.context["kinds"] == [(need.kind, 1)]
    assert member.customer.msisdn not in page.content.decode()
    assert member.customer.name not in page.content.decode()


def test_an_idea_needs_words_and_a_kind(client, agreed):
    client.force_login(agreed.analyst)
    group = convene(client)

    for wrong in ({"kind": "TARIFF", "words": ""}, {"kind": "X", "words": "y"}):
        client.post(reverse("focus-group-idea", args=[group.pk]), wrong)
    assert OfferIdea.objects.count() == 0
    assert NeedKind.objects.filter(code="TARIFF").exists()


def test_a_reader_of_one_county_sees_its_members_only(client, agreed):
    client.force_login(agreed.analyst)
    group = convene(client, size="20")
    client.force_login(agreed.people["leader"])
    shown = client.get(reverse("focus-group", args=[group.pk])).context["members"]

    assert {member.customer.county_id for member, _ in shown} == {agreed.east.pk}
    assert "<form" not in client.get(reverse("focus-groups")).content.decode().split("<main", 1)[1]


def test_a_page_asks_no_more_for_more_members(client, agreed, django_assert_max_num_queries):
    client.force_login(agreed.analyst)
    group = convene(client, size="30")

    with django_assert_max_num_queries(14):
        client.get(reverse("focus-group", args=[group.pk]))


def test_the_demonstration_branch_shows_a_group_that_met(agreed):
    convene_group(run=agreed.run, by=agreed.analyst, at=timezone.now())
    group = FocusGroup.objects.get()

    assert group.stage == 4
    assert {member.status for member in group.members.all()} >= {"attended", "invited"}
    assert group.members.filter(needs__isnull=False).count() == 5
    assert group.ideas.get().kind.code == "BROADBAND"


def test_the_database_keeps_sizes_sane(client, agreed):
    client.force_login(agreed.analyst)
    convene(client)

    with transaction.atomic(), pytest.raises(IntegrityError):
        FocusGroup.objects.update(size=51)
