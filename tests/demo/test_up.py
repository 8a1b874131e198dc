"""`up` fills an empty database through the real import, once, and touches nobody else's."""

import datetime as dt
import io
import json

import pytest
from django.conf import settings
from django.utils import timezone

from customers.models import Branch, Customer, ImportBatch, ImportReject, MonthlyBill, Staff
from cvm import staffing
from cvm.demo import up
from cvm.demo.scenario import Scenario
from cvm.progress import Progress

pytestmark = pytest.mark.django_db


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    monkeypatch.setattr(type(settings.LOCAL_STACK), "folder", lambda _stack, _name="": tmp_path)
    scenario = Scenario(customers=400, months=8, seed=4, as_of=dt.date(2026, 11, 22))
    monkeypatch.setattr(up, "_scenario", lambda _folder: scenario)
    out = io.StringIO()
    up.prepare(Progress(out))
    return tmp_path, out


def test_prepare_imports_everything_but_the_soiled_rows(prepared):
    folder, _out = prepared
    notes = json.loads((folder / "truth" / "notes.json").read_text())
    assert {batch.status for batch in ImportBatch.objects.all()} == {"committed"}
    assert ImportReject.objects.count() == notes["rows_to_reject"]
    assert sum(batch.rows_duplicate for batch in ImportBatch.objects.all()) == notes["identical_copies"]
    assert Customer.objects.filter(manager__isnull=False).values("manager").distinct().count() == 4
    assert MonthlyBill.objects.values("month").distinct().count() == 8


def test_prepare_again_changes_nothing(prepared):
    _folder, out = prepared
    before = (Customer.objects.count(), Staff.objects.count(), ImportBatch.objects.count())
    up.prepare(Progress(out))
    assert (Customer.objects.count(), Staff.objects.count(), ImportBatch.objects.count()) == before


def test_nobody_can_log_in_before_the_passwords_are_shown(prepared):
    assert not any(staff.has_usable_password() for staff in Staff.objects.all())


def test_logins_are_shown_once(prepared):
    _folder, out = prepared
    progress = Progress(out)
    up._say_logins(progress)
    up._say_logins(progress)
    rows = [line.split() for line in out.getvalue().splitlines() if " 电话经理" in line or " 系统管理员" in line]
    secrets = {row[-3]: row[-2] for row in rows}
    assert out.getvalue().count(" analyst ") == 1
    assert out.getvalue().count(" api ") == 1
    assert {name for name in secrets if Staff.objects.get(username=name).check_password(secrets[name])} == set(secrets)


def test_logins_of_an_interrupted_first_start_are_shown_by_the_next(prepared):
    _folder, out = prepared
    up.prepare(Progress(out))
    up._say_logins(Progress(out))
    assert out.getvalue().count(" analyst ") == 1


def test_a_password_somebody_was_given_is_left_alone(prepared):
    _folder, out = prepared
    staffing.give_password("hall", password="tea at nine 42 o'clock", at=timezone.now())
    up._say_logins(Progress(out))
    assert " hall " not in out.getvalue()
    assert Staff.objects.get(username="hall").check_password("tea at nine 42 o'clock")


def test_a_branch_with_its_own_customers_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(type(settings.LOCAL_STACK), "folder", lambda _stack, _name="": tmp_path)
    county = Branch.objects.create(code="X", name="X", kind=Branch.Kind.COUNTY)
    Customer.objects.create(id=1, user_code="1", msisdn="15400000001", join_date=dt.date(2020, 1, 1), county=county)
    up.prepare(Progress(io.StringIO()))
    assert (Customer.objects.count(), Staff.objects.count()) == (1, 0)
    assert list(tmp_path.iterdir()) == []
