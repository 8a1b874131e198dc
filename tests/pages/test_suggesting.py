"""Suggested needs: made once from the night's data, kept while the sign holds, at rest after somebody said no."""

import datetime as dt

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django_celery_beat.models import PeriodicTask

from callcenter.models import Contact
from customers import blocks
from customers.history import FACTS, HAS_BILL
from customers.models import Bundle, Complaint, Customer, MonthlyBill, Need, NeedKind, Run, ServiceLog, Staff
from customers.need_signs import SignTerms
from customers.tests.people import NOW
from cvm.needs import tasks
from cvm.needs.suggesting import RESTS, suggest
from tests.pages import branch

pytestmark = pytest.mark.django_db


@pytest.fixture
def night(place, monkeypatch):
    """A branch whose packed history says that everybody got their bills, and about whom nobody wrote anything."""

    def history(cursor, bucket, ids, *, month, months):
        found = {fact: np.zeros((months, len(ids)), np.int32) for fact in FACTS}
        found["flags"][:] = HAS_BILL
        return found

    monkeypatch.setattr(blocks, "read_history", history)
    monkeypatch.setattr("customers.frames.fold_history", lambda *args, **kwargs: None)
    Customer.objects.update(handset_months=0)
    Complaint.objects.update(category="", content="")
    Contact.objects.update(note="")
    return place.run


def kinds():
    return sorted(Need.objects.values_list("customer", "kind__code"))


def test_signs_become_suggestions_once(night):
    Customer.objects.filter(pk__in=[1, 2]).update(broadband_carrier=2)

    made = [sum(suggest(run=night, at=NOW).values()) for _ in range(2)]

    assert made == [2, 0]
    assert kinds() == [(1, "BROADBAND"), (2, "BROADBAND")]
    assert set(Need.objects.values_list("source", "is_suggested", "status")) == {("data", True, "collected")}


def test_roaming_is_counted_over_the_newest_months(night):
    MonthlyBill.objects.filter(customer=1, month__in=[branch.MONTH, dt.date(2026, 8, 1)]).update(roam_fee_fen=10_00)
    MonthlyBill.objects.filter(customer=2, month__in=[branch.MONTH, dt.date(2026, 7, 1)]).update(roam_fee_fen=10_00)
    MonthlyBill.objects.filter(customer=4).update(roam_fee_fen=9_99)

    suggest(run=night, at=NOW)

    assert kinds() == [(1, "ROAMING")]


def test_handset_contract_answers_the_old_handset(night):
    Customer.objects.filter(pk__in=[1, 2]).update(handset_months=30)
    Bundle.objects.filter(customer=1).update(kind=Bundle.Kind.HANDSET)

    suggest(run=night, at=NOW, terms=SignTerms())

    assert kinds() == [(2, "HANDSET")]


def say(customer, text, *, ago=1, category=""):
    at = NOW - dt.timedelta(days=ago)
    ServiceLog.objects.create(
        customer_id=customer, served_at=at, category=category, content=text, source_key=f"{customer}-{ago}-{text}"
    )


def test_what_agents_complaints_and_notes_say_becomes_suggestions_with_their_words(night):
    say(1, "反映家中信号弱，已派网络测试单")
    say(1, "信号很差", ago=30)
    say(2, "核对近三个月账单，客户认可")
    Complaint.objects.create(
        customer_id=4, case_code="T1", opened_at=NOW - dt.timedelta(days=2), content="宽带装维逾期，要求赔偿"
    )
    Contact.objects.create(
        customer_id=5, staff=Staff.objects.filter(role="phone_manager").first(), started_at=NOW - dt.timedelta(days=3),
        ended_at=NOW - dt.timedelta(days=3), outcome=Contact.Outcome.THINKING, note="下月出国，问国际漫游怎么开",
    )  # fmt: skip

    made = [sum(suggest(run=night, at=NOW).values()) for _ in range(2)]

    assert made == [3, 0]
    assert list(Need.objects.order_by("customer").values_list("customer", "kind__code", "words")) == [
        (1, "NETWORK", "反映家中信号弱，已派网络测试单"),
        (4, "BROADBAND", "宽带装维逾期，要求赔偿"),
        (5, "ROAMING", "下月出国，问国际漫游怎么开"),
    ]
    assert set(Need.objects.values_list("source", "is_suggested", "status")) == {("data", True, "collected")}


def test_a_text_counts_for_ninety_days_and_of_an_alias_for_the_main_record(night):
    say(2, "掉线", ago=89)
    say(4, "掉线", ago=91)
    say(5, "掉线", ago=-2)
    Customer.objects.filter(pk=2).update(merged_into_id=1)

    suggest(run=night, at=NOW)
    assert kinds() == [(1, "NETWORK")]

    ServiceLog.objects.all().delete()
    suggest(run=night, at=NOW)
    assert kinds() == []


def test_untouched_suggestion_goes_with_its_sign_and_a_confirmed_one_stays(night):
    Customer.objects.filter(pk__in=[1, 2]).update(broadband_carrier=2)
    suggest(run=night, at=NOW)
    Need.objects.filter(customer=2).update(is_suggested=False)
    Customer.objects.update(broadband_carrier=1)

    suggest(run=night, at=NOW)

    assert kinds() == [(2, "BROADBAND")]


@pytest.mark.parametrize(("after", "expected"), [(RESTS - dt.timedelta(days=1), 0), (RESTS, 1)])
def test_what_was_closed_rests_half_a_year(night, after, expected):
    Customer.objects.filter(pk=1).update(broadband_carrier=2)
    suggest(run=night, at=NOW)
    Need.objects.update(status="dropped", closed_at=NOW)

    assert sum(suggest(run=night, at=NOW + after).values()) == expected


def test_kind_out_of_use_is_not_suggested(night):
    Customer.objects.filter(pk=1).update(broadband_carrier=2)
    NeedKind.objects.filter(code="BROADBAND").update(is_active=False)

    assert sum(suggest(run=night, at=NOW).values()) == 0


def test_command_and_schedule(night):
    Customer.objects.filter(pk=1).update(broadband_carrier=2)
    call_command("suggest_needs")
    tasks.ensure_schedule()
    tasks.ensure_schedule()

    assert kinds() == [(1, "BROADBAND")]
    assert PeriodicTask.objects.filter(task="cvm.needs.tasks.suggest_needs").count() == 1
    assert tasks.suggest_needs()["BROADBAND"] == 0


def test_command_before_the_first_night(place):
    Run.objects.update(is_current=False)
    with pytest.raises(CommandError):
        call_command("suggest_needs")
