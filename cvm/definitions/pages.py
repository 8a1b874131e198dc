"""The page of all definitions: what every number means, since when, and what it meant before."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers.access import can, requires
from cvm.context import address, published_run
from cvm.definitions.catalogue import GROUPS
from cvm.definitions.registry import Definition, Group
from cvm.ledger.years import terms_in_words
from segmentation.models import Cohort

MOST = 60  # characters of a word looked for


@require_safe
@requires("definitions.view")
def definitions(request: HttpRequest) -> HttpResponse:
    """Show the definitions of the pages the reader may open; `q` keeps those that say a word."""
    groups = [group for group in GROUPS if can(request.user, group.need)]
    wanted = request.GET.get("q", "").strip()[:MOST]
    shown = [(group, address(group.page), _found(group, wanted)) for group in groups]
    context = {
        "groups": [one for one in shown if one[2]],
        "count": sum(len(found) for _group, _url, found in shown),
        "wanted": wanted,
        "run": published_run(request),
        "cohorts": _cohorts(request) if not wanted else [],
    }
    return render(request, "definitions/page.html", context)


def _found(group: Group, wanted: str) -> list[Definition]:
    word = wanted.casefold()
    return [one for one in group.definitions if word in f"{one.name} {one.text}".casefold()]


def _cohorts(request: HttpRequest) -> list[tuple[int, str]]:
    """Return the terms of the cohort of each year, for who may see the ledger."""
    if not can(request.user, "dashboard.view"):
        return []
    return [(cohort.year, terms_in_words(cohort)) for cohort in Cohort.objects.order_by("-year")]
