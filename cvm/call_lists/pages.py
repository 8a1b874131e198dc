"""The pages of call lists: all of them, one with its progress, and what people do with them."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from callcenter import call_lists as lists
from callcenter.group_tasks import owners_of
from callcenter.models import CallList, Contact
from customers.access import can, requires, scope_of, staff_of
from customers.models import Staff, Standing
from cvm.call_lists.forms import CallListForm
from cvm.context import published_run
from cvm.directory.addresses import list_url, query_with, with_query
from cvm.filters import StandingFilter, filled

SHOWN = 100
# why the gate left somebody out -> words
LEFT_OUT = {
    "no_manager": gettext_lazy("no phone manager"),
    "off_network": gettext_lazy("off the network"),
    "self_service": gettext_lazy("served by app and message, not by phone"),
    "resting": gettext_lazy("spoken to lately, or promised a call"),
    "do_not_disturb": gettext_lazy("asked not to be disturbed"),
    "listed": gettext_lazy("on a list of people we do not call"),
    "no_consent": gettext_lazy("no consent to calls"),
    "moved": gettext_lazy("changed hands"),
    "household": gettext_lazy("somebody of the household was spoken to today"),
    lists.OF_GROUP: gettext_lazy("the group department's: a task for their account manager"),
}
RESULTS = {"waiting": gettext_lazy("To call"), **{str(value): label for value, label in Contact.Outcome.choices}}


@require_safe
@requires("call_lists.view")
def call_lists(request: HttpRequest) -> HttpResponse:
    """Show the call lists the reader may see, newest first."""
    known = list(_visible(staff_of(request)).select_related("created_by").order_by("-created_at", "-pk")[:SHOWN])
    found, today = lists.progress(known), timezone.localdate()
    rows = [(one, sum(found[one.pk].values()), found[one.pk].get("waiting", 0), _is_open(one, today)) for one in known]
    return render(request, "call_lists/list.html", {"rows": rows})


@require_safe
@requires("call_lists.view")
def call_list(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one call list: where it came from, whom the gate left out, how far it is."""
    user = staff_of(request)
    one = get_object_or_404(_visible(user).select_related("created_by", "closed_by"), pk=pk)
    found = lists.progress([one])[one.pk]
    context = {
        "list": one,
        "is_open": _is_open(one, timezone.localdate()),
        "results": [(words, found.get(name, 0)) for name, words in RESULTS.items() if found.get(name)],
        "left_out": [(LEFT_OUT.get(why, why), number) for why, number in one.left_out.items()],
        "customers": sum(found.values()),
        "owners": owners_of(one),
        "list_url": list_url(call_list=one.pk),
        "source_url": with_query(one.query) if _may_read(one.query, user) else "",
        "may_close": one.closed_at is None and _may_close(one, user),
        "run": published_run(request),
    }
    return render(request, "call_lists/page.html", context)


@require_POST
@requires("call_lists.make")
def make(request: HttpRequest) -> HttpResponse:
    """Make a call list of exactly the customers of a list's address, as far as the gate lets them through."""
    form, run = CallListForm(request.POST), published_run(request)
    back = with_query(query_with(filled(QueryDict(request.POST.get("query", "")[:2000])), {}))
    if not form.is_valid() or run is None:
        problems = [f"{form.fields[name].label}: {errors[0]}" for name, errors in form.errors.items()]
        messages.error(request, "; ".join(problems) or _("No night has run yet."))
        return redirect(back)
    user, at = staff_of(request), timezone.now()
    wanted = StandingFilter(QueryDict(form.cleaned_data["query"]), _rows(user, run.pk), request=request)
    if not wanted.is_valid():
        messages.error(request, _("The list does not know this address any more."))
        return redirect(back)
    customers = list(
        wanted.qs.order_by("customer_id").values_list("customer_id", flat=True)[: lists.MOST_CUSTOMERS + 1]
    )
    try:
        made = lists.make_list(
            customers,
            name=form.cleaned_data["name"],
            why=form.cleaned_data["why"],
            query=query_with(wanted.data, {}),
            run=run,
            last_day=timezone.localdate(at) + dt.timedelta(days=form.cleaned_data["days"]),
            goes_first=form.cleaned_data["goes_first"],
            by=user,
            at=at,
        )
    except lists.TooManyToCall:
        words = _("A call list holds at most %(most)s customers. Filter more narrowly.")
        messages.error(request, words % {"most": f"{lists.MOST_CUSTOMERS:,}"})
        return redirect(back)
    except lists.NobodyToCall as error:
        why = ", ".join(f"{LEFT_OUT.get(name, name)} {number}" for name, number in error.left_out.items())
        messages.error(request, _("The gate lets nobody of this list through: %(why)s") % {"why": why or "0"})
        return redirect(back)
    messages.success(request, _("Call list “%(name)s” is made and queued.") % {"name": made.name})
    return redirect("call-list", made.pk)


@require_POST
@requires("call_lists.make")
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a call list: who waits only for it leaves the queues."""
    user = staff_of(request)
    one = get_object_or_404(_visible(user), pk=pk)
    if not _may_close(one, user):
        raise PermissionDenied
    if not lists.close_list(one, by=user, at=timezone.now()):
        messages.info(request, _("This call list is closed already."))
    return redirect("call-list", pk)


def _rows(user: Staff, run: int) -> QuerySet[Standing]:
    return Standing.objects.filter(run_id=run).visible_to(user)


def _visible(user: Staff) -> QuerySet[CallList]:
    """Return the lists this person may open: own ones, and those with customers they see (all, a branch, a portfolio)."""
    scope = scope_of(user)
    if scope.is_everything:
        return CallList.objects.all()
    theirs = Q(entries__customer__manager_id=scope.manager_id) if scope.manager_id else Q(
        entries__customer__county_id__in=scope.county_ids
    )  # fmt: skip
    seen = CallList.objects.filter(Q(created_by=user) | theirs).values("pk")
    return CallList.objects.filter(pk__in=seen)


def _may_read(query: str, user: Staff) -> bool:
    """Return whether the address says nothing this person may not know: who is in which arm of a test."""
    return "experiment" not in QueryDict(query) or can(user, "experiments.view")


def _may_close(one: CallList, user: Staff) -> bool:
    """Return whether this person may close the list: who made it, and team leaders."""
    leads = user.role == Staff.Role.TEAM_LEADER
    return can(user, "call_lists.make") and (one.created_by_id == user.pk or leads)


def _is_open(one: CallList, today: dt.date) -> bool:
    return one.closed_at is None and one.last_day >= today
