"""People who log in: made and given passwords from the terminal, each deed with its trace."""

from __future__ import annotations

import datetime as dt
import secrets

from axes.utils import reset
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from rest_framework.authtoken.models import Token

from callcenter.models import PhoneManager
from customers import audit
from customers.importing.references import root_unit
from customers.models import Branch, Staff

# Without the letters and digits people confuse when they read them aloud.
ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
PASSWORD_LENGTH = 14


class StaffError(ValueError):
    """A staff member cannot be made or found; `code` says why, `value` which one."""

    def __init__(self, code: str, value: str):
        super().__init__(f"{code}: {value}")
        self.code, self.value = code, value


class NameTaken(StaffError):
    """Somebody has this login."""


class NoSuchStaff(StaffError):
    """Nobody has this login."""


class NoSuchUnit(StaffError):
    """The organisation tree has no unit with this code."""


class NumberTaken(StaffError):
    """Another phone manager has this staff number."""


def new_password() -> str:
    """Return a random password of about 81 bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(PASSWORD_LENGTH))


@transaction.atomic
def create_staff(
    username: str,
    *,
    role: str,
    unit: str,
    password: str,
    at: dt.datetime,
    display_name: str = "",
    employee_no: str = "",
) -> Staff:
    """Make a login with exactly one role at a unit; a phone manager gets a desk of 80 calls a day.

    `password` "" makes a login nobody can use with a password (API clients use a token). Raises NameTaken,
    NoSuchUnit, NumberTaken, or Django's ValidationError for a weak password.
    """
    if Staff.objects.filter(username=username).exists():
        raise NameTaken("name_taken", username)
    staff = Staff(username=username, role=role, branch=unit_of(unit), display_name=display_name)
    _set(staff, password)
    staff.save()
    if role == Staff.Role.PHONE_MANAGER:
        _make_desk(staff, employee_no or f"PM{staff.pk:04d}")
    audit.record("staff.create", actor=None, at=at, subject=staff, role=role, unit=unit)
    return staff


@transaction.atomic
def give_password(username: str, *, password: str, at: dt.datetime) -> Staff:
    """Replace a forgotten password and lift the lock that failed attempts left; raises NoSuchStaff."""
    staff = Staff.objects.select_for_update().filter(username=username).first()
    if staff is None:
        raise NoSuchStaff("no_such_staff", username)
    _set(staff, password)
    staff.save(update_fields=["password"])
    reset(username=username)
    audit.record("staff.password", actor=None, at=at, subject=staff)
    return staff


def token_of(staff: Staff) -> str:
    """Return a new token of an API client; the old one stops working."""
    Token.objects.filter(user=staff).delete()
    return str(Token.objects.create(user=staff).key)


def unit_of(code: str) -> Branch:
    """Return the unit with a code, or the root of the tree for "" (made in an empty installation); raises NoSuchUnit."""
    unit = Branch.objects.filter(code=code).first() if code else root_unit()
    if unit is None:
        raise NoSuchUnit("no_such_unit", code)
    return unit


def _set(staff: Staff, password: str) -> None:
    if password:
        validate_password(password, staff)
        staff.set_password(password)
    else:
        staff.set_unusable_password()


def _make_desk(staff: Staff, employee_no: str) -> None:
    if PhoneManager.objects.filter(employee_no=employee_no).exists():
        raise NumberTaken("number_taken", employee_no)
    PhoneManager.objects.create(staff=staff, employee_no=employee_no)
