"""An offer's tags are set by a person, traced, and read by the next catalogue."""

import datetime as dt

import pytest
from django.db import connection

from customers.loading.place import Place
from customers.loading.tags import tag_columns
from customers.models import AuditEntry, Branch, Customer, CustomerTag, Staff, Tag
from customers.tests.frames import make_frame
from lifecycle.models import MomentKind
from offers.actions import TagsClash, set_tags
from offers.eligible import Economics, suggest
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


def test_tagging_a_customer_changes_what_tonight_suggests(analyst):
    person = Customer.objects.create(
        id=1, user_code="U1", msisdn="13800000001", join_date=dt.date(2020, 1, 1), county=analyst.branch
    )
    quiet, offer = Tag.objects.get(code="QUIET"), Offer.objects.get(code="RENEW-12")
    Offer.objects.exclude(pk=offer.pk).update(is_active=False)
    set_tags(offer, needs=None, not_for=quiet, by=analyst, at=NOW)

    before = tonight()
    CustomerTag.objects.create(customer=person, tag=quiet, starts_on=NOW.date(), source="test")

    assert (before, tonight()) == (offer.pk, 0)


def tonight():
    """Return the offer of customer 1, whose contract is about to end, with the tags as the night loads them."""
    contract_ends = 1 << MomentKind.objects.get(code="C1").bit
    worth = {
        "cum3_fen": 450_00,
        "sum12_fen": 1800_00,
        "churn_ppm": 100_000,
        "code": 2,
        "potential_signals": 0,
        "given_fen": 0,
    }
    frame = make_frame([worth | {"is_in_network": True, "warning": 0, "moments": contract_ends}])
    with connection.cursor() as cursor:
        frame = frame.with_columns(**tag_columns(cursor, Place(frame["id"]), NOW.date()))
    return int(suggest(frame, load_catalogue(), Economics())[0])
