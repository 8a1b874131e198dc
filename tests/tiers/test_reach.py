"""Beyond the editor: lists and files of a version, conflicts in words, the back-test's year."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.models import Staff
from cvm.tiers.reach import conflicts
from offers import experiment_actions
from offers.experiment_actions import Drawn, Share
from offers.models import Offer
from segmentation import actions, backtest, whatif
from segmentation.actions import Ladder
from segmentation.backtest import PastMonth
from segmentation.ladder_frame import ladder_frame
from segmentation.models import Cohort
from segmentation.segment_actions import create_segment, lock_segment

pytestmark = pytest.mark.django_db

DRAFT = Ladder(low_from_fen=50_00, potential_from_fen=80_00, mid_from_fen=110_00, high_from_fen=200_00)


@pytest.fixture
def admin(branch):
    return branch.staff("admin", Staff.Role.ADMIN, branch.root)


@pytest.fixture
def draft(branch, bill, admin):
    people = [branch.customer(None) for _ in range(3)]
    bill(dict(zip(people, [115_00, 112_00, 250_00], strict=True)))
    return actions.save_draft(DRAFT, by=admin, at=timezone.now())


def test_analyst_opens_exactly_the_movers_of_a_version(branch, client, draft):
    analyst = branch.staff("analyst", Staff.Role.ANALYST, branch.root)
    client.force_login(analyst)
    effect = client.get(reverse("tiers-version-effect", args=[draft.version]))

    doors = effect.context["doors"]
    assert effect.context["effect"].moved == 2
    assert client.get(doors["all"].url).context["number"] == 2
    assert (doors["near"].count, doors["near"].url) == (0, "")


def test_running_test_is_named_with_how_many_members_would_move(branch, admin, draft):
    run, now = branch.run, timezone.now()
    before = conflicts(DRAFT, run=run, today=run.as_of)
    offer = Offer.objects.first()
    made = experiment_actions.draft(
        arms=[Share(None, 500), Share(offer, 500)], by=admin, at=now, name="留住", days=30, base_permille=900,
        effect_permille=20,
    )  # fmt: skip
    ids = sorted(ladder_frame(run.pk)["id"].tolist())
    experiment_actions.start(made, Drawn(ids, [0] * 3, 3, {}), needed=3, run=run, by=admin, on=run.as_of, at=now)

    (found,) = [one for one in conflicts(DRAFT, run=run, today=run.as_of) if one not in before]
    assert "留住" in found.words
    assert re.findall(r"\d+", found.words) == ["2", "3"]
    assert found.url == reverse("experiment", args=[made.pk])


def test_administrator_gets_counts_by_county_and_nobody_by_name(branch, client, admin, draft):
    client.force_login(admin)
    effect = client.get(reverse("tiers-version-effect", args=[draft.version]))
    assert effect.context["doors"]["all"].url == ""

    answer = client.get(reverse("tiers-version-file", args=[draft.version]))

    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row[0] for row in rows[2:]] == [branch.county.name]
    assert rows[2][3:] == ["C", "B", "2", f"{3 * (115 + 112)}.00"]
    assert "1380000" not in answer.content.decode()
    assert client.get(reverse("tiers-version-file", args=[99])).status_code == 404


def test_what_stands_on_the_lines_is_told(branch, admin):
    Cohort.objects.update_or_create(year=branch.run.month.year, defaults={"threshold_fen": 360_00})
    agreeing = Ladder(**{**DRAFT.__dict__, "mid_from_fen": 120_00})
    assert conflicts(agreeing, run=branch.run, today=timezone.localdate()) == []
    assert len(conflicts(DRAFT, run=branch.run, today=timezone.localdate())) == 1

    analyst, at = branch.staff("analyst", Staff.Role.ANALYST, branch.root), timezone.now()
    for name, field in (("one", "band"), ("two", "code"), ("three", "stage")):
        rule = {"all": [{"field": field, "op": "in", "value": [1]}]}
        segment = create_segment(name=name, meaning="", rule=rule, by=analyst, at=at)
        if name == "one":
            lock_segment(segment, is_locked=True, by=analyst, at=at)

    found = conflicts(agreeing, run=branch.run, today=timezone.localdate())
    assert len(found) == 2
    assert "one" in found[0].words
    assert "1" in found[1].words


def test_preview_shows_the_conflicts(branch, client, admin, draft):
    Cohort.objects.update_or_create(year=branch.run.month.year, defaults={"threshold_fen": 360_00})
    client.force_login(admin)
    typed = {"high_from": "200", "mid_from": "110", "potential_from": "80", "low_from": "50"}
    assert len(client.post(reverse("tiers-preview"), typed).context["conflicts"]) == 1


def test_year_of_a_back_test_adds_the_months_up():
    months = [
        PastMonth(month=1, valuable=90, rose=6, fell=4, flapped=2, left=10, left_valuable=4, opened=100),
        PastMonth(month=2, valuable=80, rose=5, fell=5, flapped=1, left=10, left_valuable=2, opened=100),
    ]
    year = backtest.year_of(months)
    assert (year.flapped_bp, year.seen_bp, year.kept_bp) == (1500, 3000, 9700)
    nothing = PastMonth(month=1, valuable=0, rose=0, fell=0, flapped=0, left=0, left_valuable=0, opened=0)
    assert backtest.year_of([nothing]) == backtest.PastYear(0, 0, 0)


def test_back_test_compares_the_draft_with_the_ladder_in_force(branch, client, admin, draft):
    client.force_login(admin)
    typed = {"high_from": "200", "mid_from": "110", "potential_from": "80", "low_from": "50", "grace_months": "2"}
    answer = client.post(reverse("tiers-back-test"), typed)
    assert answer.status_code == 200
    assert len(answer.context["totals"]) in (0, 3)
    assert whatif.effect(run=branch.run, ladder=DRAFT).moved == 2
