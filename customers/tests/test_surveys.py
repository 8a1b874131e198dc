"""Surveys inside a contact and from files: answers, the needs and the loyalty they say, versions that never change."""

import datetime as dt

import pytest

from customers import survey_actions, surveys
from customers.importing.reasons import Reason
from customers.models import AuditEntry, Customer, Need, SurveyAnswer, SurveyForm
from customers.survey_actions import NothingAnswered
from customers.surveys import NoSuchAnswer
from customers.tests.files import why
from customers.tests.people import NOW, customer, staff

pytestmark = pytest.mark.django_db
HEADER = ("用户编码", "问卷", "题目", "答案", "调查时间")


def take(whom, *, by, key="desk:1", **answers):
    return survey_actions.take_survey(
        whom, questions=surveys.questions_in_use(), answers=answers, by=by, at=NOW, key=key
    )


def test_answers_say_loyalty_and_a_need():
    whom, manager = customer(), staff()

    assert take(whom, by=manager, why_stay="habit", wish="broadband", satisfied="4", words="挺好") == 4

    assert Customer.objects.get().loyalty == Customer.Loyalty.PASSIVE
    need = Need.objects.get()
    assert (need.kind.code, need.source, need.collected_by) == ("BROADBAND", "survey", manager)
    assert list(SurveyAnswer.objects.order_by("question__position").values_list("value", flat=True)) == [
        "habit", "broadband", "4", "挺好",
    ]  # fmt: skip
    assert AuditEntry.objects.filter(action="survey.take").get().detail["answers"] == 4


def test_the_same_contact_answers_once():
    whom, manager = customer(), staff()

    taken = [take(whom, by=manager, satisfied=step) for step in ("4", "2")]

    assert taken == [1, 0]
    assert SurveyAnswer.objects.get().value == "4"


@pytest.mark.parametrize("answers", [{}, {"satisfied": " "}, {"no_question": "1"}])
def test_no_answer_is_refused(answers):
    with pytest.raises(NothingAnswered):
        take(customer(), by=staff(), **answers)


@pytest.mark.parametrize("answers", [{"why_stay": "x"}, {"satisfied": "6"}, {"satisfied": "4", "wish": "x"}])
def test_answer_not_offered_stores_nothing(answers):
    with pytest.raises(NoSuchAnswer):
        take(customer(), by=staff(), **answers)

    assert not SurveyAnswer.objects.exists()


def test_new_version_is_another_form():
    take(customer(), by=staff(), satisfied="4")
    old = SurveyForm.objects.get(code="CARE")
    question = {"code": "satisfied", "text_zh": "满意吗?", "text_en": "Satisfied?", "answer": "scale"}

    survey_actions.publish_version(
        code="CARE", name_zh="关怀", name_en="Care", questions=[question], by=None, at=NOW
    )  # fmt: skip

    assert [(form.version, form.is_active) for form in SurveyForm.objects.order_by("version")] == [
        (1, False), (2, True),
    ]  # fmt: skip
    assert old.questions.count() == 4
    assert [question.code for question in surveys.questions_in_use()] == ["satisfied"]
    assert SurveyAnswer.objects.get().question.form == old


def test_results_count_every_offered_answer():
    manager = staff()
    for number, answer in ((1, "habit"), (2, "habit"), (3, "network")):
        take(customer(number), by=manager, key=f"desk:{number}", why_stay=answer)

    first = surveys.results(SurveyForm.objects.get(), user=staff("team_leader"))[0]

    assert first.answers == 3
    assert [bar.answers for bar in first.bars] == [2, 0, 0, 1, 0, 0]
    assert first.most == 2


# --- from a file ---------------------------------------------------------------------------------


def imported(desk, *rows, name="客户调查.csv"):
    return desk.take(desk.write(name, HEADER, *rows))


def test_file_brings_answers_needs_and_loyalty(desk):
    desk.customers(2)

    result = imported(
        desk,
        ("U1", "CARE", "why_stay", "换号麻烦", "2026-11-20 10:00:00"),
        ("U1", "CARE", "Wish", "装宽带", "2026-11-20 10:00:00"),
        ("U2", "", "您最希望我们改进什么?", "tariff", "2026-11-20 11:00:00"),
        ("U2", "CARE", "satisfied", "5", "2026-11-20 11:00:00"),
    )

    assert (result.account.accepted, why(result)) == (4, [])
    assert list(Customer.objects.order_by("pk").values_list("loyalty", flat=True)) == [2, 0]
    needs = Need.objects.order_by("customer").values_list("kind__code", "source", "collected_at")
    assert list(needs) == [
        ("BROADBAND", "survey", dt.datetime(2026, 11, 20, 2, 0, tzinfo=dt.UTC)),
        ("TARIFF", "survey", dt.datetime(2026, 11, 20, 3, 0, tzinfo=dt.UTC)),
    ]


def test_unknown_questions_and_answers_are_rejected(desk):
    desk.customers(1)

    result = imported(
        desk,
        ("U1", "CARE", "colour", "red", "2026-11-20 10:00:00"),
        ("U1", "OLD", "why_stay", "habit", "2026-11-20 10:00:00"),
        ("U1", "CARE", "why_stay", "because", "2026-11-20 10:00:00"),
        ("U9", "CARE", "why_stay", "habit", "2026-11-20 10:00:00"),
        ("U1", "CARE", "satisfied", "3", "2026-11-20 10:00:00"),
    )

    assert result.account.accepted == 1
    assert sorted(why(result)) == [
        (2, "题目", Reason.UNKNOWN_WORD), (3, "题目", Reason.UNKNOWN_WORD), (4, "答案", Reason.UNKNOWN_WORD),
        (5, "用户编码", Reason.UNKNOWN_CUSTOMER),
    ]  # fmt: skip


def test_newer_answer_from_the_desk_outlives_an_older_file(desk):
    desk.customers(1)
    take(Customer.objects.get(), by=staff(), why_stay="network")

    imported(desk, ("U1", "CARE", "why_stay", "习惯了", "2026-11-20 10:00:00"))

    assert Customer.objects.get().loyalty == Customer.Loyalty.ACTIVE


def test_closed_need_is_not_opened_again_by_the_same_answers(desk):
    desk.customers(1)
    row = ("U1", "CARE", "wish", "装宽带", "2026-11-20 10:00:00")
    imported(desk, row)
    Need.objects.update(status="dropped", closed_at=NOW)

    again = imported(desk, row, ("U1", "CARE", "satisfied", "3", "2026-11-20 10:00:00"), name="客户调查2.csv")

    assert again.account.accepted == 2
    assert Need.objects.count() == 1
    assert SurveyAnswer.objects.count() == 2
