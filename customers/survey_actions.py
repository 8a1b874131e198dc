"""What people do with surveys: put the questions to a customer, publish another version. One transaction each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max

from customers import audit
from customers.models import Customer, Need, NeedKind, Staff, SurveyAnswer, SurveyForm, SurveyQuestion
from customers.need_actions import collect
from customers.surveys import LOYALTY, choice_of, value_of


class NothingAnswered(ValueError):
    """Not one question has an answer."""


@transaction.atomic
def take_survey(
    customer: Customer,
    *,
    questions: Iterable[SurveyQuestion],
    answers: Mapping[str, str],
    by: Staff,
    at: dt.datetime,
    key: str,
) -> int:
    """Store a customer's answers, given by question code; return how many are new.

    `key` names the contact: within it a question is answered once, sending it again changes nothing. An answer may
    say the customer's loyalty or a need. Raises NoSuchAnswer and NothingAnswered.
    """
    given = [
        (question, value_of(question, answers[question.code]))
        for question in questions
        if answers.get(question.code, "").strip()
    ]
    if not given:
        raise NothingAnswered
    new = [one for one in given if _store(customer, *one, by=by, at=at, key=key)]
    for question, value in new:
        _follow(customer, choice_of(question, value), by=by, at=at)
    if new:
        audit.record("survey.take", actor=by, at=at, subject=customer, form=new[0][0].form_id, answers=len(new))
    return len(new)


@transaction.atomic
def publish_version(
    *, code: str, name_zh: str, name_en: str, questions: Iterable[Mapping[str, Any]], by: Staff | None, at: dt.datetime
) -> SurveyForm:
    """Publish a form as the next version of its code; earlier versions stay as they are, and out of use."""
    last = SurveyForm.objects.filter(code=code).aggregate(last=Max("version"))["last"] or 0
    SurveyForm.objects.filter(code=code, is_active=True).update(is_active=False)
    form = SurveyForm.objects.create(code=code, version=last + 1, name_zh=name_zh, name_en=name_en)
    SurveyQuestion.objects.bulk_create(
        SurveyQuestion(form=form, position=position, **question) for position, question in enumerate(questions, 1)
    )
    audit.record("survey.publish", actor=by, at=at, subject=form, code=code, version=form.version)
    return form


def _store(customer: Customer, question: SurveyQuestion, value: str, *, by: Staff, at: dt.datetime, key: str) -> bool:
    _answer, is_new = SurveyAnswer.objects.get_or_create(
        source_key=f"{key}:{question.pk}",
        defaults={"customer": customer, "question": question, "value": value, "taken_at": at, "taken_by": by},
    )
    return is_new


def _follow(customer: Customer, said: Mapping[str, Any], *, by: Staff, at: dt.datetime) -> None:
    if said.get("loyalty"):
        Customer.objects.filter(pk=customer.pk).update(loyalty=LOYALTY[said["loyalty"]])
    kind = NeedKind.objects.filter(code=said["need"], is_active=True).first() if said.get("need") else None
    if kind:
        collect(customer, kind=kind, source=Need.Source.SURVEY, by=by, at=at)
