"""What the surveys said: every question with its answers counted."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers.access import requires
from customers.models import SurveyForm
from customers.surveys import results as results_of


@require_safe
@requires("needs.view")
def results(request: HttpRequest) -> HttpResponse:
    """Show the answers to one form, the newest unless the address names another."""
    forms = list(SurveyForm.objects.order_by("-is_active", "code", "-version"))
    wanted = request.GET.get("form", "")
    form = next((one for one in forms if str(one.pk) == wanted), forms[0] if forms else None)
    found = results_of(form, user=request.user) if form else []
    return render(request, "needs/surveys.html", {"forms": forms, "form": form, "results": found})
