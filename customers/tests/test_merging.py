"""Two records declared the same: who may, what stands in the way, and that undoing leaves nothing."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers import merging
from customers.aliases import Likeness, candidates, merges_seen_by
from customers.models import AuditEntry, Branch, Customer, CustomerMerge, Run, Staff

AT = dt.datetime(2026, 11, 22, 3, tzinfo=dt.UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree():
    root = Branch.objects.create(code="b", name="B", kind=Branch.Kind.BRANCH)
    return root, [
        Branch.objects.create(code=f"c{n}", name=f"C{n}", kind=Branch.Kind.COUNTY, parent=root) for n in (1, 2)
    ]


@pytest.fixture
def leader(tree):
    return Staff.objects.create(username="leader", role=Staff.Role.TEAM_LEADER, branch=tree[1][0])


@pytest.fixture
def chief(tree):
    return Staff.objects.create(username="chief", role=Staff.Role.TEAM_LEADER, branch=tree[0])


@pytest.fixture
def add(tree):
    def make(number, *, county=0, **columns):
        return Customer.objects.create(
            id=number,
            user_code=f"U{number}",
            msisdn=columns.pop("msisdn", f"138{number:08d}"),
            join_date=dt.date(2020, 1, 31),
            county=tree[1][county],
            **columns,
        )

    return make


def join(alias, into, by):
    return merging.merge(alias, into, by=by, at=AT, reason="same line")


def test_merge_points_to_the_main_record_and_leaves_a_trace(add, leader):
    alias, main = add(1), add(2)

    made = join(alias, main, leader)

    alias.refresh_from_db()
    assert (alias.merged_into, made.alias, made.customer, made.undone_at) == (main, alias, main, None)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject_id, entry.detail, entry.reason) == (
        "customer.merge", 2, {"alias": 1}, "same line",
    )  # fmt: skip


def test_undone_merge_leaves_two_records_and_a_closed_row(add, leader):
    alias, main = add(1), add(2)
    made = join(alias, main, leader)

    merging.undo_merge(made, by=leader, at=AT)
    with pytest.raises(merging.AlreadyUndone):
        merging.undo_merge(made, by=leader, at=AT)
    join(alias, main, leader)

    assert list(CustomerMerge.objects.order_by("pk").values_list("undone_by__username", flat=True)) == ["leader", None]
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "customer.merge", "customer.merge_undone", "customer.merge",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "pair", "error"),
    [
        ([], (1, 1), merging.SameRecord),
        ([(1, 2)], (1, 3), merging.AlreadyMerged),
        ([(1, 2)], (2, 3), merging.HasAliases),
        ([(1, 2)], (3, 1), merging.IntoAlias),
        ([], (1, 4), merging.IntoLeaver),
    ],
)
def test_merge_that_makes_no_sense_is_refused(add, leader, before, pair, error):
    people = {number: add(number, state=6 if number == 4 else 1) for number in (1, 2, 3, 4)}
    for alias, into in before:
        join(people[alias], people[into], leader)

    with pytest.raises(error) as caught:
        join(people[pair[0]], people[pair[1]], leader)

    assert str(caught.value)
    assert Customer.objects.exclude(merged_into=None).count() == len(before)


def test_records_of_two_counties_need_a_leader_of_both(add, leader, chief):
    here, there = add(1), add(2, county=1)

    with pytest.raises(merging.OutOfScope):
        join(there, here, leader)
    made = join(there, here, chief)
    with pytest.raises(merging.OutOfScope):
        merging.undo_merge(made, by=leader, at=AT)


def test_nobody_merges_while_a_night_counts(add, leader):
    made = join(add(1), add(2), leader)
    Run.objects.create(as_of=AT.date(), month=dt.date(2026, 10, 1), started_at=AT)

    with pytest.raises(merging.NightRuns):
        join(add(3), add(4), leader)
    with pytest.raises(merging.NightRuns):
        merging.undo_merge(made, by=leader, at=AT)


@pytest.mark.parametrize(
    ("likeness", "found"), [(Likeness.NUMBER, [(1, 2)]), (Likeness.PERSON, [(3, 4)]), (Likeness.BIRTH, [(5, 6)])]
)
def test_candidates_are_visible_unmerged_records_that_look_alike(add, leader, likeness, found):
    born = dt.date(1980, 1, 1)
    add(1, name="甲", number_hash="n1", state=6)
    add(2, name="甲", number_hash="n1")
    add(3, name="乙", cust_code="K1", number_hash="n3", state=1)
    add(4, name="乙", cust_code="K1", number_hash="n4")
    add(5, name="丙", birth_date=born, number_hash="n5")
    add(6, name="丙", birth_date=born, number_hash="n6")
    add(7, name="甲", number_hash="n7")
    add(8, name="乙", cust_code="", number_hash="")
    add(9, name="丙", birth_date=born, county=1, number_hash="n1")
    add(10, name="", cust_code="K1", birth_date=born, number_hash="n1")

    pairs = candidates(user=leader, likeness=likeness)
    assert [(pair.alias.pk, pair.into.pk) for pair in pairs] == found
    join(pairs[0].alias, pairs[0].into, leader)
    assert candidates(user=leader, likeness=likeness) == []


def test_candidates_propose_the_record_in_the_network_to_stay(add, leader):
    add(1, name="甲", number_hash="n1")
    add(2, name="甲", number_hash="n1", state=6)

    (pair,) = candidates(user=leader, likeness=Likeness.NUMBER)

    assert (pair.alias.pk, pair.into.pk, pair.records) == (2, 1, 2)


def test_candidates_ask_as_often_for_many_as_for_one(add, leader):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            candidates(user=leader, likeness=Likeness.NUMBER)
        return len(queries)

    for number in (1, 2):
        add(number, name="甲", number_hash="n1", state=6)
    few = asked()
    for number in range(3, 9):
        add(number, name="甲", number_hash=f"n{number // 2}", state=6)

    assert asked() == few


def test_merges_are_seen_by_who_sees_the_customer(add, leader, chief):
    made = join(add(1, county=1), add(2, county=1), chief)

    assert (list(merges_seen_by(chief)), list(merges_seen_by(leader))) == ([made], [])
