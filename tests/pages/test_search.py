"""The search box: by POST only, masked, scoped, noted and limited; and where each role starts."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from callcenter.models import Contact
from customers import actions
from customers.models import AuditEntry, Customer, GroupAccount, Run, ServiceLog, Staff
from customers.numbers import number_hash

pytestmark = pytest.mark.django_db
NUMBER = "13800130007"
DROP_DOWN = {"HX-Request": "true"}
SEARCHERS = ["analyst", "manager", "leader", "clerk", "auditor"]


@pytest.fixture(autouse=True)
def hashed(place):
    for customer in Customer.objects.all():
        Customer.objects.filter(pk=customer.pk).update(number_hash=number_hash(customer.msisdn))


def search(client, words, **more):
    return client.post(reverse("search"), {"q": words}, **more)


def found(answer):
    return [row.customer.pk for row in answer.context["answer"].rows]


@pytest.mark.parametrize("name", SEARCHERS)
def test_every_page_has_the_box_for_those_who_search(client, place, name):
    client.force_login(getattr(place, name))
    page = client.get(reverse("search")).content.decode()
    assert f'action="{reverse("search")}" method="post"' in page
    assert 'name="q"' in page


def test_box_stands_on_no_page_of_those_who_do_not_search(client, place):
    client.force_login(place.admin)
    assert 'name="q"' not in client.get(reverse("home")).content.decode()


def test_words_in_the_address_search_for_nothing(client, place):
    client.force_login(place.leader)
    answer = client.get(reverse("search"), {"q": "0007"})
    assert (answer.status_code, "answer" in answer.context) == (200, False)


@pytest.mark.parametrize("address", ["customers", "api-customer-list", "api-standing-list"])
@pytest.mark.parametrize("words", [NUMBER, "0007", "王小明"])
def test_lists_refuse_words_in_their_address(client, place, address, words):
    client.force_login(place.leader)
    answer = client.get(reverse(address), {"q": words})
    assert answer.status_code == 400
    assert "search box" in answer.content.decode() or "搜索框" in answer.content.decode()


def test_row_is_masked_and_leads_to_the_customer(client, place):
    client.force_login(place.analyst)
    answer = search(client, "0007")
    page = answer.content.decode()
    assert found(answer) == [7]
    assert reverse("customer", args=[7]) in page
    assert "138****0007" in page
    assert (NUMBER in page, Customer.objects.get(pk=7).name in page) == (False, False)
    assert "badge-band" in page


def test_value_is_hidden_from_the_clerk(client, place):
    client.force_login(place.clerk)
    answer = search(client, "0007")
    page = answer.content.decode()
    assert found(answer) == [7]
    assert "badge-stage" in page
    assert ("badge-band" in page, 'class="code ' in page) == (False, False)


def test_nothing_of_another_county_is_found(client, place):
    client.force_login(place.clerk)
    theirs = Customer.objects.filter(county=place.west).first()
    for words in (theirs.msisdn[-4:], theirs.msisdn, f"#{theirs.pk}", theirs.user_code):
        assert found(search(client, words)) == []


def test_drop_down_shows_the_first_eight(client, place):
    client.force_login(place.leader)
    answer = search(client, "wxm", headers=DROP_DOWN)
    assert len(found(answer)) == 8
    assert answer.context["answer"].found.has_more
    assert "<html" not in answer.content.decode()


def test_drop_down_waits_for_enter_before_it_searches_by_number(client, place):
    client.force_login(place.leader)
    answer = search(client, NUMBER, headers=DROP_DOWN)
    assert "answer" not in answer.context
    assert not AuditEntry.objects.filter(action=actions.NUMBER_SEARCH).exists()
    assert search(client, " ", headers=DROP_DOWN).content == b""


def test_number_searches_are_noted_without_the_number_and_limited(client, place, monkeypatch):
    monkeypatch.setattr(actions, "NUMBER_SEARCHES_PER_HOUR", 2)
    client.force_login(place.manager)
    assert [search(client, NUMBER).status_code for _ in range(3)] == [200, 200, 429]
    assert search(client, "0007").status_code == 200
    notes = AuditEntry.objects.filter(action=actions.NUMBER_SEARCH, actor=place.manager)
    assert [(note.subject_id, note.reason, note.detail) for note in notes] == [(place.manager.pk, "", {})] * 2
    AuditEntry.objects.update(at=timezone.now() - dt.timedelta(hours=1))
    assert found(search(client, NUMBER)) == [7]


def test_group_heads_its_members(client, place):
    Customer.objects.filter(pk=4).update(group=GroupAccount.objects.get())
    client.force_login(place.clerk)
    answer = search(client, "第一中学")
    assert found(answer) == [1, 4]
    assert "江城第一中学" in answer.content.decode()


def test_texts_are_found_with_their_passage_and_numbers_masked(client, place):
    ServiceLog.objects.create(
        customer_id=4, served_at=timezone.now(), content=f"机主{NUMBER}来电反映家庭套餐太贵", source_key="s"
    )
    Contact.objects.create(
        customer_id=3, started_at=timezone.now(), ended_at=timezone.now(), outcome="thinking", note="家庭套餐,西山"
    )
    client.force_login(place.manager)
    answer = search(client, "文:家庭套餐")
    assert found(answer) == [4, 1]
    page = answer.content.decode()
    assert "138****0007来电反映家庭套餐太贵" in page
    assert NUMBER not in page


@pytest.mark.parametrize("name", ["analyst", "clerk", "auditor"])
def test_texts_find_nothing_for_others(client, place, name):
    client.force_login(getattr(place, name))
    assert found(search(client, "文:家庭套餐")) == []


def test_search_works_before_the_first_night(client, place):
    Run.objects.update(is_current=False)
    client.force_login(place.leader)
    assert found(search(client, "#7")) == [7]
    assert found(search(client, "#7", headers=DROP_DOWN)) == [7]


def test_rows_cost_no_questions(client, place, django_assert_max_num_queries):
    client.force_login(place.leader)
    with django_assert_max_num_queries(13) as of_many:
        assert len(found(search(client, "wxm"))) > 20
    with django_assert_max_num_queries(len(of_many)) as of_one:
        assert len(found(search(client, "U000007"))) == 1
    assert len(of_one) == len(of_many)


def test_outsiders_are_refused(client, place):
    assert search(client, "0007").status_code == 302
    for person in (place.admin, Staff.objects.create(username="api", role="api_client", branch=place.analyst.branch)):
        client.force_login(person)
        assert (client.get(reverse("search")).status_code, search(client, "0007").status_code) == (403, 403)
    assert client.put(reverse("search")).status_code == 405


def test_search_needs_the_token(place):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(place.leader)
    assert search(strict, "0007").status_code == 403


def test_words_longer_than_the_box_are_cut(client, place):
    client.force_login(place.leader)
    assert found(search(client, "王" * 5_000)) == []


@pytest.mark.parametrize(
    ("role", "start"),
    [
        ("phone_manager", "callcenter:desk"),
        ("hall_clerk", "tasks"),
        ("hotline_agent", "tasks"),
        ("account_manager", "tasks"),
        ("api_client", "customers"),
    ],
)
def test_front_door_leads_those_without_an_overview_to_their_job(client, place, role, start):
    client.force_login(Staff.objects.create(username=role, role=role, branch=place.east))
    answer = client.get(reverse("home"))
    assert (answer.status_code, answer.url) == (302, reverse(start))
    assert client.get(answer.url).status_code == 200


# --- the same for programs -----------------------------------------------------------------------


def ask(person, words):
    client = APIClient()
    client.force_authenticate(person)
    return client.post(reverse("api-customer-search"), {"q": words}, format="json")


def test_api_finds_the_same_masked(place):
    answer = ask(place.analyst, "0007")
    (row,) = answer.json()["results"]
    assert (row["customer"]["id"], row["customer"]["msisdn"]) == (7, "138****0007")
    assert row["customer"]["name"].endswith("**")


def test_api_refuses_other_methods_words_and_roles(place):
    client = APIClient()
    client.force_authenticate(place.analyst)
    assert client.get(reverse("api-customer-search")).status_code == 405
    assert (ask(place.analyst, "").status_code, ask(place.analyst, "x" * 65).status_code) == (400, 400)
    assert [ask(person, "0007").status_code for person in (place.clerk, place.admin, None)] == [403, 403, 401]


def test_api_limits_number_searches(place, monkeypatch):
    monkeypatch.setattr(actions, "NUMBER_SEARCHES_PER_HOUR", 1)
    assert [ask(place.analyst, NUMBER).status_code for _ in range(2)] == [200, 429]
