"""What the gate says about the message of a task: service or marketing by its kind."""

import datetime as dt

import pytest

from callcenter.models import Dispatch
from callcenter.tests.branch import NOW
from callcenter.tests.test_task_actions import task_of
from callcenter.verdicts import message_verdict
from customers.models import Consent, DoNotDisturb
from retention.policies import contact_terms_of, live_contact_policy


@pytest.fixture
def customer(branch):
    return branch.customer(branch.manager())


def said(customer, code, *, at=NOW):
    channel = {"channel": "sms", "owner_role": "system", "owner_id": None}
    task = Dispatch.objects.filter(customer=customer, kind__code=code, status="open").first()
    return str(message_verdict(task or task_of(customer, code, int(code[1]), is_lead=False, **channel), at=at).rule)


def sent(customer, code, *, number):
    for day in range(1, number + 1):
        at = NOW - dt.timedelta(days=day)
        values = {"status": "closed", "result": "sent", "closed_at": at, "is_lead": False}
        task_of(customer, code, int(code[1]), channel="sms", **values)


@pytest.mark.parametrize(
    ("code", "rule"), [("A8", "allowed"), ("A9", "allowed"), ("C8", "allowed"), ("C1", "no_consent")]
)
def test_service_needs_no_consent(customer, code, rule):
    assert said(customer, code) == rule


def test_service_is_not_stopped_by_the_cap_and_does_not_count_in_it(customer):
    Consent.objects.create(customer=customer, channel="sms", is_given=True, said_at=NOW, source="test")
    cap = contact_terms_of(live_contact_policy()).message_cap

    sent(customer, "A9", number=cap)
    assert said(customer, "C1") == "allowed"
    sent(customer, "B1", number=cap)
    assert (said(customer, "C1"), said(customer, "A8")) == ("monthly_cap", "allowed")


@pytest.mark.parametrize(("scope", "rule"), [(1, "allowed"), (2, "contact_dnd")])
def test_no_contact_at_all_binds_service_no_marketing_does_not(customer, scope, rule):
    DoNotDisturb.objects.create(customer=customer, scope=scope, starts_at=NOW - dt.timedelta(days=1), source="t")

    assert said(customer, "A8") == rule


def test_quiet_hours_bind_service(customer):
    assert said(customer, "A8", at=NOW.replace(hour=17)) == "quiet_hours"
