"""What is done about one customer on the 360 page: record a need, answer a suggestion, verify a field."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from customers.access import requires, staff_of
from customers.contact_words import Answer, answer_field, answer_need, answer_suggestion
from customers.models import Customer
from cvm.needs.panel import panel


@require_POST
@requires("needs.record")
def record(request: HttpRequest, pk: int) -> HttpResponse:
    """Record one line as a need of a visible customer."""
    customer = _customer(request, pk)
    answer = answer_need(customer, request.POST, by=staff_of(request), at=timezone.now())
    return _answered(request, customer, answer, "customers/_panel_needs.html")


@require_POST
@requires("needs.record")
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a suggestion the customer did not confirm."""
    customer = _customer(request, pk)
    answer = answer_suggestion(customer, request.POST, by=staff_of(request), at=timezone.now())
    return _answered(request, customer, answer, "customers/_panel_needs.html")


@require_POST
@requires("customers.correct")
def field(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm or correct one field of a visible customer."""
    customer = _customer(request, pk)
    answer = answer_field(customer, request.POST, by=staff_of(request), at=timezone.now())
    return _answered(request, customer, answer, "customers/_panel_upkeep.html")


def _customer(request: HttpRequest, pk: int) -> Customer:
    return get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)


def _answered(request: HttpRequest, customer: Customer, answer: Answer, template: str) -> HttpResponse:
    """Give a script the panel again, a plain form the page with the words as a message."""
    if not request.htmx:
        say = messages.error if answer.is_refused else messages.success
        say(request, answer.words)
        return redirect("customer", pk=customer.pk)
    customer.refresh_from_db()
    context: dict[str, Any] = panel(customer, user=request.user, now=timezone.now()) | answer.context
    return render(request, template, context, status=422 if answer.is_refused else 200)
