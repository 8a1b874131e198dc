"""The API: same doors, filters and masks as the pages."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.urls import reverse
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from callcenter.tests.branch import build_branch
from customers.actions import set_do_not_disturb
from customers.models import Branch, Customer, Rollup, Staff

pytestmark = pytest.mark.django_db

ALLOWED = {
    "/api/v1/customers/": {"analyst", "phone_manager", "team_leader", "auditor", "api_client"},
    "/api/v1/standings/": {"analyst", "phone_manager", "team_leader", "auditor", "api_client"},
    "/api/v1/segments/counts/?kind=band_stage": {"analyst", "phone_manager", "team_leader", "auditor", "api_client"},
    "/api/v1/runs/": {"analyst", "admin", "auditor", "api_client"},
    "/api/v1/queue/": {"phone_manager"},
}


@pytest.fixture
def branch():
    return build_branch()


def client_of(user: Staff) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.get_or_create(user=user)[0].key}")
    return client


@pytest.mark.parametrize("role", Staff.Role.values)
@pytest.mark.parametrize("address", ALLOWED)
def test_api_allows_exactly_the_roles_of_the_matrix(branch, role, address):
    user = branch.staff("someone", role)

    status = client_of(user).get(address).status_code

    assert status == (200 if role in ALLOWED[address] else 403)


@pytest.mark.parametrize("address", ALLOWED)
def test_api_refuses_strangers_and_writes(branch, address):
    user = branch.staff("reader", Staff.Role.API_CLIENT)

    assert APIClient().get(address).status_code == 401
    assert client_of(user).post(address, {}).status_code in (403, 405)


def test_customer_is_masked_and_outsiders_get_404(branch):
    mine, other = branch.manager("mine"), branch.manager("other")
    customer = branch.customer(mine)
    branch.standing(customer)

    seen = client_of(mine).get(f"/api/v1/customers/{customer.pk}/")
    unseen = client_of(other).get(f"/api/v1/customers/{customer.pk}/")

    assert seen.json()["msisdn"] == f"138****{customer.msisdn[-4:]}"
    assert unseen.status_code == 404
    assert client_of(other).get(f"/api/v1/standings/{customer.pk}/").status_code == 404


def test_api_client_sees_no_names(branch):
    customer = branch.customer(branch.manager())
    reader = branch.staff("reader", Staff.Role.API_CLIENT)

    answer = client_of(reader).get("/api/v1/customers/")

    assert answer.json()["results"][0]["name"] == f"{customer.name[0]}**"
    assert customer.name not in answer.content.decode()
    assert customer.msisdn not in answer.content.decode()


def test_standings_take_the_filters_of_the_list(branch):
    manager = branch.manager()
    high, low = branch.customer(manager), branch.customer(manager)
    branch.standing(high, band=5, kept_fen=900_00)
    branch.standing(low, band=2, kept_fen=100_00)
    client = client_of(branch.staff("analyst", Staff.Role.ANALYST))

    rows = client.get("/api/v1/standings/?band=5").json()["results"]
    people = client.get("/api/v1/customers/?band=5").json()["results"]

    assert [row["customer"] for row in rows] == [high.pk]
    assert [person["id"] for person in people] == [high.pk]
    assert client.get("/api/v1/standings/?band=99").status_code == 400
    assert client.get("/api/v1/customers/?band=99").status_code == 400


def test_standings_page_by_key_without_gaps_or_repeats(branch):
    manager = branch.manager()
    for number in range(7):
        branch.standing(branch.customer(manager), kept_fen=500_00 + number // 3)
    client, found, url = client_of(manager), [], "/api/v1/standings/?limit=2"

    while url:
        page = client.get(url).json()
        found += [row["customer"] for row in page["results"]]
        url = page["next"]

    assert sorted(found) == list(range(1, 8))
    assert found[0] == 7


def test_standings_cost_the_same_queries_for_one_and_three(branch, django_assert_num_queries):
    manager = branch.manager()
    client = client_of(manager)
    branch.standing(branch.customer(manager))
    client.get("/api/v1/standings/")
    with django_assert_num_queries(3):  # token, published run, standings
        client.get("/api/v1/standings/")
    for _ in range(2):
        branch.standing(branch.customer(manager))
    with django_assert_num_queries(3):
        client.get("/api/v1/standings/")


def test_segment_counts_are_scoped_to_the_counties_of_the_caller(branch):
    elsewhere = Branch.objects.create(code="C2", name="城西", kind=Branch.Kind.COUNTY, parent=branch.root)
    for county, number in ((branch.county, 3), (elsewhere, 4)):
        Rollup.objects.create(
            run=branch.run, kind="band_stage", county_id=county.pk, row=5, column=3, customers=number, revenue_fen=1
        )
    local = branch.staff("local", Staff.Role.ANALYST)
    overall = branch.staff("overall", Staff.Role.ANALYST, branch.root)

    address = "/api/v1/segments/counts/?kind=band_stage"

    assert client_of(local).get(address).json()["cells"] == [{"row": 5, "column": 3, "customers": 3, "revenue_fen": 1}]
    assert client_of(overall).get(address).json()["cells"][0]["customers"] == 7
    assert client_of(local).get("/api/v1/segments/counts/?kind=nonsense").status_code == 400


def test_queue_is_the_callers_own_without_do_not_disturb(branch, now):
    mine, other = branch.manager("mine"), branch.manager("other")
    first, second = branch.queued(mine, 2)
    branch.queued(other, 1)
    set_do_not_disturb(first.customer, by=mine, at=now, source="test")

    rows = client_of(mine).get("/api/v1/queue/").json()["results"]

    assert [row["customer"] for row in rows] == [second.customer_id]


@pytest.fixture
def now():
    from django.utils import timezone

    return timezone.now()


def test_schema_is_valid_and_names_every_endpoint(capsys):
    call_command("spectacular", "--validate", "--fail-on-warn")

    schema = capsys.readouterr().out

    for address in ("/api/v1/customers/", "/api/v1/standings/", "/api/v1/runs/", "/api/v1/queue/"):
        assert f"  {address}:" in schema


def test_docs_page_needs_no_other_machine(branch, client):
    client.force_login(branch.staff("reader", Staff.Role.API_CLIENT))

    page = client.get(reverse("api-docs")).content.decode()

    assert "https://" not in page
    assert "swagger-ui" in page


def test_api_before_the_first_night_is_empty_not_broken(branch):
    branch.run.__class__.objects.update(is_current=False)
    client = client_of(branch.staff("analyst", Staff.Role.ANALYST))

    assert client.get("/api/v1/standings/").json()["results"] == []
    assert client.get("/api/v1/segments/counts/?kind=state").status_code == 404
    assert Customer.objects.count() == 0
