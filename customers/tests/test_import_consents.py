"""Consent comes with the profile: given, refused, or never said."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.utils import timezone

from customers.models import Consent, Customer

pytestmark = pytest.mark.django_db

HEAD = "用户编码,手机号码,归属县市,入网时间,外呼授权,短信授权\n"
TWO = "U1,13800000001,城东,2020-01-01,{call},不同意\nU2,13800000002,城东,2020-01-01,未表态,\n"


@pytest.fixture
def take_in(tmp_path):
    def profiles(text, name="客户资料.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="gb18030")
        call_command("import", str(path), verbosity=0)

    return profiles


def said() -> dict[tuple[str, str], bool]:
    rows = Consent.objects.values_list("customer__user_code", "channel", "is_given")
    return {(code, channel): given for code, channel, given in rows}


def test_consents_are_given_refused_or_silent(take_in):
    take_in(HEAD + TWO.format(call="同意"))

    assert said() == {("U1", "call"): True, ("U1", "sms"): False}


def test_consents_follow_a_later_file(take_in):
    take_in(HEAD + TWO.format(call="同意"))
    take_in(HEAD + TWO.format(call="不同意"), "客户资料2.csv")

    assert said() == {("U1", "call"): False, ("U1", "sms"): False}


def test_consents_said_to_us_outrank_a_file(take_in):
    take_in(HEAD + TWO.format(call="未表态"))
    customer = Customer.objects.get(user_code="U1")
    Consent.objects.create(customer=customer, channel="call", is_given=False, said_at=timezone.now(), source="desk")

    take_in(HEAD + TWO.format(call="同意"), "客户资料2.csv")

    assert said()["U1", "call"] is False


def test_file_without_the_columns_wipes_nothing(take_in):
    take_in(HEAD + TWO.format(call="同意"))
    take_in("用户编码,手机号码,归属县市,入网时间\nU1,13800000001,城东,2020-01-02\n", "客户资料3.csv")

    assert said() == {("U1", "call"): True, ("U1", "sms"): False}


def test_app_messages_have_a_word_of_their_own(take_in):
    take_in("用户编码,手机号码,归属县市,入网时间,APP消息授权\nU1,13800000001,城东,2020-01-01,同意\n")

    assert said() == {("U1", "app"): True}
