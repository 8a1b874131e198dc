"""Type the figures no extract brings: one page, a form and what has been reported."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from customers.access import requires, staff_of
from customers.models import Branch, ReportedFigure
from customers.reported_actions import report, withdraw
from cvm.lib.months import first_day, parse_label

SHOWN = 60
MOST = 10**15
Kind = ReportedFigure.Kind


class FigureForm(forms.Form):
    """A figure as people type it: money in yuan, a month as 2026-10."""

    kind = forms.TypedChoiceField(label=gettext_lazy("Figure"), choices=Kind.choices, coerce=int)
    month = forms.CharField(label=gettext_lazy("Month"), max_length=7)
    county = forms.ModelChoiceField(
        label=gettext_lazy("County"), queryset=Branch.objects.none(), required=False, empty_label=gettext_lazy("Whole branch")
    )  # fmt: skip
    value = forms.DecimalField(label=gettext_lazy("Value"), max_digits=15, decimal_places=2, min_value=0)
    source = forms.CharField(label=gettext_lazy("Source"), max_length=120)

    def __init__(self, *args: Any, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["county"].queryset = Branch.objects.filter(kind=Branch.Kind.COUNTY).order_by("code")

    def clean_month(self) -> dt.date:
        """Return the first day of the month."""
        try:
            month = first_day(parse_label(self.cleaned_data["month"]))
        except ValueError as error:
            raise forms.ValidationError(_("Write a month as 2026-10.")) from error
        if month > self.today:
            raise forms.ValidationError(_("This month has not begun."))
        return month

    def clean(self) -> dict[str, Any]:
        """Turn yuan into fen; customers are whole numbers."""
        found = super().clean() or {}
        value, kind = found.get("value"), found.get("kind")
        if value is not None and kind:
            is_money = kind == Kind.ACQUISITION_COST
            if not value or (not is_money and value != int(value)):
                self.add_error("value", _("Customers are whole numbers above nothing, money is above nothing."))
            found["value"] = int(value * 100) if is_money else int(value)
        return found


@require_safe
@requires("figures.report")
def figures_page(request: HttpRequest) -> HttpResponse:
    """Show what has been reported, newest month first, and the form."""
    return _page(request, FigureForm(today=timezone.localdate(), initial=_initial()))


@require_POST
@requires("figures.report")
def figure_report(request: HttpRequest) -> HttpResponse:
    """Report a figure; what cannot be comes back with why."""
    form = FigureForm(request.POST, today=timezone.localdate())
    if not form.is_valid():
        return _page(request, form, status=422)
    report(**form.cleaned_data, by=staff_of(request), at=timezone.now())
    return redirect("reported-figures")


@require_POST
@requires("figures.report")
def figure_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a figure away."""
    withdraw(get_object_or_404(ReportedFigure, pk=pk), by=staff_of(request), at=timezone.now())
    return redirect("reported-figures")


def _initial() -> dict[str, str]:
    return {"month": f"{timezone.localdate().replace(day=1) - dt.timedelta(days=1):%Y-%m}"}


def _page(request: HttpRequest, form: FigureForm, *, status: int = 200) -> HttpResponse:
    rows = ReportedFigure.objects.select_related("county", "reported_by").order_by(
        "-month", "kind", "county__code", "pk"
    )
    context = {"form": form, "rows": rows[:SHOWN], "money": Kind.ACQUISITION_COST}
    return render(request, "dashboards/reported.html", context, status=status)
