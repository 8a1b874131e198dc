"""The web bench searches for what is there: every way it times finds somebody, except where it asks for nobody."""

import pytest

from customers.models import Branch, Customer, ServiceLog, Staff
from customers.search import Way, customers_for, passages, understood
from cvm.bench import searching
from tests.night.branches import make_branch

pytestmark = pytest.mark.django_db
FOR_NOBODY = {"文:这句话没有人说过", "文:绿茶", "欧阳无此人"}


@pytest.fixture
def leader():
    make_branch()
    searching.prepare()
    root = Branch.objects.get(parent=None)
    return Staff.objects.create(username="leader", role=Staff.Role.TEAM_LEADER, branch=root)


def test_prepared_branch_has_what_the_search_reads(leader):
    customers, logs = Customer.objects.count(), ServiceLog.objects.count()
    assert not Customer.objects.filter(name="").exists()
    assert not Customer.objects.filter(number_hash="").exists()
    assert logs == customers // 2

    searching.prepare()
    assert ServiceLog.objects.count() == logs


def test_every_way_finds_whom_it_asks_for(leader):
    ways = {way.label: way for way in searching.ways()}
    assert [label for label, way in ways.items() if not way.typed] == []

    missed = [typed for way in ways.values() for typed in way.typed if not _finds(typed, leader)]

    # a branch of some hundred people has not every name and not every ending of a number
    rare = {typed for label, way in ways.items() if "digits" in label or "name" in label for typed in way.typed}
    rare |= {typed for label, way in ways.items() if "pinyin" in label or "initials" in label for typed in way.typed}
    assert set(missed) <= rare | FOR_NOBODY
    assert set(missed) >= FOR_NOBODY
    assert ways["search, full number"].is_final


def _finds(typed, leader):
    wanted = understood(typed)
    if wanted.way is Way.TEXT:
        return bool(passages(wanted.words, user=leader))
    return bool(customers_for(wanted, user=leader).ids)
