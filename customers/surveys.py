"""Short questionnaires inside a contact: which one is in use, how an answer is read, what all answers say together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet, Subquery
from django.utils.translation import get_language

from customers import access
from customers.models import Customer, SurveyAnswer, SurveyForm, SurveyQuestion

SCALE = tuple(str(step) for step in range(1, 6))
LONGEST_TEXT = 200
LOYALTY = {"active": Customer.Loyalty.ACTIVE.value, "passive": Customer.Loyalty.PASSIVE.value}


class NoSuchAnswer(ValueError):
    """The question does not offer this answer."""


@dataclass(frozen=True)
class Option:
    """One answer people can choose: the stored value and its words."""

    value: str
    label: str


@dataclass(frozen=True)
class Asked:
    """One question with the answers it offers, and what was said so far."""

    question: SurveyQuestion
    options: list[Option]
    said: str = ""


@dataclass(frozen=True)
class Bar:
    """How often one answer was given."""

    label: str
    answers: int


@dataclass(frozen=True)
class Result:
    """One question and its answers; `bars` in the order of the form, empty for free text."""

    question: SurveyQuestion
    answers: int
    bars: list[Bar]

    @property
    def most(self) -> int:
        return max((bar.answers for bar in self.bars), default=0)


def questions_in_use() -> list[SurveyQuestion]:
    """Return the questions of the newest active form in one query, empty when there is none."""
    newest = SurveyForm.objects.filter(is_active=True).order_by("-pk").values("pk")[:1]
    questions = SurveyQuestion.objects.filter(form=Subquery(newest))
    return list(questions.select_related("form").order_by("position"))


def options(question: SurveyQuestion) -> list[Option]:
    """Return the answers a question offers, in the reader's language; none for free text."""
    if question.answer == SurveyQuestion.Answer.SCALE:
        return [Option(step, step) for step in SCALE]
    name = "en" if get_language() == "en" else "zh"
    return [Option(str(choice["value"]), str(choice[name])) for choice in question.choices]


def asked(questions: Sequence[SurveyQuestion], answers: Mapping[str, str] | None = None) -> list[Asked]:
    """Return the questions as a form shows them, with the answers given so far by question code."""
    said = answers or {}
    return [Asked(question, options(question), said.get(question.code, "")) for question in questions]


def value_of(question: SurveyQuestion, text: str) -> str:
    """Return the value an answer is kept as; a choice may be named by value or by its words. Raises NoSuchAnswer."""
    said = text.strip()
    if question.answer == SurveyQuestion.Answer.TEXT and said:
        return said[:LONGEST_TEXT]
    if question.answer == SurveyQuestion.Answer.SCALE and said in SCALE:
        return said
    for choice in question.choices:
        if said in (str(choice["value"]), choice["zh"], choice["en"]):
            return str(choice["value"])
    raise NoSuchAnswer(said)


def choice_of(question: SurveyQuestion, value: str) -> Mapping[str, Any]:
    """Return what choosing a value says: `need` and `loyalty` where it says something."""
    found = [choice for choice in question.choices if str(choice["value"]) == value]
    return found[0] if found else {}


def results(form: SurveyForm, *, user: Any) -> list[Result]:
    """Return the answers to a form by customers this person may see; two queries."""
    questions = list(form.questions.order_by("position"))
    counted = _visible(user).filter(question__form=form).values_list("question", "value").annotate(number=Count("pk"))
    counts: dict[int, dict[str, int]] = {question.pk: {} for question in questions}
    for question, value, number in counted:
        counts[question][value] = number
    return [_result(question, counts[question.pk]) for question in questions]


def _result(question: SurveyQuestion, counts: Mapping[str, int]) -> Result:
    offered: Sequence[Option] = options(question)
    bars = [Bar(option.label, counts.get(option.value, 0)) for option in offered]
    return Result(question, sum(counts.values()), bars)


def _visible(user: Any) -> QuerySet[SurveyAnswer]:
    scope = access.scope_of(user)
    if scope.is_everything:
        return SurveyAnswer.objects.all()
    if scope.manager_id is not None:
        return SurveyAnswer.objects.filter(customer__manager_id=scope.manager_id)
    return SurveyAnswer.objects.filter(customer__county_id__in=scope.county_ids)
