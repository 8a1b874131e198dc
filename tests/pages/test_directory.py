"""The customer list: filters, exact counts, pages by position, masks, scope."""

import pytest
from django.urls import reverse

from customers.models import Customer, Need, NeedKind, Run, Standing
from lifecycle.models import MomentKind

pytestmark = pytest.mark.django_db


def ids(client, **query):
    response = client.get(reverse("customers"), query)
    assert response.status_code == 200
    return [row.customer_id for row in response.context["rows"]]


def count(client, **query):
    return client.get(reverse("customers"), query).context["number"]


@pytest.mark.parametrize("sort", ["-kept", "-value", "-risk", "tenure"])
def test_pages_show_everybody_once_in_order(client, place, sort):
    client.force_login(place.analyst)
    url, seen = f"{reverse('customers')}?sort={sort}", []
    while url:
        context = client.get(url).context
        seen += [row.customer_id for row in context["rows"]]
        url = context["page"]["next_url"]
    fields = {"-kept": "-kept_fen", "-value": "-cum3_fen", "-risk": "-churn_ppm", "tenure": "tenure_months"}
    expected = Standing.objects.filter(run=place.run).order_by(fields[sort], "customer_id")
    assert seen == list(expected.values_list("customer_id", flat=True))


def test_previous_leads_back_to_the_same_page(client, place):
    client.force_login(place.analyst)
    first = client.get(reverse("customers"))
    second = client.get(first.context["page"]["next_url"])
    back = client.get(second.context["page"]["previous_url"])
    assert [r.customer_id for r in back.context["rows"]] == [r.customer_id for r in first.context["rows"]]


def test_filters_combine_and_count_exactly(client, place):
    client.force_login(place.analyst)
    wanted = {"band": 4, "warning": 3, "county": place.east.pk}
    rows = Standing.objects.filter(run=place.run, band=4, warning=3, county_id=place.east.pk)
    assert count(client, **wanted) == rows.count()
    assert set(ids(client, **wanted)) == set(rows.values_list("customer_id", flat=True))


def test_two_values_of_one_filter_mean_either(client, place):
    client.force_login(place.analyst)
    assert count(client, band=[4, 5]) == Standing.objects.filter(run=place.run, band__in=[4, 5]).count()


def test_off_network_filter(client, place):
    client.force_login(place.analyst)
    assert count(client, in_network=0) == Standing.objects.filter(run=place.run, band=0).count()


def test_moment_filter_finds_those_with_the_moment(client, place):
    client.force_login(place.analyst)
    code = MomentKind.objects.order_by("bit").first().code
    assert sorted(ids(client, moment=code)) == [1, 2, 4]
    assert ids(client, moment="ZZ") == []


def test_only_the_published_run_is_shown(client, place):
    Run.objects.update(is_current=False)
    client.force_login(place.analyst)
    assert client.get(reverse("customers")).context["is_before_first_night"]


def test_a_phone_manager_sees_the_own_portfolio_only(client, place):
    client.force_login(place.manager)
    everybody = Standing.objects.filter(run=place.run)
    assert count(client) == everybody.filter(manager_id=place.manager.pk).count()
    assert (
        count(client, county=place.west.pk)
        == everybody.filter(manager_id=place.manager.pk, county_id=place.west.pk).count()
    )


def test_a_foreign_county_is_empty(client, place):
    client.force_login(place.east_analyst)
    assert count(client, county=place.west.pk) == 0
    assert ids(client, county=place.west.pk) == []


def test_nobody_is_searched_by_address(client, place):
    client.force_login(place.manager)
    assert client.get(reverse("customers"), {"q": "13800130007"}).status_code == 400


def test_numbers_and_names_are_masked(client, place):
    client.force_login(place.analyst)
    html = client.get(reverse("customers")).content.decode()
    assert "138****0007" in html
    for customer in Customer.objects.all():
        assert customer.msisdn not in html
        assert customer.name not in html


def test_permitted_roles_see_names_but_never_numbers(client, place):
    client.force_login(place.manager)
    html = client.get(reverse("customers")).content.decode()
    assert Customer.objects.get(pk=1).name in html
    assert Customer.objects.get(pk=1).msisdn not in html


@pytest.mark.parametrize("query", ["band=x", "band=99", "county=abc", "in_network=perhaps", "stage=-1"])
def test_an_unknown_value_is_said_not_guessed(client, place, query):
    client.force_login(place.analyst)
    assert client.get(f"{reverse('customers')}?{query}").status_code == 400


@pytest.mark.parametrize("cursor", ["x", "1", "1.x", f"{10**30}.1", f"1.{10**30}"])
def test_a_broken_position_is_not_found(client, place, cursor):
    client.force_login(place.analyst)
    assert client.get(reverse("customers"), {"after": cursor}).status_code == 404


def test_htmx_gets_the_result_only(client, place):
    client.force_login(place.analyst)
    response = client.get(reverse("customers"), headers={"HX-Request": "true"})
    assert next(template.name for template in response.templates) == "customers/_result.html"


def test_wrong_role_stranger_and_method(client, place):
    assert client.get(reverse("customers")).status_code == 302
    client.force_login(place.clerk)
    assert client.get(reverse("customers")).status_code == 403
    client.force_login(place.analyst)
    assert client.post(reverse("customers")).status_code == 405


def queries(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(14) as context:
        client.get(reverse("customers"))
    return len(context)


def test_list_needs_as_many_queries_for_one_row_as_for_three(client, place, django_assert_max_num_queries):
    client.force_login(place.east_analyst)
    in_east = Standing.objects.filter(run=place.run, county_id=place.east.pk)
    keep = list(in_east.values_list("customer_id", flat=True)[:3])
    in_east.exclude(customer_id__in=keep).delete()
    of_three = queries(client, django_assert_max_num_queries)
    in_east.exclude(customer_id=keep[0]).delete()
    assert queries(client, django_assert_max_num_queries) == of_three


def test_nobody_found_says_what_to_do(client, place):
    client.force_login(place.analyst)
    response = client.get(reverse("customers"), {"moment": "nothing"})
    assert response.context["number"] == 0
    assert "_empty.html" in [template.name for template in response.templates]


def test_empty_fields_of_the_form_are_no_filters(client, place):
    client.force_login(place.analyst)
    response = client.get(f"{reverse('customers')}?band=&stage=4&county=", headers={"HX-Request": "true"})
    assert response.context["number"] == Standing.objects.filter(run=place.run, stage=4).count()
    assert response["HX-Push-Url"] == f"{reverse('customers')}?stage=4"


def test_chip_speaks_codes_of_needs_and_moments_in_words(client, place):
    kind = NeedKind.objects.order_by("pk").first()
    moment = MomentKind.objects.order_by("bit").first()
    client.force_login(place.analyst)

    chips = client.get(reverse("customers"), {"need": f"{kind.code}:applied", "moment": moment.code}).context["chips"]

    assert [chip.value for chip in chips] == [moment.name, f"{kind.name} · {Need.Status.APPLIED.label}"]
