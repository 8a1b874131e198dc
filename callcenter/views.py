"""The desk in the browser: door, form, one action, and the same region again."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.core.paginator import Paginator
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from callcenter import actions, claims, queries
from callcenter.card import card_of
from callcenter.claims import LeaseLost
from callcenter.forms import ResultForm, RevealForm, SkipForm, TokenForm
from callcenter.models import Contact, PhoneManager, QueueItem
from callcenter.news import News, glance, is_looked_at, lines_of, news_of, version_of
from callcenter.verdicts import calling_ends_at, is_calling_time
from customers.access import requires
from customers.models import Run, Staff

TOKEN = "desk_token"  # noqa: S105 - the session's key of the lease in hand
SHOWN_SECONDS = 60
PROMISES_PER_PAGE = 50

LOST_WORDS = {
    "do_not_disturb": lambda: _("This customer has just asked not to be called. Please do not dial."),
    "moved": lambda: _("This customer now belongs to another phone manager."),
    "off_network": lambda: _("This customer has left the network meanwhile."),
    "household": lambda: _("Somebody of this household has just been spoken to; one contact a day is enough."),
    "listed": lambda: _("This customer has just been put on a list of people we do not call."),
}


def database_now() -> dt.datetime:
    """Return the database's clock: leases must mean the same on every web server."""
    with connection.cursor() as cursor:
        cursor.execute("select statement_timestamp()")
        return cursor.fetchone()[0]


@require_GET
@requires("desk.work")
@never_cache
def desk(request: HttpRequest) -> HttpResponse:
    """Show today's numbers and the customer in hand, or how to begin."""
    return _region(request, at=database_now())


@require_GET
@requires("desk.work")
@never_cache
def news(request: HttpRequest) -> HttpResponse:
    """Tell who has just come in since the version the desk shows; asked every second, so nothing new costs a glance."""
    at, seen = timezone.now(), request.GET.get("seen", "")
    first = glance(request.user)
    if seen.startswith(f"{first}_") and not is_looked_at(request.user, at=at):
        return HttpResponse(status=204)
    found = news_of(request.user, at=at)
    if seen == _news_version(found, first):
        return HttpResponse(status=204)
    answer = render(request, "callcenter/_news.html", _news_context(found, first, user=request.user))
    answer["HX-Trigger-After-Settle"] = "desk-news"
    return answer


@require_POST
@requires("desk.work")
@never_cache
def claim(request: HttpRequest) -> HttpResponse:
    """Take the next customer; with one in hand already, show that one."""
    at = database_now()
    item = _in_hand(request, at=at) or _take_next(request, at=at)
    note = request.POST.get("note", "") if item and str(item.customer_id) == request.POST.get("customer") else ""
    return _after(request, at=at, note=note)


@require_POST
@requires("desk.work")
@never_cache
def heartbeat(request: HttpRequest) -> HttpResponse:
    """Prolong the lease, or say in words that it is gone."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return HttpResponse(form.first_error(), status=422)
    token = form.cleaned_data["token"]
    try:
        until = claims.keep(token=token, manager=request.user, at=database_now())
    except LeaseLost as lost:
        return render(request, "callcenter/_lease.html", {"lost": lost_words(lost.why)}, status=409)
    return render(request, "callcenter/_lease.html", {"token": token, "until": until})


@require_POST
@requires("desk.reveal_number")
@never_cache
def number(request: HttpRequest) -> HttpResponse:
    """Show the clear number for a minute, or say why not."""
    at, form = database_now(), RevealForm(request.POST)
    if not form.is_valid():
        return _number(request, at=at, status=422, refused=form.first_error())
    try:
        clear = actions.reveal_number(by=request.user, at=at, **form.cleaned_data)
    except LeaseLost as lost:
        return _number(request, at=at, status=403, refused=lost_words(lost.why))
    except actions.MayNotCall as forbidden:
        return _number(request, at=at, status=403, verdict=forbidden.verdict)
    except actions.RevealLimit:
        words = _("You have looked at %(limit)s numbers within an hour. Wait a little, or ask your team leader.")
        return _number(request, at=at, status=429, refused=words % {"limit": actions.REVEALS_PER_HOUR})
    return _number(request, at=at, clear=clear, seconds=SHOWN_SECONDS)


@require_POST
@requires("desk.work")
@never_cache
def result(request: HttpRequest) -> HttpResponse:
    """Save the result of the call and go on with the next customer."""
    at = database_now()
    form = ResultForm(request.POST, at=at)
    if not form.is_valid():
        return _region(request, at=at, status=422, form=form, note=request.POST.get("note", ""))
    try:
        actions.save_result(form.result(), token=form.cleaned_data["token"], by=request.user, at=at)
    except LeaseLost as lost:
        return _region(request, at=at, status=409, lost=lost_words(lost.why), note=form.cleaned_data["note"])
    _let_go(request, form.cleaned_data["token"])
    if request.POST.get("then") != "pause" and _in_hand(request, at=at) is None:
        _take_next(request, at=at)
    return _after(request, at=at)


@require_POST
@requires("desk.work")
@never_cache
def skip(request: HttpRequest) -> HttpResponse:
    """Put the customer in hand behind the others and take the next."""
    at, form = database_now(), SkipForm(request.POST)
    if not form.is_valid():
        return _region(request, at=at, status=422, error=form.first_error())
    try:
        actions.skip(by=request.user, at=at, **form.cleaned_data)
    except LeaseLost as lost:
        return _region(request, at=at, status=409, lost=lost_words(lost.why), note=request.POST.get("note", ""))
    _let_go(request, form.cleaned_data["token"])
    _take_next(request, at=at)
    return _after(request, at=at)


@require_GET
@requires("desk.work")
def promises(request: HttpRequest) -> HttpResponse:
    """List the manager's open promises, the earliest first."""
    at = database_now()
    found = queries.open_promises(request.user, at=at).order_by("due_at", "pk")
    page = Paginator(found, PROMISES_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "callcenter/promises.html", {"page": page, "at": at})


