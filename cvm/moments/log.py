"""The detection log: which moment was found for whom, when, and on which values."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from customers.access import requires, staff_of
from customers.masking import masked_number, visible_name
from cvm.context import published_run
from cvm.moments.counts import visible_moments
from lifecycle.evidence import evidence_words
from lifecycle.models import KeyMoment, MomentKind

SIZE = 50


@dataclass(frozen=True)
class Row:
    """One moment found, as this person may read it."""

    moment: KeyMoment
    number: str
    name: str
    evidence: str


@require_safe
@requires("moments.log")
def detections(request: HttpRequest) -> HttpResponse:
    """Show the moments found, newest first, by kind and level."""
    user, run, query = staff_of(request), published_run(request), request.GET
    kinds = list(MomentKind.objects.order_by("code"))
    found = visible_moments(user).select_related("kind", "customer")
    chosen = query.get("kind", "")
    if chosen:
        found = found.filter(kind__code=chosen)
    if query.get("level", "").isdecimal():
        found = found.filter(level=int(query["level"][:2]))
    position = _position(query.get("before", ""))
    if position is not None:
        day, pk = position
        # the first half lets PostgreSQL start in the index key_moment_newest
        found = found.filter(Q(detected_on__lte=day), Q(detected_on__lt=day) | Q(pk__lt=pk))
    moments = list(found.order_by("-detected_on", "-pk")[: SIZE + 1])
    rows = [_row(moment, user=user) for moment in moments[:SIZE]]
    context = {
        "rows": rows,
        "kinds": kinds,
        "levels": MomentKind.Level.choices,
        "kind": chosen,
        "level": query.get("level", ""),
        "run": run,
        "page": _pager(query, moments, is_first=position is None),
    }
    return render(request, "moments/log.html", context)


def _row(moment: KeyMoment, *, user: Any) -> Row:
    return Row(
        moment,
        masked_number(moment.customer.msisdn),
        visible_name(moment.customer.name, user=user),
        evidence_words(moment.kind.code, moment.value, moment.reference),
    )


def _position(text: str) -> tuple[dt.date, int] | None:
    """Return the day and key of the last moment of the page before; None for the first page or a position not ours."""
    day, _dot, pk = text.partition(".")
    try:
        found = dt.date.fromisoformat(day), int(pk)
    except ValueError:
        return None
    return found if found[1] < 2**63 else None


def _pager(query: QueryDict, moments: list[KeyMoment], *, is_first: bool) -> dict[str, str]:
    here = reverse("moment-log")
    kept = query.copy()
    kept.pop("before", None)
    first = f"{here}?{kept.urlencode()}" if kept else here
    last = ""
    if len(moments) > SIZE:
        last_shown = moments[SIZE - 1]
        kept["before"] = f"{last_shown.detected_on}.{last_shown.pk}"
        last = f"{here}?{kept.urlencode()}"
    words = _("%(number)s moments on this page") % {"number": min(len(moments), SIZE)}
    return {"showing": words, "next_url": last, "first_url": "" if is_first else first}
