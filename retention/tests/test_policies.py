"""The default versions the migrations lay, read as plain values."""

import pytest

from retention.models import ChurnModel, ContactPolicy, WarningPolicy
from retention.policies import (
    NoLivePolicy,
    contact_terms_of,
    live_contact_policy,
    warning_terms_of,
)
from retention.queries import NOTES, note_of
from retention.warnings import WarningTerms

pytestmark = pytest.mark.django_db


def test_default_warning_policy_is_live_and_equals_the_rules_defaults():
    policy = WarningPolicy.objects.get(is_live=True)

    assert policy.version == 1
    assert warning_terms_of(policy) == WarningTerms()


def test_default_contact_policy_is_live_with_its_hours():
    terms = contact_terms_of(live_contact_policy())

    assert (terms.monthly_cap, terms.five_star_cap, terms.cap_days, terms.refusal_days) == (2, 1, 30, 15)
    assert terms.hours == {
        "workday": [["09:00", "12:00"], ["14:00", "20:00"]],
        "restday": [["10:00", "12:00"], ["15:00", "19:00"]],
    }


def test_without_a_live_version_the_read_says_so():
    ContactPolicy.objects.all().delete()

    with pytest.raises(NoLivePolicy):
        live_contact_policy()


@pytest.mark.parametrize(
    ("note", "metrics"),
    [
        ("few_months", {"months": 6, "needed": 9}),
        ("few_lost", {"found": 12, "needed": 100}),
        ("weak", {"auc": 0.51, "needed": 0.55}),
    ],
)
def test_every_note_has_words(note, metrics):
    assert note in NOTES
    assert str(next(iter(metrics.values()))) in note_of(ChurnModel(note=note, metrics=metrics))


def test_a_learned_model_needs_no_note():
    assert note_of(ChurnModel(note="", metrics={})) == ""
