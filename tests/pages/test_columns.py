"""Columns of the list: chosen in the address, allowed by role, the same for page and file."""

import datetime as dt

import pytest
from django.http import QueryDict
from django.urls import reverse

from customers import access
from customers.models import CustomerTag, Standing, Tag
from cvm import cells, columns
from offers.models import Offer

pytestmark = pytest.mark.django_db

USUAL = [column.name for column in columns.COLUMNS if column.is_default]
SECRET = ["average", "band", "code", "cohort", "edge", "entry", "kept", "layer", "nudge", "owner", "revenue", "year"]


@pytest.fixture
def without_value(monkeypatch):
    """Take the right to see value from everybody: no role that reads lists lacks it today."""
    monkeypatch.setitem(access.CAPABILITIES, "customers.see_value", frozenset())


def page(client, query=""):
    return client.get(f"{reverse('customers')}{query}")


def heads(response):
    return [str(head.label) for head in response.context["heads"]]


def labels(*names):
    known = {column.name: str(column.label) for column in columns.COLUMNS}
    return [known[name] for name in names]


def test_every_column_can_be_shown_and_written():
    assert cells.WRITTEN.keys() == {column.name for column in columns.COLUMNS}
    assert cells.SHOWN.keys() <= cells.WRITTEN.keys()


def test_secret_columns_are_those_of_value():
    assert sorted(column.name for column in columns.COLUMNS if column.is_secret) == SECRET


def test_an_address_without_columns_shows_the_usual_ones(client, place):
    client.force_login(place.analyst)
    assert heads(page(client)) == labels(*USUAL)


@pytest.mark.parametrize("query", ["?columns=tenure,band", "?columns=band&columns=tenure"])
def test_columns_of_the_address_are_shown_in_the_order_of_the_table(client, place, query):
    client.force_login(place.analyst)
    response = page(client, query)
    assert heads(response) == labels("band", "tenure")
    assert [len(line) for _row, line in response.context["lines"]] == [2] * 50


@pytest.mark.parametrize("name", ["msisdn", "customer__name", "pk", "band;", "__class__"])
def test_an_unknown_column_is_refused(client, place, name):
    client.force_login(place.analyst)
    assert page(client, f"?columns=stage,{name}").status_code == 400


@pytest.mark.parametrize("name", SECRET)
def test_without_the_right_a_value_column_cannot_be_asked_for(client, place, without_value, name):
    client.force_login(place.analyst)
    assert page(client, f"?columns={name}").status_code == 400


def test_without_the_right_value_is_neither_shown_nor_offered(client, place, without_value):
    client.force_login(place.analyst)
    response = page(client)
    assert set(heads(response)).isdisjoint(labels(*SECRET))
    assert {column.name for column, _chosen in response.context["picker"]}.isdisjoint(SECRET)


def test_choice_stays_in_pager_sorts_chips_and_bar(client, place):
    client.force_login(place.analyst)
    context = page(client, "?columns=stage&columns=score&stage=1&stage=2&stage=3").context
    urls = [context["page"]["next_url"] or "columns=stage,score", context["chips"][0].url]
    urls += [head.url for head in context["heads"] if head.url]
    assert all("columns=stage,score" in url for url in urls)
    assert ("columns", "stage") in context["kept"]


def test_picker_keeps_filters_and_sort_but_not_the_position(client, place):
    client.force_login(place.analyst)
    first = page(client, "?stage=3&sort=-risk").context
    kept = page(client, f"?stage=3&sort=-risk&columns=band&after={first['rows'][0].score}.1").context["picker_kept"]
    assert sorted(kept) == [("sort", "-risk"), ("stage", "3")]


def test_all_columns_at_once_cost_a_fixed_number_of_queries(client, place, django_assert_max_num_queries):
    tag = Tag.objects.create(code="T1", name_zh="家庭", name_en="Family", bit=60)
    for customer in range(1, 40):
        CustomerTag.objects.create(customer_id=customer, tag=tag, starts_on=dt.date(2020, 1, 1), source="test")
    client.force_login(place.analyst)
    with django_assert_max_num_queries(20):
        response = page(client, "?columns=" + ",".join(column.name for column in columns.COLUMNS))
    assert "家庭" in response.content.decode()


def test_cells_say_what_the_night_said(client, place):
    client.force_login(place.manager)
    row, cells_ = page(client, "?columns=name,year,tenure,user_code").context["lines"][0]
    standing = Standing.objects.select_related("customer").get(run=place.run, customer_id=row.customer_id)
    yuan = f"¥{standing.sum12_fen // 100:,}.{standing.sum12_fen % 100:02d}"
    said = [str(cell) for _column, cell in cells_]
    assert said == [standing.customer.name, standing.customer.user_code, yuan, str(standing.tenure_months)]


def test_offer_and_moments_have_names(client, place):
    offer = Offer.objects.order_by("pk").first()
    Standing.objects.filter(run=place.run, customer_id=1).update(offer_id=offer.pk if offer else 0)
    client.force_login(place.analyst)
    moments = {row.customer_id: str(line[0][1]) for row, line in page(client, "?columns=moments").context["lines"]}
    offers = {row.customer_id: str(line[0][1]) for row, line in page(client, "?columns=offer").context["lines"]}
    assert [customer for customer, words in moments.items() if "badge" in words] in ([1], [1, 2], [1, 2, 4])
    assert offers.get(1, str(offer)) == str(offer)


def test_usual_columns_need_no_parameter(place):
    shown = columns.chosen(QueryDict("columns=" + ",".join(USUAL)), user=place.analyst)
    assert columns.parameter(shown, user=place.analyst) == ""
