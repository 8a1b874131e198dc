"""Log in, lock out, password, error pages."""

import pytest
from django.urls import reverse

from customers.models import Branch, Staff

pytestmark = pytest.mark.django_db

SECRET = "a long pass phrase 7"


@pytest.fixture
def branch():
    return Branch.objects.create(code="B", name="江城分公司", kind=Branch.Kind.BRANCH)


def person(branch, role, **fields):
    return Staff.objects.create_user(username=role, password=SECRET, role=role, branch=branch, **fields)


def test_login_page_opens_in_chinese(client):
    response = client.get(reverse("login"))
    assert response.status_code == 200
    assert '<html lang="zh-hans"' in response.content.decode()


def test_login_fails_with_a_message(client, branch):
    person(branch, "analyst")
    response = client.post(reverse("login"), {"username": "analyst", "password": "wrong"})
    assert response.status_code == 200
    assert response.context["form"].non_field_errors()


def test_login_is_locked_after_five_failures(client, branch):
    person(branch, "analyst")
    for _attempt in range(5):
        response = client.post(reverse("login"), {"username": "analyst", "password": "wrong"})
    assert response.status_code == 429
    assert "registration/locked.html" in [template.name for template in response.templates]


def test_first_login_points_to_the_password_page(client, branch):
    person(branch, "auditor")
    client.post(reverse("login"), {"username": "auditor", "password": SECRET})
    response = client.get(reverse("password_change"))
    assert len(list(response.context["messages"])) == 1


def test_password_changes_for_every_role(client, branch):
    for role in Staff.Role.values:
        client.force_login(person(branch, role))
        data = {
            "old_password": SECRET,
            "new_password1": "tea at nine 42 o'clock",
            "new_password2": "tea at nine 42 o'clock",
        }
        assert client.post(reverse("password_change"), data).status_code == 302


@pytest.mark.parametrize(
    ("wanted", "landed"), [("/", "callcenter:desk"), ("", "callcenter:desk"), ("/customers/", "customers")]
)
def test_phone_manager_lands_at_the_desk_or_where_they_were_going(client, branch, wanted, landed):
    person(branch, "phone_manager")
    answer = client.post(reverse("login"), {"username": "phone_manager", "password": SECRET, "next": wanted})
    assert answer.url == reverse(landed)


@pytest.mark.parametrize("password", ["short", "1234567890123", "password123"])
def test_weak_password_is_refused_in_the_readers_language(client, branch, password):
    client.force_login(person(branch, "auditor"))
    data = {"old_password": SECRET, "new_password1": password, "new_password2": password}

    errors = client.post(reverse("password_change"), data).context["form"].errors["new_password2"]

    assert [error for error in errors if error.isascii()] == []


def test_logout_needs_a_post(client, branch):
    client.force_login(person(branch, "analyst"))
    assert client.get(reverse("logout")).status_code == 405
    assert client.post(reverse("logout")).status_code == 302


def test_unknown_address_is_a_page_of_ours(client, branch):
    client.force_login(person(branch, "analyst"))
    response = client.get("/nowhere/")
    assert response.status_code == 404
    assert "404.html" in [template.name for template in response.templates]
