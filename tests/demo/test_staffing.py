"""Logins from the terminal and from `up`."""

import datetime as dt
import io
import re

import pytest
from django.core.management import CommandError, call_command
from rest_framework.authtoken.models import Token

from callcenter.models import PhoneManager
from customers.models import AuditEntry, Branch, Staff
from cvm import staffing
from cvm.demo import organisation, up

AT = dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree():
    up.make_units()


def run(*arguments):
    out = io.StringIO()
    call_command("staff", *arguments, stdout=out)
    return out.getvalue()


def test_units_are_made_once(tree):
    up.make_units()
    assert Branch.objects.count() == len(organisation.units())
    assert Branch.objects.filter(parent=None).get().code == organisation.BRANCH_CODE


def test_first_login_of_an_empty_installation_makes_the_root_of_the_tree():
    run("create", "wangli", "--role", "analyst")
    run("create", "liwei", "--role", "phone_manager")
    root = Branch.objects.get()
    assert (root.kind, set(root.staff.values_list("username", flat=True))) == (Branch.Kind.BRANCH, {"wangli", "liwei"})


def test_staff_are_made_once_with_every_role(tree):
    up.make_staff(20_000)
    up.make_staff(20_000)
    assert Staff.objects.count() == len(organisation.staff(20_000))
    assert {staff.role for staff in Staff.objects.all()} == set(Staff.Role.values)
    assert PhoneManager.objects.filter(daily_capacity=80).count() == 4


def test_passwords_work_and_are_stored_as_hashes_only(tree):
    up.make_staff(20_000)
    made = {login.username: login for login in up.give_secrets(20_000)}
    analyst = Staff.objects.get(username="analyst")
    assert analyst.check_password(made["analyst"].secret)
    assert made["analyst"].secret not in analyst.password


def test_api_client_has_a_token_and_no_password(tree):
    up.make_staff(20_000)
    made = {login.username: login for login in up.give_secrets(20_000)}
    client = Staff.objects.get(username="api")
    assert not client.has_usable_password()
    assert Token.objects.get(user=client).key == made["api"].secret


def test_secrets_are_given_once(tree):
    up.make_staff(20_000)
    assert {login.role for login in up.give_secrets(20_000)} == set(Staff.Role.values)
    assert up.give_secrets(20_000) == []


def test_create_makes_a_desk_and_leaves_a_trace(tree):
    out = run("create", "wangli", "--role", "phone_manager", "--branch", "YL01", "--employee-no", "PM9")
    staff = Staff.objects.get(username="wangli")
    assert staff.branch.code == "YL01"
    assert staff.phone_manager.employee_no == "PM9"
    assert AuditEntry.objects.filter(action="staff.create", subject_id=staff.pk).count() == 1
    assert staff.check_password(re.findall(r"[A-Za-z0-9]+", out)[-1])


def test_password_replaces_the_old_one(tree):
    staffing.create_staff("wangli", role="analyst", unit="", password="first-secret-1", at=AT)
    out = run("password", "wangli")
    staff = Staff.objects.get(username="wangli")
    assert not staff.check_password("first-secret-1")
    assert staff.check_password(re.findall(r"[A-Za-z0-9]+", out)[-1])


def test_typed_passwords_are_checked(tree, monkeypatch):
    monkeypatch.setattr("getpass.getpass", lambda _prompt: "12345")
    with pytest.raises(CommandError):
        run("create", "wangli", "--role", "analyst", "--ask")
    assert not Staff.objects.filter(username="wangli").exists()


def test_list_names_everybody(tree):
    up.make_staff(20_000)
    assert len(run("list").splitlines()) == len(organisation.staff(20_000))


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "taken", "--role", "analyst"),
        ("create", "new", "--role", "analyst", "--branch", "NOWHERE"),
        ("create", "new", "--role", "phone_manager", "--employee-no", "PM1"),
        ("password", "nobody"),
    ],
)
def test_refusals_are_one_sentence_and_change_nothing(tree, arguments):
    staffing.create_staff("taken", role="phone_manager", unit="", password="first-secret-1", at=AT, employee_no="PM1")
    with pytest.raises(CommandError):
        run(*arguments)
    assert Staff.objects.count() == 1
