"""Lists of tasks in the browser: hall clerks and account managers work theirs, leaders see what is late or nobody's."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from callcenter import task_actions
from callcenter.dispatching import RELATED, WAITS, tasks_of
from callcenter.forms import ClosingForm
from callcenter.models import Dispatch
from callcenter.task_actions import MayNotContact, NotOpen
from callcenter.task_forms import TaskFilter
from callcenter.task_states import LABELS, OFFERED
from callcenter.verdicts import home_verdicts
from callcenter.views import database_now
from customers.access import can, requires, staff_of
from customers.models import Staff

PER_PAGE = 25


@require_GET
@requires("tasks.view")
@never_cache
def task_list(request: HttpRequest) -> HttpResponse:
    """Show the tasks of the reader's scope, what is due first on top, with its talking points."""
    at, user = database_now(), staff_of(request)
    chosen = TaskFilter(request.GET)
    if not chosen.is_valid():
        return render(request, "tasks/list.html", {"refused": chosen.first_error(), "at": at}, status=400)
    state = chosen.cleaned_data["state"] or "open"
    found = chosen.narrowed(Dispatch.objects.visible_to(user), at=at).select_related(*RELATED)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    context: dict[str, Any] = {
        "page": page,
        "tasks": _with_points(rows, user=user, at=at),
        "at": at,
        "state": state,
        "state_label": LABELS[state],
        "query": f"?{_query(request)}",
        "offered": OFFERED,
        "states": [(name, LABELS[name]) for name in OFFERED],
        "filters": {name: value for name, value in request.GET.items() if name not in ("page", "state") and value},
        "closing_form": ClosingForm(),
        "may_work": can(user, "tasks.work"),
        "not_yours": not_yours(user, at=at) if user.role == Staff.Role.PHONE_MANAGER else 0,
    }
    return render(request, "tasks/list.html", context)


@require_POST
@requires("tasks.work")
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a task."""
    task, at = _task(request, pk), database_now()
    try:
        task_actions.accept(task, by=staff_of(request), at=at)
    except NotOpen:
        messages.error(request, _("Somebody else took or closed this task meanwhile."))
    return redirect("tasks")


@require_POST
@requires("tasks.work")
def hold(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the household's contact of today for a task."""
    task, at = _task(request, pk), database_now()
    try:
        task_actions.hold(task, by=staff_of(request), at=at)
    except NotOpen:
        messages.error(request, _("Somebody else took or closed this task meanwhile."))
    except MayNotContact as forbidden:
        messages.error(request, _must_wait(forbidden))
    return redirect("tasks")


@require_POST
@requires("tasks.work")
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a task with its result."""
    task, form = _task(request, pk), ClosingForm(request.POST)
    if not form.is_valid():
        messages.error(request, form.first_error())
        return redirect("tasks")
    try:
        task_actions.close(task, form.closing(), by=staff_of(request), at=database_now())
        messages.success(request, _("Task %(task)s is closed.") % {"task": task.pk})
    except NotOpen:
        messages.error(request, _("Somebody else took or closed this task meanwhile."))
    except MayNotContact as forbidden:
        messages.error(request, _must_wait(forbidden))
    return redirect("tasks")


def _must_wait(forbidden: MayNotContact) -> str:
    """Return why a contact waits, until when, and what to do where the customer came to us."""
    verdict = forbidden.verdict
    if verdict.next_allowed_at is None:
        return verdict.message
    until = {"time": date_format(timezone.localtime(verdict.next_allowed_at), "m-d H:i")}
    words = [verdict.message, _("The contact may go on from %(time)s.") % until]
    if verdict.rule in WAITS:
        words.append(_("If the customer came to us, tick “The customer came to us”."))
    return " ".join(words)


def _query(request: HttpRequest) -> str:
    """Return the address's filters for the links to other pages, ending so that a page can follow."""
    query = request.GET.copy()
    query.pop("page", None)
    return f"{query.urlencode()}&" if query else ""


def _with_points(rows: list[Dispatch], *, user: Staff, at: dt.datetime) -> list[tuple[Any, Dispatch, list[Any]]]:
    points = talking_points(rows, user=user, at=at)
    tasks = tasks_of(rows, user=user, at=at, verdicts=home_verdicts(rows, at=at))
    return [
        (task, row, points.get(row.customer_id, []) if row.is_lead else [])
        for task, row in zip(tasks, rows, strict=True)
    ]


def talking_points(rows: list[Dispatch], *, user: Staff, at: dt.datetime) -> dict[int, list[dict[str, Any]]]:
    """Return the other open tasks of the customers shown, by customer; two queries."""
    others = Dispatch.objects.open().filter(customer__in={row.customer_id for row in rows}, is_lead=False)
    found: dict[int, list[dict[str, Any]]] = {}
    for task in tasks_of(others.select_related(*RELATED).order_by("-priority", "pk"), user=user, at=at):
        found.setdefault(task["customer"], []).append(task)
    return found


def not_yours(user: Staff, *, at: dt.datetime) -> int:
    """Count the open tasks of a manager's portfolio that belong to the group department."""
    theirs = Dispatch.objects.filter(Dispatch.lead_filter(), manager_id=user.pk)
    return theirs.filter(owner_role=Dispatch.OwnerRole.ACCOUNT_MANAGER).count()


def _task(request: HttpRequest, pk: int) -> Dispatch:
    task = Dispatch.objects.visible_to(staff_of(request)).filter(pk=pk).select_related("customer").first()
    if task is None:
        raise Http404
    return task
