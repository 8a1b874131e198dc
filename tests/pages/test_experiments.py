"""Tests of offers as pages: drawn from a list, started once, taken up by nights, read only when due, merged and undone."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from callcenter.models import Contact
from customers import merging
from customers.models import AuditEntry, Consent, Customer, DoNotDisturb, Standing
from customers.panels import Reader
from cvm.demo.experiments import experiment
from cvm.directory import list_url
from cvm.experiments.results import TOO_EARLY, results
from cvm.night.context import _Reader
from offers import experiment_actions as actions
from offers.assignment import arms_of
from offers.models import Experiment, ExperimentMember, Offer
from offers.panels import experiment_words
from offers.queries import running_arms, running_members
from tests.pages.tile_rules import faults_of

pytestmark = pytest.mark.django_db

PLAN = {
    "name": "宽带礼包",
    "question": "礼包留住更多客户吗",
    "days": "30",
    "measure": "kept",
    "base": "90",
    "effect": "30",
}
SPLIT = {"control_share": "50", "share_1": "50"}


@pytest.fixture
def consenting(place):
    Consent.objects.all().delete()
    DoNotDisturb.objects.all().delete()
    Customer.objects.update(is_red_listed=False, is_black_listed=False, is_special=False, is_sensitive=False)
    Consent.objects.bulk_create(
        Consent(customer_id=pk, channel="call", is_given=True, said_at=place.run.started_at, source="test")
        for pk in Customer.objects.values_list("pk", flat=True)
    )
    return place


@pytest.fixture
def offer():
    return Offer.objects.order_by("pk").first()


@pytest.fixture
def analyst(client, consenting):
    client.force_login(consenting.analyst)
    return client


@pytest.fixture
def running(analyst, offer):
    """Return a running test of everybody in the network."""
    return start(analyst, write(analyst, offer))


def write(client, offer, query="in_network=1", **changes):
    client.post(reverse("experiment-create"), PLAN | SPLIT | {"offer_1": offer.pk, "query": query} | changes)
    return Experiment.objects.order_by("-pk").first()


def start(client, experiment):
    client.post(reverse("experiment-start", args=[experiment.pk]))
    experiment.refresh_from_db()
    return experiment


def page(client, experiment):
    return client.get(reverse("experiment", args=[experiment.pk]))


def night(place, *, days, at=None):
    """Let the published run be one of `days` after the start of every test, and take it up."""
    place.run.as_of = timezone.localdate() + dt.timedelta(days=days)
    place.run.save(update_fields=["as_of"])
    actions.take_up(place.run, at=at or timezone.now())


def test_list_leads_to_the_form_and_the_form_back_to_the_list(analyst):
    listed = analyst.get(list_url(band=4))
    answer = analyst.get(listed.context["experiment_url"])

    assert answer.context["chosen"] == listed.context["number"]
    assert answer.context["source_url"] == list_url(band=4)


def test_preview_is_what_starts(analyst, offer, consenting):
    DoNotDisturb.objects.create(customer_id=1, scope=1, starts_at=timezone.now() - dt.timedelta(days=1), source="t")
    Customer.objects.filter(pk=2).update(is_red_listed=True)
    Consent.objects.filter(customer_id=4).delete()
    draft = write(analyst, offer, query="")
    shown = page(analyst, draft).context
    experiment = start(analyst, draft)

    members = ExperimentMember.objects.filter(experiment=experiment)
    by_arm = {arm.pk: number for arm, number in shown["by_arm"]}
    assert by_arm == {pk: members.filter(arm_id=pk).count() for pk in by_arm}
    assert shown["members"] == members.count() > 40
    off = Standing.objects.filter(run=consenting.run, band=0).count()
    assert experiment.left_out == {"off_network": off, "do_not_disturb": 1, "listed": 1, "no_consent": 1}
    assert experiment.chosen == 64 == members.count() + sum(experiment.left_out.values())
    assert experiment.needed == shown["needed"]
    assert experiment.drawn == members.count()
    assert AuditEntry.objects.filter(action="experiment.start", actor=consenting.analyst).count() == 1


def test_members_keep_what_the_draw_says_and_their_bill_of_the_start(running, consenting):
    rows = list(running.members.order_by("customer_id").values_list("customer_id", "arm__position", "base_cum3_fen"))
    bills = dict(Standing.objects.filter(run=consenting.run).values_list("customer_id", "cum3_fen"))
    drawn = arms_of([pk for pk, *_rest in rows], salt=running.salt, shares=(500, 500))

    assert [position for _pk, position, _fen in rows] == drawn.tolist()
    assert {pk: fen for pk, _position, fen in rows} == {pk: bills[pk] for pk, *_rest in rows}


def test_nobody_is_in_two_running_tests(running, analyst, offer):
    second = write(analyst, offer, query="")
    shown = page(analyst, second).context
    assert shown["members"] == 0
    assert [number for _words, number in shown["left_out"]] == [4, running.members.count()]
    assert start(analyst, second).status == "draft"
    held = running.members.first()
    with pytest.raises(IntegrityError), transaction.atomic():
        ExperimentMember.objects.create(
            experiment=second, arm=second.arms.first(), customer_id=held.customer_id, base_cum3_fen=0
        )

    analyst.post(reverse("experiment-stop", args=[running.pk]), {"reason": "too many complaints"})
    assert page(analyst, second).context["members"] == running.members.count()


def test_test_is_started_stopped_and_discarded_once(running, analyst, consenting):
    actions_at = {"by": consenting.analyst, "at": timezone.now()}
    with pytest.raises(actions.AlreadyMoved):
        actions.discard(running, **actions_at)
    actions.stop(running, reason="x", **actions_at)
    with pytest.raises(actions.AlreadyMoved):
        actions.stop(running, reason="x", **actions_at)
    drawn = actions.Drawn([1], [0], 1, {})
    with pytest.raises(actions.AlreadyMoved):
        actions.start(running, drawn, needed=1, run=consenting.run, on=consenting.run.as_of, **actions_at)
    assert not running.members.filter(is_held=True).exists()


def test_draft_can_be_thrown_away(analyst, offer):
    draft = write(analyst, offer)
    assert analyst.post(reverse("experiment-discard", args=[draft.pk])).status_code == 302
    assert not Experiment.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"days": "3"},
        {"base": ""},
        {"effect": "95"},
        {"measure": "revenue"},
        {"share_1": "40"},
        {"offer_1": ""},
        {"share_2": "10"},
        {"measure": "colour"},
    ],
)
def test_bad_form_comes_back_with_its_reason(analyst, offer, changes):
    answer = analyst.post(reverse("experiment-create"), PLAN | SPLIT | {"offer_1": offer.pk, "query": ""} | changes)

    assert answer.status_code == 422
    assert answer.context["form"].errors
    assert not Experiment.objects.exists()


def test_list_nobody_knows_is_not_found(analyst):
    assert analyst.get(reverse("experiment-new"), {"band": "99"}).status_code == 404


def test_night_reads_the_arm_of_every_member(running):
    ids = np.arange(1, 65, dtype=np.int32)
    plan = {"catalogue": {"arms": [{}]}}
    with connection.cursor() as cursor:
        found = _Reader(cursor, ids).arms(plan)
        nothing = _Reader(cursor, ids).arms({"catalogue": {}})

    arms = dict(running.members.values_list("customer_id", "arm_id"))
    assert found.tolist() == [arms.get(pk, 0) for pk in ids.tolist()]
    assert not nothing.any()
    assert {arm.offer_id for arm in running_arms()} == {0, Offer.objects.order_by("pk").first().pk}
    assert running_members()[0].tolist() == sorted(arms)


def test_figures_open_exactly_their_customers_and_verdict_waits(running, analyst, consenting, offer):
    treated = list(
        running.members.filter(arm__offer=offer).order_by("customer_id").values_list("customer_id", flat=True)
    )
    Standing.objects.filter(run=consenting.run, customer_id__in=treated[:9]).update(offer_id=offer.pk)
    Standing.objects.filter(run=consenting.run, customer_id=treated[0]).update(band=0)
    call(consenting, treated[1], "accepted", offer.pk)
    call(consenting, treated[2], "refused", offer.pk)
    call(consenting, treated[3], "no_answer", 0)
    call(consenting, treated[4], "accepted", offer.pk + 1)
    night(consenting, days=3)
    answer = page(analyst, running)

    (line,) = [line for line in answer.context["lines"] if not line["arm"].is_control]
    counts = line["arm"].counts
    told = {"members": len(treated), "offered": 9, "refused": len(treated) - 9, "reached": 3, "accepted": 1}
    assert counts == told | {"kept": len(treated) - 1, "lost": 1}
    for number, url in line["counts"]:
        assert analyst.get(url).context["number"] == number
    assert results(running, user=consenting.analyst).withheld == TOO_EARLY
    assert (line["kept_difference"], line["verdict"]) == ("–", "")
    assert str(answer.context["withheld"]) in answer.content.decode()
    measured = Experiment.objects.get(pk=running.pk).measured_run
    assert faults_of(analyst, reverse("experiment", args=[running.pk]), run=measured, tiles=3) == []


def test_last_day_ends_the_test_and_what_it_said_stays(running, analyst, consenting):
    Experiment.objects.filter(pk=running.pk).update(needed=1)
    night(consenting, days=30)
    running.refresh_from_db()
    before = results(running, user=consenting.analyst)
    Standing.objects.filter(run=consenting.run).update(band=0)
    night(consenting, days=31)

    assert (running.status, running.measured_run_id, before.withheld) == ("ended", consenting.run.pk, "")
    assert [arm.verdict for arm in before.arms] == ["", "no_difference"]
    assert results(running, user=consenting.analyst) == before
    assert not running.members.filter(is_held=True).exists()
    assert analyst.get(reverse("experiment-file", args=[running.pk])).content.decode("utf-8-sig").count("\n") == 5


def test_clear_difference_is_told_and_an_uneven_split_is_not(running, consenting):
    Experiment.objects.filter(pk=running.pk).update(needed=1)
    lost = running.members.filter(arm__offer=None).values("customer_id")
    Standing.objects.filter(run=consenting.run, customer_id__in=lost).update(band=0)
    night(consenting, days=30)
    running.refresh_from_db()
    (treated,) = [arm for arm in results(running, user=consenting.analyst).arms if not arm.is_control]
    running.arms.filter(offer=None).update(share_permille=999)
    running.arms.exclude(offer=None).update(share_permille=1)
    uneven = results(running, user=consenting.analyst)

    assert treated.verdict == "better"
    assert treated.kept_difference.low > 0.5
    assert (uneven.withheld, uneven.arms[1].kept_difference) == ("uneven", None)


def test_too_few_members_get_no_verdict(running, consenting):
    night(consenting, days=30)
    running.refresh_from_db()

    assert running.needed > running.members.count()
    assert results(running, user=consenting.analyst).withheld == "too_few"


def test_arm_follows_a_merged_record_and_comes_back(running, analyst, consenting):
    first, second, outside = (Customer.objects.get(pk=pk) for pk in pair_and_outsider(running))
    everybody = results(running, user=consenting.leader).members
    chief = consenting.leader
    twice = merging.merge(second, first, by=chief, at=timezone.now(), reason="same")
    merged = results(running, user=consenting.leader)
    with connection.cursor() as cursor:
        ids = np.array(sorted((first.pk, outside.pk)), np.int32)
        arms = _Reader(cursor, ids).arms({"catalogue": {"arms": [{}]}})

    assert (merged.members, merged.merged) == (everybody - 1, 1)
    own = running.members.get(customer=first).arm_id
    assert arms.tolist() == [own if pk == first.pk else 0 for pk in ids.tolist()]
    assert analyst.get(list_url(experiment=f"{running.pk}::merged")).context["number"] == 1

    merging.undo_merge(twice, by=chief, at=timezone.now())
    assert results(running, user=consenting.leader).members == everybody
    moved = merging.merge(first, outside, by=chief, at=timezone.now(), reason="same")
    with connection.cursor() as cursor:
        arms = _Reader(cursor, np.array([outside.pk], np.int32)).arms({"catalogue": {"arms": [{}]}})
    assert arms.tolist() == [own]
    assert outside.pk in running_members()[0]
    assert first.pk not in running_members()[0]
    merging.undo_merge(moved, by=chief, at=timezone.now())
    assert first.pk in running_members()[0]


def test_desk_never_learns_of_an_arm(running, client, consenting):
    member = running.members.filter(customer__manager=consenting.manager).first()
    address = reverse("customer", args=[member.customer_id])
    said = {}
    for name in ("manager", "leader", "analyst"):
        client.force_login(consenting.people[name])
        said[name] = running.name in client.get(address).content.decode()
    client.force_login(consenting.manager)
    everybody = client.get(reverse("customers")).context["number"]

    assert said == {"manager": False, "leader": False, "analyst": True}
    assert client.get(list_url(experiment=f"{running.pk}:0:members")).context["number"] == everybody
    row = {"is_end": True, "name": "x", "reason": "", "zh": None, "en": None}
    assert experiment_words(row, Reader(sees_value=True, reads_notes=True)) is None


def test_other_counties_do_not_see_the_test(analyst, client, consenting, offer):
    west = start(analyst, write(analyst, offer, query=f"county={consenting.west.pk}&in_network=1"))
    client.force_login(consenting.east_analyst)

    assert page(client, west).status_code == 404
    assert list(client.get(reverse("experiments")).context["rows"]) == []


def test_list_asks_as_often_for_three_as_for_one(analyst, offer, django_assert_num_queries):
    write(analyst, offer)
    analyst.get(reverse("experiments"))
    with django_assert_num_queries(4):
        analyst.get(reverse("experiments"))
    for _number in range(2):
        write(analyst, offer)
    with django_assert_num_queries(4):
        assert len(analyst.get(reverse("experiments")).context["rows"]) == 3


def test_demonstration_has_an_ended_and_a_running_test(analyst, consenting, monkeypatch):
    monkeypatch.setattr(
        "offers.experiment_actions.secrets.token_hex", lambda _bytes: "0" * 32
    )  # the same arms every time
    Customer.objects.update(join_date=dt.date(2015, 1, 5))
    experiment(run=consenting.run, at=timezone.now())
    experiment(run=consenting.run, at=timezone.now())

    ended, running = Experiment.objects.order_by("pk")
    assert (ended.status, running.status) == ("ended", "running")
    assert ended.members.filter(is_kept=True).count() > ended.members.filter(is_kept=False).count()
    assert Contact.objects.filter(offer_id=ended.arms.exclude(offer=None).get().offer_id).exists()
    assert [page(analyst, one).status_code for one in (ended, running)] == [200, 200]


def call(place, customer, outcome, offer):
    now = timezone.now()
    Contact.objects.create(
        customer_id=customer, staff=place.manager, started_at=now, ended_at=now, outcome=outcome, offer_id=offer
    )


def pair_and_outsider(running):
    """Return two members of the leader's county, and a customer there who is in no test."""
    east = Customer.objects.filter(county__code="JC-E")
    members = list(
        running.members.filter(customer__in=east).order_by("customer_id").values_list("customer_id", flat=True)
    )
    outsider = members.pop()
    ExperimentMember.objects.filter(customer_id=outsider).delete()
    return members[0], members[1], outsider
