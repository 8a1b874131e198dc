"""Two records of one customer: who looks alike, the two side by side with what would follow, merge and undo."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from callcenter.models import Contact, QueueItem
from customers import merging
from customers.access import requires, staff_of
from customers.aliases import Likeness, candidates, merges_seen_by
from customers.masking import masked_number, visible_name
from customers.models import Bundle, Complaint, Consent, Customer, MonthlyBill, Staff
from retention.gate import CALL, Facts, facts_of

MERGED = "merged"  # why queue items are withdrawn
MOST_MERGES = 50


class PairForm(forms.Form):
    """Which record would be counted with which."""

    alias = forms.IntegerField(min_value=1)
    into = forms.IntegerField(min_value=1)


class MergeForm(PairForm):
    """The same with a reason; the merge needs one."""

    reason = forms.CharField(
        label=gettext_lazy("Reason (kept in the audit log)"),
        max_length=200,
        error_messages={"required": gettext_lazy("Say why the two are the same.")},
    )


@dataclass(frozen=True)
class Line:
    """One line of the comparison; `differs` marks what the two do not share."""

    label: Promise | str
    alias: str
    into: str

    @property
    def differs(self) -> bool:
        return self.alias != self.into


@require_safe
@requires("customers.merge")
def merges(request: HttpRequest) -> HttpResponse:
    """Show who looks alike, a chosen pair side by side, and the merges made so far."""
    form = PairForm(request.GET) if "alias" in request.GET else None
    return _page(request, form)


@require_POST
@requires("customers.merge")
def merge(request: HttpRequest) -> HttpResponse:
    """Merge a pair; a refusal comes back with the pair and its reason."""
    form = MergeForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    user = staff_of(request)
    alias, into = _pair(form, user)
    try:
        merge_records(alias, into, by=user, at=timezone.now(), reason=form.cleaned_data["reason"])
    except merging.MergeRefused as error:
        form.add_error(None, str(error))
        return _page(request, form)
    messages.success(request, _("The two records are one from the next night on. It can be undone below."))
    return redirect("merges")


@require_POST
@requires("customers.merge")
def undo(request: HttpRequest) -> HttpResponse:
    """Undo a merge of visible customers."""
    user = staff_of(request)
    number = request.POST.get("merge", "")
    found = get_object_or_404(merges_seen_by(user), pk=int(number) if number.isdecimal() else 0)
    try:
        merging.undo_merge(found, by=user, at=timezone.now())
    except merging.MergeRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The two records stand for themselves again from the next night on."))
    return redirect("merges")


@transaction.atomic
def merge_records(alias: Customer, into: Customer, *, by: Staff, at: dt.datetime, reason: str) -> None:
    """Merge, and take out of today's queues the alias, and the main record too where the alias must not be called.

    Promised calls stay promised. Raises what customers.merging raises.
    """
    merging.merge(alias, into, by=by, at=at, reason=reason)
    gone = [alias.pk, into.pk] if _is_blocked(facts_of(into, channel=CALL, at=at)) else [alias.pk]
    _waiting(gone).update(status=QueueItem.Status.WITHDRAWN, withdrawn_reason=MERGED, closed_at=at)


def _page(request: HttpRequest, form: PairForm | None) -> HttpResponse:
    user = staff_of(request)
    likeness = request.GET.get("by", "")
    chosen = Likeness(likeness) if likeness in Likeness.values else Likeness.NUMBER
    is_refused = form is not None and not form.is_valid()
    context = {
        "likenesses": [(one, one.label, one == chosen) for one in Likeness],
        "pairs": [(pair, *_names(pair.alias, pair.into, user)) for pair in candidates(user=user, likeness=chosen)],
        "merges": [(made, *_names(made.alias, made.customer, user)) for made in merges_seen_by(user)[:MOST_MERGES]],
        "form": form,
        **_comparison(form, user),
    }
    return render(request, "merge/page.html", context, status=422 if is_refused else 200)


def _comparison(form: PairForm | None, user: Staff) -> dict[str, object]:
    """Return the pair of a form that names one, line by line; a record out of scope does not exist."""
    if form is None or not {"alias", "into"} <= form.cleaned_data.keys():
        return {}
    alias, into = _pair(form, user)
    return {"alias": alias, "into": into, "lines": _lines(alias, into, user), "effects": _effects(alias, into)}


def _pair(form: PairForm, user: Staff) -> tuple[Customer, Customer]:
    visible = Customer.objects.visible_to(user).select_related("county")
    alias = get_object_or_404(visible, pk=form.cleaned_data["alias"])
    return alias, get_object_or_404(visible, pk=form.cleaned_data["into"])


def _names(alias: Customer, into: Customer, user: Staff) -> tuple[str, str]:
    return visible_name(alias.name, user=user), visible_name(into.name, user=user)


def _lines(alias: Customer, into: Customer, user: Staff) -> list[Line]:
    both = (alias, into)
    shown: list[tuple[Promise | str, list[str]]] = [
        (_("Name"), [visible_name(one.name, user=user) for one in both]),
        (_("Number"), [masked_number(one.msisdn) for one in both]),
        (_("Customer number"), [one.cust_code for one in both]),
        (_("Birth date"), [_day(one.birth_date) for one in both]),
        (_("County"), [one.county.name for one in both]),
        (_("State"), [str(one.get_state_display()) for one in both]),
        (_("Joined on"), [_day(one.join_date) for one in both]),
        (_("Left on"), [_day(one.leave_date) for one in both]),
        (_("Plan"), [one.plan_name for one in both]),
        (_("May we call to sell?"), _consents(alias, into)),
    ]
    return [Line(label, first or "–", second or "–") for label, (first, second) in shown]


def _day(day: dt.date | None) -> str:
    return date_format(day, "Y-m-d") if day else ""


def _consents(*records: Customer) -> list[str]:
    said = Consent.objects.filter(customer__in=records, channel=CALL).values_list("customer_id", "is_given")
    words = {True: _("Agreed"), False: _("Refused"), None: _("Never asked")}
    known = dict(said)
    return [words[known.get(one.pk)] for one in records]


def _effects(alias: Customer, into: Customer) -> list[str]:
    """Return in sentences what a merge would change."""
    months = _months(alias, into)
    both = months[alias.pk] & months[into.pk]
    moved = len(months[alias.pk] - both)
    waiting, contacts = _waiting([alias.pk]).count(), Contact.objects.filter(customer=alias).count()
    bundles = Bundle.objects.filter(customer=alias, status=Bundle.Status.ACTIVE).count()
    complaints = Complaint.objects.filter(customer=alias).count()
    said = [
        ngettext("%(count)d month of bills fills a gap.", "%(count)d months of bills fill gaps.", moved),
        ngettext("%(count)d month both have is added up.", "%(count)d months both have are added up.", len(both)),
        ngettext("%(count)d running bundle comes along.", "%(count)d running bundles come along.", bundles),
        ngettext("%(count)d complaint comes along.", "%(count)d complaints come along.", complaints),
        ngettext("%(count)d contact comes along.", "%(count)d contacts come along.", contacts),
        ngettext("%(count)d call leaves today's queue.", "%(count)d calls leave today's queue.", waiting),
    ]
    counts = (moved, len(both), bundles, complaints, contacts, waiting)
    sentences = [text % {"count": count} for text, count in zip(said, counts, strict=True) if count]
    return [*sentences, _("Of two words about being contacted the stricter one counts.")]


def _months(alias: Customer, into: Customer) -> dict[int, set[dt.date]]:
    found: dict[int, set[dt.date]] = {alias.pk: set(), into.pk: set()}
    for customer_id, month in MonthlyBill.objects.filter(customer_id__in=found).values_list("customer_id", "month"):
        found[customer_id].add(month)
    return found


def _waiting(customers: list[int]) -> QuerySet[QueueItem]:
    """Return the night's calls of these customers that nobody has begun."""
    return QueueItem.objects.filter(customer__in=customers, status=QueueItem.Status.PENDING, callback=None)


def _is_blocked(facts: Facts) -> bool:
    listed = facts.is_special or facts.is_red_listed or facts.is_black_listed or facts.is_sensitive
    return bool(facts.do_not_disturb) or listed or not facts.has_consent