@require_GET
@requires("desk.view_team")
def team(request: HttpRequest) -> HttpResponse:
    """Show today of every phone manager of the leader's branch."""
    rows = queries.team(request.user, run=Run.objects.published(), at=database_now())
    context = {"rows": rows, "together": queries.together(rows), "outcomes": Contact.Outcome.choices}
    return render(request, "callcenter/team.html", context)


def lost_words(why: str) -> str:
    """Return what a person reads when the customer is no longer theirs to serve."""
    default = _("The time for this customer ran out, so the customer went back into the queue.")
    return LOST_WORDS.get(why, lambda: default)()


def desk_with(request: HttpRequest, *, at: dt.datetime, error: str, status: int = 422) -> HttpResponse:
    """Show the desk with the words of a refusal."""
    return _region(request, at=at, status=status, error=error)


# --- the region ----------------------------------------------------------------------------------


def _after(request: HttpRequest, *, at: dt.datetime, note: str = "") -> HttpResponse:
    """Answer an action: the new region for a script, a redirect for a plain form, the page where a note goes on."""
    if request.htmx or note:
        return _region(request, at=at, note=note)
    return redirect("callcenter:desk")


def _region(request: HttpRequest, *, at: dt.datetime, status: int = 200, **extra: Any) -> HttpResponse:
    """Render numbers and card; the whole page for a plain request, its changing part for a script."""
    run = Run.objects.published()
    had_one = TOKEN in request.session
    item = _in_hand(request, at=at)
    if had_one and item is None:
        token = request.session.pop(TOKEN)
        extra.setdefault("lost", lost_words(claims.why_lost(token=uuid.UUID(token), at=at)))
    first = glance(request.user)  # before the news: what comes in between is asked for again, not taken as shown
    context: dict[str, Any] = {
        "run": run,
        "at": at,
        "numbers": queries.desk_numbers(request.user, run=run, at=at),
        **_news_context(news_of(request.user, at=at), first, user=request.user),
    }
    if item:
        form = extra.pop("form", None) or ResultForm(at=at, initial={"note": extra.get("note", "")})
        context |= _card_context(item, user=request.user, at=at) | {"result_form": form}
    else:
        context |= {"card": None, "is_absent": _is_absent(request)}
        context["withdrawn"] = queries.withdrawn(request.user, run=run)
    template = "callcenter/_desk.html" if request.htmx else "callcenter/desk.html"
    return render(request, template, context | extra, status=status)


def _news_context(found: list[News], first: str, *, user: Any) -> dict[str, Any]:
    return {"news": found, "lines": lines_of(found, user=user), "news_version": _news_version(found, first)}


def _news_version(found: list[News], first: str) -> str:
    return f"{first}_{version_of(found)}"


def _card_context(item: QueueItem, *, user: Staff, at: dt.datetime) -> dict[str, Any]:
    card = card_of(item, user=user, at=at)
    return {
        "card": card,
        "known": card.known,
        "survey": card.survey,
        "calls_end_at": calling_ends_at(at),
        "nobody_now": not is_calling_time(at),
        "outcomes": Contact.Outcome.choices,
        "skip_form": SkipForm(),
        "reveal_form": RevealForm(),
    }


def _is_absent(request: HttpRequest) -> bool:
    return PhoneManager.objects.filter(staff=request.user, is_absent=True).exists()


def _number(request: HttpRequest, *, at: dt.datetime, status: int = 200, **extra: Any) -> HttpResponse:
    """Render only the number line for a script; without one, the page with it."""
    if not request.htmx:
        return _region(request, at=at, status=status, **extra)
    item = _in_hand(request, at=at)
    return render(
        request, "callcenter/_number.html", {"item": item, "reveal_form": RevealForm(), **extra}, status=status
    )


def _in_hand(request: HttpRequest, *, at: dt.datetime) -> QueueItem | None:
    token = request.session.get(TOKEN)
    return claims.held(token=uuid.UUID(token), manager=request.user, at=at) if token else None


def _take_next(request: HttpRequest, *, at: dt.datetime) -> QueueItem | None:
    run = Run.objects.published()
    if run is None or _is_absent(request):
        return None
    lease = claims.claim(manager=request.user, run=run, at=at)
    if lease is None:
        return None
    request.session[TOKEN] = str(lease.token)
    return _in_hand(request, at=at)


def _let_go(request: HttpRequest, token: uuid.UUID) -> None:
    if request.session.get(TOKEN) == str(token):
        del request.session[TOKEN]
