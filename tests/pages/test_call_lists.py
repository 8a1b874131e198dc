"""Call lists as pages: from any list to the desk, and who may open and close them."""

from __future__ import annotations

import pytest
from django.urls import reverse

from callcenter.models import CallList, QueueItem
from customers.models import Consent, Standing
from cvm.directory import list_url

pytestmark = pytest.mark.django_db

WORDS = {"name": "宽带回访", "why": "问一问家庭宽带", "days": "5"}


@pytest.fixture
def callable_place(place):
    Consent.objects.all().delete()
    Consent.objects.bulk_create(
        Consent(customer_id=pk, channel="call", is_given=True, said_at=place.run.started_at, source="test")
        for pk in Standing.objects.filter(run=place.run).values_list("customer_id", flat=True)
    )
    return place


def make(client, person, query="band=4", **changes):
    client.force_login(person)
    return client.post(reverse("call-list-make"), WORDS | {"query": query} | changes, follow=True)


def test_list_of_the_page_becomes_calls_of_its_customers(client, callable_place):
    place = callable_place
    answer = make(client, place.analyst)

    made = CallList.objects.get()
    listed = Standing.objects.filter(run=place.run, band=4)
    assert made.chosen == listed.count() == client.get(list_url(band=4)).context["number"]
    assert made.entries.count() + sum(made.left_out.values()) == made.chosen
    queued = QueueItem.objects.filter(run=place.run, call_list=made)
    assert set(queued.values_list("customer_id", "manager_id")) == set(
        listed.filter(customer__in=made.entries.values("customer")).values_list("customer_id", "manager_id")
    )
    assert answer.redirect_chain[-1][0] == reverse("call-list", args=[made.pk])
    assert client.get(list_url(call_list=made.pk)).context["number"] == made.entries.count()


def test_scope_of_the_maker_is_the_scope_of_the_list(client, callable_place):
    make(client, callable_place.manager, query="in_network=1")

    entries = CallList.objects.get().entries
    assert set(entries.values_list("customer__manager", flat=True)) == {callable_place.manager.pk}


@pytest.mark.parametrize(("changes", "word"), [({"name": ""}, ""), ({"days": "99"}, ""), ({"query": "band=99"}, "")])
def test_bad_input_makes_nothing_and_says_so(client, callable_place, changes, word):
    answer = make(client, callable_place.analyst, **changes)

    assert CallList.objects.count() == 0
    assert list(answer.context["messages"])


def test_list_nobody_of_which_may_be_called_says_why(client, callable_place):
    Consent.objects.all().delete()
    answer = make(client, callable_place.analyst)

    assert CallList.objects.count() == 0
    assert [message.level_tag for message in answer.context["messages"]] == ["error"]


def test_only_those_with_customers_in_it_open_a_list(client, callable_place):
    place = callable_place
    make(client, place.analyst, query=f"county={place.east.pk}")
    address = reverse("call-list", args=[CallList.objects.get().pk])

    status = {}
    for name in ("analyst", "manager", "other_manager", "leader", "auditor"):
        client.force_login(place.people[name])
        status[name] = client.get(address).status_code
        in_list = CallList.objects.get().name in client.get(reverse("call-lists")).content.decode()
        assert in_list == (status[name] == 200)
    assert status == {"analyst": 200, "manager": 200, "other_manager": 404, "leader": 200, "auditor": 200}


def test_maker_and_leader_close_it_nobody_else(client, callable_place):
    place = callable_place
    make(client, place.analyst)
    address = reverse("call-list-close", args=[CallList.objects.get().pk])
    client.force_login(place.manager)
    assert client.post(address).status_code == 403
    client.force_login(place.leader)
    assert client.post(address).status_code == 302
    assert CallList.objects.get().closed_by == place.leader
    assert not QueueItem.objects.filter(call_list__isnull=False, status="pending").exists()


def test_lists_ask_as_often_for_three_as_for_one(client, callable_place, django_assert_num_queries):
    make(client, callable_place.analyst, name="one")
    client.get(reverse("call-lists"))
    with django_assert_num_queries(5):
        client.get(reverse("call-lists"))
    for name in ("two", "three"):
        make(client, callable_place.analyst, name=name)
    with django_assert_num_queries(5):
        assert len(client.get(reverse("call-lists")).context["rows"]) == 3
