"""One customer: who may see it, what it shows, what it costs."""

import pytest
from django.urls import reverse

from customers.models import Customer, Run, Staff

pytestmark = pytest.mark.django_db


def page(client, pk, **query):
    return client.get(reverse("customer", args=[pk]), query)


def test_page_shows_the_verdicts_with_values_and_policy(client, place):
    client.force_login(place.manager)
    response = page(client, 1)
    kinds = [verdict.kind for verdict in response.context["verdicts"]]
    assert kinds == ["band", "code", "layer", "cohort", "stage", "warning"]
    assert all(verdict.policy for verdict in response.context["verdicts"])


def test_the_bill_table_holds_24_months_with_gaps(client, place):
    client.force_login(place.manager)
    months = page(client, 1).context["months"]
    assert len(months) == 24
    assert [month.total_fen for month in months].count(None) == 1


def test_timeline_is_newest_first_and_can_be_narrowed(client, place):
    client.force_login(place.manager)
    everything = page(client, 1).context["timeline"]
    assert [row.at for row in everything] == sorted((row.at for row in everything), reverse=True)
    assert {row.source for row in everything} == {"event", "complaint", "moment", "contact", "bundle"}
    assert {row.source for row in page(client, 1, show="contact").context["timeline"]} == {"contact"}
    assert {row.source for row in page(client, 1, show="bundle").context["timeline"]} == {"bundle"}
    assert page(client, 1, show="nonsense").context["timeline"] == []


def test_a_customer_out_of_scope_does_not_exist(client, place):
    theirs = Customer.objects.filter(manager=place.other_manager).first().pk
    client.force_login(place.manager)
    assert page(client, theirs).status_code == 404
    client.force_login(place.east_analyst)
    assert page(client, theirs).status_code == 404
    assert page(client, 10**6).status_code == 404


def test_roles_without_the_right_get_403(client, place):
    for person in (place.admin, place.clerk):
        client.force_login(person)
        assert page(client, 1).status_code == 403


def test_strangers_log_in_first(client, place):
    assert page(client, 1).status_code == 302


def test_clear_values_never_reach_the_page(client, place):
    customer = Customer.objects.get(pk=1)
    relative = Customer.objects.get(pk=2)
    client.force_login(place.analyst)
    html = page(client, 1).content.decode()
    assert customer.msisdn not in html
    assert relative.msisdn not in html
    assert customer.name not in html


def test_roles_without_value_rights_see_no_band_code_or_layer(client, place):
    keeper = Staff.objects.create(username="am", role=Staff.Role.ACCOUNT_MANAGER, branch=place.east)
    client.force_login(keeper)
    response = page(client, 1)
    assert [verdict.kind for verdict in response.context["verdicts"]] == ["stage", "warning"]
    html = response.content.decode()
    assert "badge-band" not in html
    assert "code code-" not in html


def test_page_needs_few_queries(client, place, django_assert_max_num_queries):
    client.force_login(place.east_analyst)
    with django_assert_max_num_queries(14):
        page(client, 1)


def test_customer_without_bills_or_night(client, place):
    Run.objects.update(is_current=False)
    client.force_login(place.manager)
    response = page(client, 20)
    assert response.status_code == 200
    assert response.context["standing"] is None
    assert response.context["has_bills"] is False


def test_quiet_customer_says_so(client, place):
    client.force_login(place.manager)
    said = page(client, 2).context["permissions"]
    assert [permission["is_given"] for permission in said] == [False]


@pytest.mark.parametrize(
    ("who", "is_seen"), [("manager", True), ("leader", True), ("analyst", False), ("auditor", False)]
)
def test_notes_are_for_who_speaks_to_customers(client, place, who, is_seen):
    client.force_login(place.people[who])

    content = client.get(reverse("customer", args=[1])).content.decode()

    assert ("想比较一下家庭套餐" in content) == is_seen
