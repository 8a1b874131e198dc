"""The search box of every page: what people type comes by POST only, so it stands in no address, log or history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from callcenter.search import notes_with
from customers.access import can, requires, staff_of
from customers.actions import NUMBER_SEARCHES_PER_HOUR, NumberSearchLimit, note_number_search
from customers.masking import masked_text, sees_value
from customers.models import Customer, Run, Staff, Standing
from customers.search import (
    MOST_FOUND,
    Found,
    Passage,
    Wanted,
    Way,
    customers_for,
    may_read_texts,
    passages,
    understood,
)
from cvm.context import published_run

DROP_DOWN = 8
AROUND = 24  # characters shown on either side of the words found in a text


@dataclass(frozen=True)
class Row:
    """One customer found: who, what the last night said (None before it), and the passage found by, if any."""

    customer: Customer
    standing: Standing | None
    passage: str = ""
    at: Any = None


@dataclass(frozen=True)
class Answer:
    """What a search found, ready to be shown to this person."""

    rows: list[Row]
    found: Found
    is_limited: bool = False


@sensitive_post_parameters("q")
@require_http_methods(["GET", "HEAD", "POST"])
@requires("customers.search")
def search(request: HttpRequest) -> HttpResponse:
    """Show the box; with words, whom they find: as a page, or as the drop-down of the box for htmx."""
    user = staff_of(request)
    wanted = understood(request.POST.get("q", ""))
    context = {
        "wanted": wanted,
        "is_start": wanted.way is Way.NOTHING,
        "sees_value": sees_value(user),
        "sees_names": can(user, "customers.see_name"),
        "reads_texts": may_read_texts(user),
        "limit": NUMBER_SEARCHES_PER_HOUR,
    }
    if request.htmx and wanted.way is Way.NUMBER:  # counted: it waits for the Enter key
        return render(request, "search/_drop_down.html", context | {"waits": True})
    if wanted.way is Way.NOTHING:
        return HttpResponse() if request.htmx else render(request, "search/page.html", context)
    answer = answer_to(wanted, user=user, run=published_run(request), limit=DROP_DOWN if request.htmx else MOST_FOUND)
    status = 429 if answer.is_limited else 200
    name = "search/_drop_down.html" if request.htmx else "search/page.html"
    return render(request, name, context | {"answer": answer}, status=status)


def answer_to(wanted: Wanted, *, user: Staff, run: Run | None, limit: int = MOST_FOUND) -> Answer:
    """Return what a search finds for this person; a search by full number is noted first, and limited."""
    if wanted.way is Way.NUMBER:
        try:
            note_number_search(by=user, at=timezone.now())
        except NumberSearchLimit:
            return Answer([], Found(), is_limited=True)
    if wanted.way is Way.TEXT:
        return _text_answer(wanted.words, user=user, run=run, limit=limit)
    found = customers_for(wanted, user=user, limit=limit)
    known = _customers(found.ids, run=run)
    return Answer([Row(*known[pk]) for pk in found.ids if pk in known], found)


def _text_answer(words: str, *, user: Staff, run: Run | None, limit: int) -> Answer:
    if not may_read_texts(user):
        return Answer([], Found())
    notes = [
        Passage(note.customer_id, note.started_at, note.note) for note in notes_with(words, user=user, limit=limit)
    ]
    found = sorted([*passages(words, user=user, limit=limit), *notes], key=lambda one: one.at, reverse=True)
    known = _customers([passage.customer_id for passage in found[:limit]], run=run)
    rows = [
        Row(*known[passage.customer_id], passage=excerpt(passage.text, words), at=passage.at)
        for passage in found[:limit]
        if passage.customer_id in known
    ]
    return Answer(rows, Found([row.customer.pk for row in rows], has_more=len(found) > limit))


def excerpt(text: str, words: str) -> str:
    """Return the passage of a text round the words, long numbers masked before anything is cut."""
    whole = " ".join(masked_text(text).split())
    place = max(whole.find(words), 0)
    start, end = max(place - AROUND, 0), place + len(words) + AROUND
    return f"{'…' if start else ''}{whole[start:end]}{'…' if end < len(whole) else ''}"


def _customers(ids: list[int], *, run: Run | None) -> dict[int, tuple[Customer, Standing | None]]:
    standings = Standing.objects.filter(run=run, customer_id__in=ids) if run else Standing.objects.none()
    said = {standing.customer_id: standing for standing in standings}
    customers = Customer.objects.filter(pk__in=ids).select_related("county", "group")
    return {customer.pk: (customer, said.get(customer.pk)) for customer in customers}
