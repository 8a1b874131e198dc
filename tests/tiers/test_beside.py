"""The effect beside the bands: codes, credit, stickiness and the kept rate, exact to the customer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from customers.models import Customer, Staff
from segmentation.actions import Ladder, current_draft, live_policy
from segmentation.beside import Kept, beside
from segmentation.codes import Turn

pytestmark = pytest.mark.django_db

TYPED = {"high_from": "200", "mid_from": "120", "potential_from": "80", "low_from": "50", "grace_months": "1"}


@pytest.fixture
def customers(branch, bill):
    people = [branch.customer(None) for _ in range(5)]
    bill(dict(zip(people, [250_00, 150_00, 120_00, 119_99, 30_00], strict=True)))
    return people


@pytest.fixture
def admin(branch, client):
    person = branch.staff("admin", Staff.Role.ADMIN, branch.root)
    client.force_login(person)
    return person


def found(branch, **changes):
    return beside(run=branch.run, ladder=replace(Ladder.of(live_policy()), **changes))


def test_codes_follow_the_lines_and_turns_tell_who(branch, customers):
    effect = found(branch, high_from_fen=150_00)

    assert [(pair.before, pair.after) for pair in effect.code.codes] == [(1, 2), (2, 1), (2, 2)]
    assert effect.code.turns == [Turn(2, 1, 1)]
    assert effect.code.changed == 1


def test_a_weight_alone_makes_a_code_b_of_a_code_c(branch, customers):
    assert found(branch).code.changed == 0
    effect = found(branch, weight_broadband=2)

    assert effect.code.turns == [Turn(3, 2, 1)]  # 119.99 yuan, no broadband: one sign that now counts twice
    assert effect.code.as_record() == {"codes": {"1": 1, "2": 3, "3": 1}, "moved": 1}


def test_credit_and_stickiness_move_with_their_terms(branch, customers):
    Customer.objects.filter(pk=customers[0].pk).update(credit_score=500, pay_mode=3)
    effect = found(branch, low_score_below=600, stick_autopay=25, stick_family=5)

    assert {pair.value: (pair.before, pair.after) for pair in effect.credit} == {
        0: (0, 0), 1: (5, 4), 2: (0, 1), 3: (0, 0), 4: (0, 0), 5: (0, 0),
    }  # fmt: skip
    assert (effect.sticky.after - effect.sticky.before, effect.sticky_moved) == (10, 1)
    assert effect.sticky_means[1] - effect.sticky_means[0] == 2


def test_kept_rate_is_the_cohort_s_with_the_mid_line_as_its_threshold(branch, customers):
    effect = found(branch, mid_from_fen=100_00)

    assert effect.kept == (Kept(3, 3), Kept(4, 4))
    assert str(effect.kept[0].rate) == "100.00"
    gone = found(branch, mid_from_fen=190_00)
    assert gone.kept[1] == Kept(1, 1)


def test_page_shows_it_and_keeps_what_was_left_out(admin, branch, customers, client):
    client.post("/tiers/draft/", TYPED | {"weight_broadband": "2"})
    client.post("/tiers/draft/", TYPED | {"arrears_months": "3"})
    page = client.post("/tiers/codes/", TYPED)

    assert (current_draft().weight_broadband, current_draft().arrears_months) == (2, 3)
    assert page.context["found"].code.changed == 1
    assert live_policy().weight_broadband == 1


def test_who_turns_by_weights_alone_needs_a_second_person_too(admin, branch, customers, client):
    type(live_policy()).objects.update(approval_movers=1)
    typed = TYPED | {"weight_broadband": "2"}
    client.post("/tiers/draft/", typed)
    client.post("/tiers/publication/", typed)

    assert (current_draft().status, current_draft().preview["moved"]) == ("pending", 1)


@pytest.mark.parametrize(
    "wrong",
    [{"stick_family": "16"}, {"stick_vnet": "4", "stick_family": "26"}, {"weight_sim": "6"}, {"arrears_months": "0"}],
)
def test_ties_that_do_not_add_up_and_values_out_of_range_are_refused(admin, client, wrong):
    page = client.post("/tiers/draft/", TYPED | wrong)

    assert page.status_code == 422
    assert page.context["is_open"]
    assert current_draft() is None


def test_version_tells_every_weight_that_differs(admin, client):
    client.post("/tiers/draft/", TYPED | {"weight_rise": "3", "stick_year": "2", "stick_family": "20"})

    page = client.get("/tiers/2/")

    assert len(page.context["differences"]) == 3
    assert len(page.context["values"]) == 20
