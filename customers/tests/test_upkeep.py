"""Fields verified and corrected with the customer: what is stored, what is refused, what the panel shows."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers import need_actions, upkeep_actions, verified
from customers.contact_panel import known
from customers.models import AuditEntry, Customer, Event, FieldCheck
from customers.tests.people import NOW, TODAY, customer, staff
from customers.upkeep_actions import StaleAnswer
from customers.verified import BadAnswer, NotCorrectable

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def manager(db):
    return staff()


def correct(whom, field, answer, *, by, at=NOW, seen=None):
    return upkeep_actions.correct(whom, field=field, answer=answer, by=by, at=at, seen=seen)


@pytest.mark.parametrize(
    ("field", "answer", "value"),
    [
        ("birth_date", "1985-03-27", dt.date(1985, 3, 27)),
        ("birth_date", "2026-11-23", TODAY),
        ("broadband_carrier", "0", 0),
        ("dual_sim", "4", 4),
        ("gender", "2", 2),
        ("occupation", " 教师 ", "教师"),
    ],
)
def test_answer_is_read(field, answer, value):
    assert verified.parse(field, answer, today=TODAY) == value


@pytest.mark.parametrize(
    ("field", "answer"),
    [
        ("birth_date", "27.3.1985"),
        ("birth_date", "2026-11-24"),
        ("birth_date", "1899-12-31"),
        ("dual_sim", "0"),  # unknown is no answer
        ("dual_sim", "9"),
        ("pay_mode", "cash"),
        ("occupation", " "),
        ("occupation", "x" * 65),
    ],
)
def test_bad_answer_is_refused(field, answer):
    with pytest.raises(BadAnswer):
        verified.parse(field, answer, today=TODAY)


@pytest.mark.parametrize("field", ["msisdn", "state", "credit_score", ""])
def test_other_fields_are_not_for_people(manager, field):
    whom = customer()
    with pytest.raises(NotCorrectable):
        correct(whom, field, "1", by=manager)
    with pytest.raises(NotCorrectable):
        upkeep_actions.confirm(whom, field=field, by=manager, at=NOW)


def test_correction_changes_the_field_and_keeps_old_and_new(manager):
    whom = customer(broadband_carrier=1)

    correct(whom, "broadband_carrier", "2", by=manager, seen="1")

    assert Customer.objects.get().broadband_carrier == 2
    check = FieldCheck.objects.get()
    assert (check.is_correction, check.before, check.after, check.checked_by) == (True, "1", "2", manager)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.detail) == ("customer.correct", {"field": "broadband_carrier"})


def test_the_same_answer_confirms(manager):
    correct(customer(occupation="教师"), "occupation", "教师", by=manager)

    check = FieldCheck.objects.get()
    assert (check.is_correction, check.before, check.after) == (False, "教师", "教师")
    assert AuditEntry.objects.get().action == "customer.confirm"


def test_corrected_name_is_found_by_its_pinyin(manager):
    correct(customer(name="王卫"), "name", "单雄信", by=manager)

    found = Customer.objects.get()
    assert (found.name, found.name_pinyin, found.name_initials) == ("单雄信", "shanxiongxin", "sxx")


def test_field_changed_meanwhile_is_not_overwritten(manager):
    whom = customer(occupation="教师")
    correct(whom, "occupation", "医生", by=manager)

    with pytest.raises(StaleAnswer):
        correct(whom, "occupation", "律师", by=manager, seen="教师")
    with pytest.raises(StaleAnswer):
        upkeep_actions.confirm(whom, field="occupation", by=manager, at=NOW, seen="教师")

    assert Customer.objects.get().occupation == "医生"
    assert FieldCheck.objects.count() == 1


# --- what the panel shows ------------------------------------------------------------------------


def test_panel_is_one_query_and_names_who_verified_when(manager):
    whom = customer(occupation="教师")
    upkeep_actions.confirm(whom, field="occupation", by=manager, at=NOW)
    with CaptureQueriesContext(connection) as queries:
        found = known(whom, user=manager, now=NOW)

    field = next(field for field in found.fields if field.name == "occupation")
    assert len(queries) == 1
    assert (field.verified_at, field.verified_by, field.is_known) == (NOW, "phone_manager", True)
    assert found.score == 8
    assert [field.name for field in found.asks] == ["broadband_carrier", "dual_sim"]


def test_checks_of_the_former_owner_do_not_count(manager):
    whom = customer()
    upkeep_actions.confirm(whom, field="broadband_carrier", by=manager, at=NOW)
    before = known(whom, user=manager, now=NOW)
    Event.objects.create(customer=whom, kind=14, occurred_at=NOW + HOUR, source_key="e1")
    after = known(whom, user=manager, now=NOW)
    upkeep_actions.confirm(whom, field="broadband_carrier", by=manager, at=NOW + 2 * HOUR)
    again = known(whom, user=manager, now=NOW)

    assert (before.score, after.score, again.score) == (18, 0, 18)
    assert (len(before.log), len(after.log), len(again.log)) == (1, 0, 1)


def test_what_was_said_to_a_merged_record_counts_for_the_main_one(manager):
    main, alias = customer(1), customer(2)
    upkeep_actions.confirm(alias, field="broadband_carrier", by=manager, at=NOW)
    need_actions.record_need(alias, text="换机", by=manager, at=NOW)
    Customer.objects.filter(pk=alias.pk).update(merged_into=main)

    found = known(main, user=manager, now=NOW)

    assert found.score == 18
    assert [need.code for need in found.needs] == ["HANDSET"]


def test_name_stays_masked_for_who_may_not_see_it(db):
    clerk, whom = staff("hall_clerk"), customer(name="王卫")
    correct(whom, "name", "单雄信", by=staff())
    whom.refresh_from_db()

    found = known(whom, user=clerk, now=NOW)

    field = next(field for field in found.fields if field.name == "name")
    assert (field.value, field.shown, field.is_askable) == ("", "单**", False)
    assert (found.log[0].before, found.log[0].after) == ("王**", "单**")
