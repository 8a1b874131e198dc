"""Saved views: names for addresses of the list, own or shared with the branch."""

import pytest
from django.urls import reverse

from customers import access
from customers.models import SavedView
from cvm.directory import saved_views

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst(client, place):
    client.force_login(place.analyst)
    return place.analyst


def save(client, name="Mid in decline", query="band=4&stage=4", **more):
    return client.post(reverse("saved-view-save"), {"name": name, "query": query, **more})


def menu(client):
    return client.get(reverse("customers")).context["views"]


def test_a_saved_view_opens_its_address(client, analyst):
    answer = save(client, query="band=4&sort=-risk&columns=stage,score")
    assert answer.url == f"{reverse('customers')}?band=4&sort=-risk&columns=stage,score"
    assert [(entry.name, entry.url) for entry in menu(client)] == [("Mid in decline", answer.url)]
    assert client.get(answer.url).context["views"][0].is_current


def test_what_the_list_does_not_know_is_dropped_and_said(client, analyst):
    answer = save(client, query="band=4&colour=red&stage=99&columns=stage,secret&after=12.1&q=13800130007&sort=wild")
    assert SavedView.objects.get().query == "band=4&columns=stage"
    said = [str(message) for message in client.get(answer.url).context["messages"]]
    assert any(all(name in words for name in ("colour", "stage", "secret", "q", "sort")) for words in said)
    assert not any("13800130007" in words for words in said)


def test_a_position_is_dropped_in_silence(client, analyst):
    save(client, query="band=4&after=12.1")
    assert SavedView.objects.get().query == "band=4"


def test_saving_under_the_same_name_replaces_the_view(client, analyst):
    save(client)
    save(client, query="band=5")
    assert [view.query for view in SavedView.objects.all()] == ["band=5"]


def test_the_branch_sees_shared_views_only(client, place, analyst):
    save(client, name="ours", is_shared="on")
    save(client, name="mine")
    client.force_login(place.auditor)  # the same branch
    assert [(entry.name, entry.owner) for entry in menu(client)] == [("ours", str(analyst))]
    client.force_login(place.east_analyst)  # another branch
    assert menu(client) == []


def test_a_shared_view_asks_for_nothing_its_reader_may_not_see(client, place, analyst, monkeypatch):
    save(client, name="ours", query="band=4&stage=4&columns=band,stage", is_shared="on")
    monkeypatch.setitem(access.CAPABILITIES, "customers.see_value", frozenset({"analyst"}))
    client.force_login(place.auditor)
    assert [entry.url for entry in menu(client)] == [f"{reverse('customers')}?stage=4&columns=stage"]


def test_own_views_are_renamed_shared_and_deleted(client, analyst):
    save(client)
    view = SavedView.objects.get()
    client.post(reverse("saved-view-rename"), {"view": view.pk, "name": "new", "is_shared": "on"})
    view.refresh_from_db()
    assert (view.name, view.is_shared, view.query) == ("new", True, "band=4&stage=4")
    client.post(reverse("saved-view-delete"), {"view": view.pk})
    assert not SavedView.objects.exists()


def test_a_taken_name_is_refused(client, analyst):
    save(client, name="one")
    save(client, name="two")
    second = SavedView.objects.get(name="two")
    answer = client.post(reverse("saved-view-rename"), {"view": second.pk, "name": "one"})
    assert answer.status_code == 400
    assert sorted(SavedView.objects.values_list("name", flat=True)) == ["one", "two"]


@pytest.mark.parametrize("deed", ["saved-view-rename", "saved-view-delete"])
def test_views_of_others_do_not_exist(client, place, analyst, deed):
    save(client, is_shared="on")
    view = SavedView.objects.get()
    client.force_login(place.auditor)
    assert client.post(reverse(deed), {"view": view.pk, "name": "stolen"}).status_code == 404
    assert client.post(reverse(deed), {"view": "x", "name": "stolen"}).status_code == 404
    assert SavedView.objects.get().name == "Mid in decline"


@pytest.mark.parametrize("name", ["", "x" * 65])
def test_a_view_needs_a_name_that_fits(client, analyst, name):
    assert save(client, name=name).status_code == 400
    assert not SavedView.objects.exists()


def test_nobody_keeps_more_views_than_a_menu_holds(client, analyst, monkeypatch):
    monkeypatch.setattr(saved_views, "MOST_VIEWS", 2)
    assert [save(client, name=str(number)).status_code for number in range(3)] == [302, 302, 400]
    assert save(client, name="0", query="band=5").status_code == 302  # an own one can still be replaced


def test_page_of_views_asks_as_much_for_one_as_for_three(client, place, analyst, django_assert_max_num_queries):
    def queries():
        with django_assert_max_num_queries(14) as context:
            client.get(reverse("saved-views"))
        return len(context)

    save(client, name="1")
    client.get(reverse("saved-views"))
    one = queries()
    save(client, name="2", is_shared="on")
    save(client, name="3")
    client.get(reverse("saved-views"))
    assert queries() == one
