"""An offer's tags are set by a person, traced, and read by the next catalogue."""

import datetime as dt

import pytest

from customers.models import AuditEntry, Branch, Staff, Tag
from offers.actions import TagsClash, set_tags
from offers.models import Offer
from offers.queries import load_catalogue

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 23, 7, 0, tzinfo=dt.UTC)


@pytest.fixture
def analyst():
    root = Branch.objects.create(code="B", name="市公司", kind=Branch.Kind.BRANCH)
    return Staff.objects.create(username="analyst", role="analyst", branch=root)


def test_tags_reach_the_catalogue_as_bits(analyst):
    offer = Offer.objects.get(code="RENEW-12")
    handset, quiet = (Tag.objects.get(code=code) for code in ("HANDSET", "QUIET"))

    changed = []
    for _ in range(2):
        offer.refresh_from_db()
        changed.append(set_tags(offer, needs=handset, not_for=quiet, by=analyst, at=NOW))

    terms = next(terms for terms in load_catalogue().offers if terms.id == offer.pk)
    assert changed == [True, False]
    assert (terms.needs_tags, terms.not_for_tags) == (1 << handset.bit, 1 << quiet.bit)
    assert AuditEntry.objects.get().detail == {"needs": "HANDSET", "not_for": "QUIET"}


def test_one_tag_cannot_be_both(analyst):
    tag = Tag.objects.get(code="QUIET")

    with pytest.raises(TagsClash):
        set_tags(Offer.objects.get(code="RENEW-12"), needs=tag, not_for=tag, by=analyst, at=NOW)
