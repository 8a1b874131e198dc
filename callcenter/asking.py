"""What a manager asks and notes while the customer is in hand: needs, missing fields, a short survey.

Each answer is saved at once and gives back its own part of the card, so that the call goes on undisturbed.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from callcenter import claims, views
from callcenter.forms import TokenForm
from callcenter.models import QueueItem
from customers.access import requires, staff_of
from customers.contact_panel import known
from customers.contact_words import Answer, answer_field, answer_need, answer_suggestion
from customers.models import SurveyQuestion
from customers.survey_actions import NothingAnswered, take_survey
from customers.surveys import NoSuchAnswer, asked

Act = Callable[[QueueItem, dt.datetime], Answer]


@require_POST
@requires("desk.work")
@never_cache
def need(request: HttpRequest) -> HttpResponse:
    """Record one line as a need of the customer in hand."""
    return _answer(request, "callcenter/_needs.html", lambda item, at: answer_need(
        item.customer, request.POST, by=staff_of(request), at=at
    ))  # fmt: skip


@require_POST
@requires("desk.work")
@never_cache
def suggestion(request: HttpRequest) -> HttpResponse:
    """Close a suggestion the customer did not confirm."""
    return _answer(request, "callcenter/_needs.html", lambda item, at: answer_suggestion(
        item.customer, request.POST, by=staff_of(request), at=at
    ))  # fmt: skip


@require_POST
@requires("desk.work")
@never_cache
def field(request: HttpRequest) -> HttpResponse:
    """Confirm or correct one field of the customer in hand."""
    return _answer(request, "callcenter/_asks.html", lambda item, at: answer_field(
        item.customer, request.POST, by=staff_of(request), at=at
    ))  # fmt: skip


@require_POST
@requires("desk.work")
@never_cache
def survey(request: HttpRequest) -> HttpResponse:
    """Save the answers to the short survey."""
    return _answer(request, "callcenter/_survey_saved.html", lambda item, at: _survey(request, item, at))


def _survey(request: HttpRequest, item: QueueItem, at: dt.datetime) -> Answer:
    number = request.POST.get("form", "")
    questions = (
        SurveyQuestion.objects.filter(form_id=int(number)) if number.isdigit() else SurveyQuestion.objects.none()
    )
    questions = questions.select_related("form").order_by("position")
    answers = {question.code: request.POST.get(f"answer-{question.code}", "") for question in questions}
    by, key = staff_of(request), f"desk:{item.lease_token}"
    try:
        new = take_survey(item.customer, questions=questions, answers=answers, by=by, at=at, key=key)
    except (NothingAnswered, NoSuchAnswer):
        words = _("Choose at least one answer.")
        return Answer(
            words, is_refused=True, context={"survey_error": words, "survey": asked(list(questions), answers)}
        )
    words = ngettext("%(number)s answer saved.", "%(number)s answers saved.", new) % {"number": new}
    return Answer(words, context={"survey_note": words})


def _answer(request: HttpRequest, template: str, act: Act) -> HttpResponse:
    """Do what was asked for the customer in hand and render its part; a plain form gets the desk."""
    at, form = views.database_now(), TokenForm(request.POST)
    if not form.is_valid():
        return _lost(request, template, form.first_error(), status=422)
    token: uuid.UUID = form.cleaned_data["token"]
    item = claims.held(token=token, manager=staff_of(request), at=at)
    if item is None:
        return _lost(request, template, views.lost_words(claims.why_lost(token=token, at=at)), status=409)
    answer = act(item, at)
    if not request.htmx:
        return views.desk_with(request, at=at, error=answer.words) if answer.is_refused else redirect("callcenter:desk")
    item.customer.refresh_from_db()
    context: dict[str, Any] = {"item": item, "known": known(item.customer, user=request.user, now=at)}
    return render(request, template, context | answer.context, status=422 if answer.is_refused else 200)


def _lost(request: HttpRequest, template: str, words: str, *, status: int) -> HttpResponse:
    if not request.htmx:
        return views.desk_with(request, at=views.database_now(), error=words, status=status)
    return render(request, template, {"refused": words}, status=status)
