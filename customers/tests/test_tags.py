"""The catalogue of tags and the frame column it becomes."""

import datetime as dt

import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction

from customers import tag_actions, tags
from customers.loading.place import Place
from customers.loading.tags import tag_columns
from customers.models import AuditEntry, Customer, CustomerTag, Tag
from customers.tests.people import NOW, TODAY, customer, staff

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def create(code="NEW", **values):
    given = {"name_zh": "新标签", "name_en": "New", "meaning": "", "lasts_days": 30, "owner": None}
    return tag_actions.create_tag(code=code, by=staff("analyst"), at=NOW, **given | values)


def carry(number, code, *, start=0, end=None):
    until = None if end is None else TODAY + end * DAY
    CustomerTag.objects.create(
        customer_id=number, tag=Tag.objects.get(code=code), starts_on=TODAY + start * DAY, ends_on=until, source="test"
    )


def columns():
    ids = np.array([1, 2, 5], np.int32)
    with connection.cursor() as cursor:
        return tag_columns(cursor, Place(ids), TODAY)["tags"]


@pytest.mark.parametrize(("used", "bit"), [(set(), 0), ({0, 1, 3}, 2), (set(range(62)), 62)])
def test_lowest_free_bit(used, bit):
    assert tags.lowest_free_bit(used) == bit


def test_sixty_fourth_tag_is_refused():
    with pytest.raises(tags.TagsFull):
        tags.lowest_free_bit(set(range(63)))


def test_new_tag_takes_the_lowest_free_bit():
    Tag.objects.filter(bit=4).update(bit=40)

    assert create().bit == 4


def test_code_is_taken_once():
    with pytest.raises(IntegrityError, match="tag_code_unique"), transaction.atomic():
        create("HANDSET")


def test_change_traces_which_fields_changed():
    tag, owner = Tag.objects.get(code="HANDSET"), staff("team_leader")
    values = {"name_zh": tag.name_zh, "name_en": "Phone", "meaning": tag.meaning, "lasts_days": 7, "owner": owner}

    for _ in range(2):
        tag.refresh_from_db()
        tag_actions.change_tag(tag, **values, by=owner, at=NOW)

    tag.refresh_from_db()
    assert (tag.name_en, tag.lasts_days, tag.owner) == ("Phone", 7, owner)
    assert [entry.detail for entry in AuditEntry.objects.all()] == [{"fields": ["lasts_days", "name_en", "owner_id"]}]


def test_switching_off_twice_is_one_deed():
    tag, analyst = Tag.objects.get(code="HANDSET"), staff("analyst")

    changed = [tag_actions.switch_tag(tag, on=False, by=analyst, at=NOW) for _ in range(2)]

    assert changed == [True, False]
    assert list(AuditEntry.objects.values_list("action", flat=True)) == ["tag.switch_off"]


def test_catalogue_counts_who_carries_it_today_and_whose_ends_soon():
    for number in (1, 2, 3, 4):
        customer(number)
    carry(1, "HANDSET")
    carry(2, "HANDSET", end=14)
    carry(3, "HANDSET", end=15)
    carry(4, "HANDSET", start=-9, end=-1)

    tag = tags.catalogue(on=TODAY).get(code="HANDSET")

    assert (tag.carried, tag.ending) == (3, 1)
    assert sorted(tags.carriers("HANDSET", on=TODAY)) == [1, 2, 3]


def test_tag_of_an_alias_is_carried_by_its_main_record():
    for number in (1, 2):
        customer(number)
    carry(2, "HANDSET")
    Customer.objects.filter(pk=2).update(merged_into_id=1)

    assert list(tags.carriers("HANDSET", on=TODAY)) == [1]


def test_frame_column_holds_the_bits_in_force_on_the_day():
    for number in (1, 2, 5):
        customer(number)
    Tag.objects.filter(code="HANDSET").update(bit=62)
    carry(1, "HANDSET")
    carry(1, "TARIFF", end=0)  # the last day counts
    carry(2, "TARIFF", start=-9, end=-1)
    carry(2, "DATA", start=1)
    carry(5, "QUIET")
    Tag.objects.filter(code="QUIET").update(is_active=False)
    tariff = Tag.objects.get(code="TARIFF").bit

    found = columns()

    assert found.dtype == np.int64
    assert found.tolist() == [1 << 62 | 1 << tariff, 0, 0]


def test_frame_column_of_nobody_is_empty():
    with connection.cursor() as cursor:
        assert tag_columns(cursor, Place(np.zeros(0, np.int32)), TODAY)["tags"].tolist() == []
