"""Whom the search box finds, for whom, and what typed words mean."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.models import Branch, Complaint, Customer, GroupAccount, ServiceLog, Staff
from customers.numbers import number_hash
from customers.search import Way, customers_for, passages, understood

NUMBER = "13800130007"


@pytest.mark.parametrize(
    ("typed", "way", "words"),
    [
        ("", Way.NOTHING, ""),
        ("  ", Way.NOTHING, ""),
        ("138 0013 0007", Way.NUMBER, NUMBER),
        ("138-0013-0007", Way.NUMBER, NUMBER),
        ("+8613800130007", Way.NUMBER, NUMBER),
        ("13800130007", Way.NUMBER, NUMBER),
        ("0007", Way.TAIL, "0007"),
        ("#123", Way.ID, "123"),
        ("#1234567890", Way.WORDS, "#1234567890"),
        ("文:资费争议", Way.TEXT, "资费争议"),
        ("text: too slow", Way.TEXT, "too slow"),
        ("文:", Way.WORDS, "文:"),
        ("王小明", Way.WORDS, "王小明"),
        ("13800", Way.WORDS, "13800"),
        ("١٢٣٤", Way.WORDS, "١٢٣٤"),
    ],
)
def test_typed_words_are_understood(typed, way, words):
    wanted = understood(typed)

    assert (wanted.way, wanted.words) == (way, words)


@pytest.fixture
def root(db):
    return Branch.objects.create(code="R", name="江城", kind=Branch.Kind.BRANCH)


@pytest.fixture
def east(root):
    return Branch.objects.create(code="E", name="东湖", kind=Branch.Kind.COUNTY, parent=root)


@pytest.fixture
def west(root):
    return Branch.objects.create(code="W", name="西山", kind=Branch.Kind.COUNTY, parent=root)


def person(role, at, name=""):
    return Staff.objects.create(username=name or role, role=role, branch=at)


def customer(pk, county, number=NUMBER, **more):
    more = {"user_code": f"U{pk}", "name": "王小明", "name_pinyin": "wangxiaoming", "name_initials": "wxm", **more}
    return Customer.objects.create(
        id=pk, msisdn=number, number_hash=number_hash(number), join_date="2020-01-01", county=county, **more
    )


def ids(typed, user, **more):
    return customers_for(understood(typed), user=user, **more).ids


def test_full_number_finds_its_present_user_only(root, east):
    customer(1, east, state=Customer.State.CANCELLED_ACTIVE)
    customer(2, east)
    customer(3, east, "13800130008")

    assert ids(NUMBER, person("analyst", root)) == [2]


def test_full_number_says_nothing_about_an_earlier_user_of_ours_when_the_present_one_is_elsewhere(east, west):
    customer(1, east, state=Customer.State.CANCELLED_ACTIVE)
    customer(2, west)

    assert ids(NUMBER, person("hall_clerk", east)) == []


@pytest.mark.parametrize("number", [NUMBER, "13800139999"])
def test_full_number_stands_in_no_query(root, east, number):
    customer(1, east)
    analyst = person("analyst", root)

    with CaptureQueriesContext(connection) as queries:
        ids(number, analyst)

    assert queries.captured_queries
    assert [query["sql"] for query in queries if number in query["sql"]] == []


def test_code_of_eleven_digits_is_found(root, east):
    customer(1, east, user_code="90000000001")

    assert ids("90000000001", person("analyst", root)) == [1]


def test_last_four_digits_find_everybody_in_scope(root, east, west):
    customer(1, east)
    customer(2, west, "13900130007")
    customer(3, east, "13900130008")

    assert ids("0007", person("analyst", root)) == [1, 2]
    assert ids("0007", person("hall_clerk", east)) == [1]


def test_id_and_code_find_one(root, east, west):
    customer(1, east)
    customer(2, west, "13900130008")
    clerk = person("hall_clerk", east)

    assert (ids("#1", clerk), ids("#2", clerk), ids("U1", clerk), ids("U2", clerk)) == ([1], [], [1], [])


@pytest.mark.parametrize("typed", ["王小明", "王", "wangxiao", "WangXiaoMing", "wang xiaoming", "wxm", "WX"])
def test_names_are_for_those_who_may_see_them(root, east, typed):
    leader, analyst = person("team_leader", root), person("analyst", root)
    customer(1, east)
    customer(2, east, "13900130008", name="李四", name_pinyin="lisi", name_initials="ls")

    assert (ids(typed, leader), ids(typed, analyst)) == ([1], [])


@pytest.mark.parametrize("typed", ["%", "_", "王%", "\\"])
def test_wildcards_are_letters(root, east, typed):
    customer(1, east)

    assert ids(typed, person("team_leader", root)) == []


def test_group_is_found_by_name_code_and_pinyin_with_the_members_in_scope(root, east, west):
    group = GroupAccount.objects.create(
        code="G1", name="江城第一中学", name_pinyin="jiangchengdiyizhongxue", name_initials="jcdyzx", group_class=2
    )
    GroupAccount.objects.create(code="G2", name="江城第二中学", group_class=2)  # nobody of it is a customer
    customer(1, east, group=group)
    customer(2, east, "13900130008", group=group, is_key_person=True)
    customer(3, west, "13900130009", group=group)
    clerk = person("hall_clerk", east)

    for typed in ("江城第一中学", "第一中学", "中学", "G1", "jcdyzx", "jiangcheng"):
        found = customers_for(understood(typed), user=clerk)
        assert ([one.code for one in found.groups], found.ids) == (["G1"], [2, 1])


def test_group_without_members_in_scope_does_not_exist(east, west):
    group = GroupAccount.objects.create(code="G1", name="江城第一中学", group_class=2)
    customer(1, west, group=group)

    found = customers_for(understood("江城第一中学"), user=person("hall_clerk", east))

    assert (found.ids, found.groups) == ([], [])


def test_aliases_are_found_as_the_record_they_were_merged_into(root, east):
    customer(1, east, "13900130001")
    customer(2, east, merged_into_id=1)
    leader = person("team_leader", root)

    assert ids(NUMBER, leader) == [1]
    assert ids("0007", leader) == ids("#2", leader) == ids("U2", leader) == []
    assert ids("wxm", leader) == [1]


def test_more_than_the_limit_is_said(root, east):
    for pk in range(1, 5):
        customer(pk, east, f"1380013{pk:03d}7")
    leader = person("team_leader", root)

    some, all_ = (customers_for(understood("王"), user=leader, limit=limit) for limit in (3, 4))

    assert (some.ids, some.has_more, all_.ids, all_.has_more) == ([1, 2, 3], True, [1, 2, 3, 4], False)


def test_own_portfolio_only(east):
    mine, other = person("phone_manager", east), person("phone_manager", east, "other")
    customer(1, east, manager=other)
    customer(2, east, "13900130007", manager=mine)

    assert (ids("0007", mine), ids(NUMBER, mine), ids("#1", mine)) == ([2], [], [])


@pytest.fixture
def texts(east, west):
    for pk, county in ((1, east), (2, west)):
        customer(pk, county, f"1390013000{pk}")
        ServiceLog.objects.create(
            customer_id=pk, served_at=timezone.now(), content="客户说宽带资费太贵", source_key=f"s{pk}"
        )
        Complaint.objects.create(case_code=f"C{pk}", customer_id=pk, opened_at=timezone.now(), category="宽带资费")
    Complaint.objects.create(case_code="C9", customer_id=1, opened_at=timezone.now(), content="100%不满意")


def test_service_texts_are_found_in_scope_newest_first(east, texts):
    found = passages("宽带资费", user=person("team_leader", east))

    assert [(one.customer_id, one.text) for one in found] == [(1, "宽带资费"), (1, "客户说宽带资费太贵")]
    assert [one.text for one in passages("0%不", user=Staff.objects.get())] == ["100%不满意"]


@pytest.mark.parametrize("role", ["analyst", "hall_clerk", "account_manager", "auditor"])
def test_service_texts_are_not_for_others(east, texts, role):
    assert passages("宽带资费", user=person(role, east)) == []


def plan_of(queryset):
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
    return queryset.explain()


@pytest.mark.parametrize(
    ("way", "index"),
    [
        ({"number_hash": "0" * 32}, "customer_by_number_hash"),
        ({"name__startswith": "王"}, "customer_by_name"),
        ({"name_pinyin__startswith": "wang"}, "customer_by_pinyin"),
        ({"name_initials__startswith": "wx"}, "customer_by_initials"),
    ],
)
def test_each_way_has_an_index_that_answers_it(db, way, index):
    assert index in plan_of(Customer.objects.filter(**way))


def test_trigrams_answer_chinese_words(db):
    assert "service_log_words" in plan_of(ServiceLog.objects.filter(content__contains="宽带资费"))
