"""A key moment speaks only of whom its tags let through, as the night loads them."""

import datetime as dt

import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction

from customers.loading.place import Place
from customers.loading.tags import tag_columns
from customers.models import AuditEntry, CustomerTag, Tag
from customers.tests.frames import make_frame
from customers.tests.people import NOW, TODAY, customer, staff
from lifecycle.models import MomentKind
from lifecycle.moments import Recent, moments
from lifecycle.moments.terms import KindTerms, kinds_of
from lifecycle.policies import moment_rows
from lifecycle.tagging import ReasonMissing, TagsClash, set_tags

BIRTHDAY = {"birth_month_day": TODAY.month * 100 + TODAY.day, "is_in_network": True, "county_id": 1}


def spoken_of(terms, *tags, frame=None):
    """Return the positions that the birthday moment speaks of, customers carrying these bits."""
    frame = frame or make_frame([BIRTHDAY] * len(tags), as_of=TODAY)
    if tags:
        frame = frame.with_columns(tags=np.array(tags, np.int64))
    _, hits = moments(frame, [terms], Recent.none())
    return hits["position"].tolist()


def test_every_needed_tag_must_be_there_and_no_shut_out_one():
    carried = (0b000, 0b001, 0b011, 0b111)
    assert spoken_of(KindTerms("A2", 300), *carried) == [0, 1, 2, 3]
    assert spoken_of(KindTerms("A2", 300, needs_tags=0b011), *carried) == [2, 3]
    assert spoken_of(KindTerms("A2", 300, not_for_tags=0b100), *carried) == [0, 1, 2]
    assert spoken_of(KindTerms("A2", 300, needs_tags=0b001, not_for_tags=0b010), *carried) == [1]
    assert spoken_of(KindTerms("A2", 300, needs_tags=1 << 62), 1 << 62, 0) == [0]


def test_kind_without_tags_asks_no_column():
    assert spoken_of(KindTerms("A2", 300), frame=make_frame([BIRTHDAY], as_of=TODAY)) == [0]


@pytest.mark.django_db
def test_tag_of_a_customer_silences_a_kind_tonight():
    for number in (1, 2):
        customer(number)
    quiet = Tag.objects.get(code="QUIET")
    CustomerTag.objects.create(customer_id=2, tag=quiet, starts_on=TODAY, ends_on=TODAY, source="test")
    kind, analyst = MomentKind.objects.get(code="A2"), staff("analyst")

    changed = [set_tags(kind, needs=None, not_for=quiet, by=analyst, at=NOW) for _ in range(2)]

    terms = next(terms for terms in kinds_of(moment_rows()) if terms.code == "A2")
    frame = make_frame([BIRTHDAY, BIRTHDAY], as_of=TODAY)
    with connection.cursor() as cursor:
        frame = frame.with_columns(**tag_columns(cursor, Place(frame["id"]), TODAY))
    assert changed == [True, False]
    assert terms.not_for_tags == 1 << quiet.bit
    assert spoken_of(terms, frame=frame) == [0]
    known = MomentKind.objects.get(code="A2")
    assert (known.version, known.updated_by, known.updated_at) == (kind.version + 1, analyst, NOW)
    assert AuditEntry.objects.get().detail == {"needs": "", "not_for": "QUIET"}


@pytest.mark.django_db
def test_one_tag_cannot_be_both():
    tag, kind = Tag.objects.get(code="QUIET"), MomentKind.objects.get(code="A2")
    with pytest.raises(TagsClash):
        set_tags(kind, needs=tag, not_for=tag, by=staff("analyst"), at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        MomentKind.objects.filter(pk=kind.pk).update(needs_tag=tag, not_for_tag=tag, updated_at=dt.datetime.now(dt.UTC))


@pytest.mark.django_db
def test_tag_that_kept_somebody_out_is_taken_away_for_a_reason_only():
    kind, by = MomentKind.objects.get(code="A2"), staff("analyst")
    quiet, other = Tag.objects.order_by("pk")[:2]
    set_tags(kind, needs=None, not_for=quiet, by=by, at=NOW)
    set_tags(kind, needs=other, not_for=quiet, by=by, at=NOW)  # one more keeps out more

    for needs, not_for in ((other, None), (None, quiet)):
        with pytest.raises(ReasonMissing):
            set_tags(kind, needs=needs, not_for=not_for, by=by, at=NOW)

    assert set_tags(kind, needs=None, not_for=None, by=by, at=NOW, reason="asked for by the county")
    assert AuditEntry.objects.order_by("pk").last().reason == "asked for by the county"
    set_tags(kind, needs=None, not_for=quiet, by=by, at=NOW)
    MomentKind.objects.filter(pk=kind.pk).update(is_enabled=False)
    assert set_tags(kind, needs=None, not_for=None, by=by, at=NOW)
