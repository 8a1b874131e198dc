"""The log of events, one delivery of it, and the signing keys of the API clients."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from customers.access import can, requires, staff_of
from customers.models import Customer, EventDelivery, EventReceipt, EventRefusal, SigningKey, Staff
from customers.receiving import keys
from customers.receiving.reasons import EventReason
from cvm.events import retrying
from cvm.events.figures import figures
from cvm.events.sending import send_settle

PER_PAGE = 50
SHOWS = {
    "rejected": Q(rejected__gt=0),
    "failed": Q(receipts__outcome=EventReceipt.Outcome.FAILED),
    "waiting": Q(receipts__outcome="", receipts__status=EventReceipt.Status.ACCEPTED),
}


@require_safe
@requires("events.view")
def event_log(request: HttpRequest) -> HttpResponse:
    """Show what arrived, newest first: how much was taken, what became of it, how long it took."""
    show = request.GET.get("show", "")
    found = EventDelivery.objects.select_related("client").order_by("-received_at", "-pk")
    if show in SHOWS:
        found = found.filter(pk__in=EventDelivery.objects.filter(SHOWS[show]).values("pk"))
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": _lines(page.object_list),
        "show": show if show in SHOWS else "",
        "figures": figures(at=timezone.now()),
        "refusals": EventRefusal.objects.select_related("client").order_by("-last_at", "-pk")[:10],
        "manages_keys": can(request.user, "signing_keys.manage"),
    }
    return render(request, "events/log.html", context)


@require_safe
@requires("events.view")
def delivery(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one delivery row by row: taken or why not, and what was done about it."""
    found = get_object_or_404(EventDelivery.objects.select_related("client", "signing_key"), pk=pk)
    receipts = list(found.receipts.order_by("position"))
    seen = Customer.objects.visible_to(staff_of(request)).filter(pk__in={one.customer_id for one in receipts})
    context = {
        "delivery": found,
        "receipts": [(one, _reason(one), _seconds(one, found)) for one in receipts],
        "visible": set(seen.values_list("pk", flat=True)),
        "opens_customers": can(request.user, "customers.view"),
        "retries": can(request.user, "signing_keys.manage"),
    }
    return render(request, "events/delivery.html", context)


@require_POST
@requires("signing_keys.manage")
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Judge the events of a delivery again that were set aside."""
    found = get_object_or_404(EventDelivery, pk=pk)
    number = retrying.try_again(found, by=staff_of(request), at=timezone.now())
    if number:
        send_settle()
        messages.success(request, _("%(number)s events are judged again.") % {"number": number})
    return redirect("event-delivery", pk=pk)


@require_safe
@requires("signing_keys.manage")
def key_list(request: HttpRequest) -> HttpResponse:
    """Show the signing keys of every API client; a secret only right after it was made."""
    return _keys(request)


@require_POST
@requires("signing_keys.manage")
@never_cache
def key_new(request: HttpRequest) -> HttpResponse:
    """Make a key and show its secret, this once."""
    client = Staff.objects.filter(pk=_number(request, "client"), role=Staff.Role.API_CLIENT).first()
    if client is None:
        return _keys(request, status=422, error=_("Choose an API client."))
    try:
        key, secret = keys.create_key(
            client, by=staff_of(request), at=timezone.now(), note=request.POST.get("note", "").strip()[:100]
        )
    except keys.TooManyKeys:
        words = _("This client has %(limit)s keys in use already: retire one first.") % {"limit": keys.MOST_KEYS}
        return _keys(request, status=422, error=words)
    except keys.NoApiClient:
        return _keys(request, status=422, error=_("Choose an API client."))
    return _keys(request, made=key, secret=secret)


@require_POST
@requires("signing_keys.manage")
def key_retire(request: HttpRequest) -> HttpResponse:
    """End a key at once."""
    key = get_object_or_404(SigningKey, pk=_number(request, "key"))
    try:
        keys.retire_key(key, by=staff_of(request), at=timezone.now())
    except keys.KeyRetired:
        messages.error(request, _("Key %(code)s was retired before.") % {"code": key.code})
    else:
        messages.success(request, _("Key %(code)s is retired.") % {"code": key.code})
    return redirect("signing-keys")


def _keys(request: HttpRequest, *, status: int = 200, **extra: Any) -> HttpResponse:
    found = SigningKey.objects.select_related("client", "created_by", "retired_by").order_by("retired_at", "-pk")
    clients = Staff.objects.filter(role=Staff.Role.API_CLIENT, is_active=True).order_by("username")
    context = {"keys": found[:100], "clients": clients, "limit": keys.MOST_KEYS}
    answer = render(request, "events/keys.html", context | extra, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


def _lines(deliveries: Any) -> list[tuple[EventDelivery, dict[str, Any]]]:
    """Return each delivery with what became of its events; one query for all of them."""
    counted = (
        EventReceipt.objects.filter(delivery__in=[one.pk for one in deliveries], status="accepted")
        .values("delivery")
        .annotate(
            waiting=Count("pk", filter=Q(outcome="")),
            failed=Count("pk", filter=Q(outcome="failed")),
            tasks=Count("pk", filter=Q(outcome__in=("task", "raised"))),
            settled_at=Max("settled_at"),
        )
    )
    by_delivery = {row["delivery"]: row for row in counted}
    lines = []
    for one in deliveries:
        row = by_delivery.get(one.pk, {})
        settled_at = row.get("settled_at")
        spent = (settled_at - one.received_at).total_seconds() if settled_at and not row["waiting"] else None
        lines.append((one, row | {"seconds": spent}))
    return lines


def _reason(receipt: EventReceipt) -> str:
    return str(EventReason(receipt.reason).label) if receipt.reason else ""


def _seconds(receipt: EventReceipt, of: EventDelivery) -> float | None:
    return (receipt.settled_at - of.received_at).total_seconds() if receipt.settled_at else None


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 18 else 0
