"""The catalogue the migrations lay, as the rules read it."""

import pytest

from lifecycle.models import MomentKind
from offers.eligible import Economics
from offers.models import Offer
from offers.queries import load_catalogue

pytestmark = pytest.mark.django_db


def test_first_catalogue_answers_its_moments_and_a_bare_warning():
    answered = {code for moments in Offer.objects.values_list("moments", flat=True) for code in moments}

    assert answered == {"C1", "C4", "C5", "B3", "A2", "A3"}
    assert Offer.objects.filter(moments=[]).exists()


def test_first_catalogue_is_complete_in_both_languages():
    for offer in Offer.objects.all():
        assert all([offer.name_zh, offer.name_en, offer.pitch_zh, offer.pitch_en])
        assert offer.family in Offer.Family.values


def test_costs_stay_within_a_phone_managers_authority():
    annual_bill_fen = 12 * 120_00  # the mid/high-end line

    dearest = max(Offer.objects.values_list("cost_fen", flat=True))
    assert dearest * 100 <= annual_bill_fen * Economics().authority_percent


def test_load_catalogue_leaves_out_what_is_not_active():
    Offer.objects.exclude(code="RENEW-12").update(is_active=False)

    (offer,) = load_catalogue().offers

    assert offer.id == Offer.objects.get(code="RENEW-12").pk
    bits = dict(MomentKind.objects.values_list("code", "bit"))
    assert offer.moment_bits == (1 << bits["C1"] if "C1" in bits else 0)
