"""How complete the records are, per county and phone manager."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers.access import requires, scope_of
from customers.completeness_counts import by_county, by_manager, field_names


@require_safe
@requires("needs.view")
def overview(request: HttpRequest) -> HttpResponse:
    """Show the average score and the share of each field known, for the reader's counties."""
    scope = scope_of(request.user)
    context = {"counties": by_county(scope), "managers": by_manager(scope), "fields": field_names()}
    return render(request, "needs/records.html", context)
