"""What an administrator does with the ledger: close a month, have an earlier year counted."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from customers.access import requires, staff_of
from cvm.context import published_run
from cvm.lib.months import label, parse_label
from cvm.night.older import countable
from segmentation import closing
from segmentation.opening import open_year

REFUSALS = {
    closing.NightMoved: gettext_lazy(
        "Another night has been published since you looked. Check its figures, then close."
    ),
    closing.MonthNotNewest: gettext_lazy("Only the newest month of the books can be closed; older ones close with it."),
    closing.ClosedAlready: gettext_lazy("This month is closed already."),
}


@require_POST
@requires("ledger.close")
def close(request: HttpRequest) -> HttpResponse:
    """Sign the month and the night that were shown."""
    try:
        run, month = int(request.POST.get("run", "")), parse_label(request.POST.get("month", ""))
        year = int(request.POST["year"]) if request.POST.get("year") else None
    except ValueError:
        messages.error(request, _("Nothing was closed: the form named no month."))
        return redirect("ledger")
    back = redirect(f"{reverse('ledger')}?year={year}" if year else "ledger")
    try:
        closed = closing.close_through(run=run, month=month, year=year, by=staff_of(request), at=timezone.now())
    except closing.CloseRefused as error:
        messages.error(request, str(REFUSALS[type(error)]))
        return back
    names = ", ".join(label(one.month) for one in closed)
    messages.success(request, _("Closed and signed: %(months)s.") % {"months": names})
    return back


@require_POST
@requires("ledger.close")
def open_cohort(request: HttpRequest) -> HttpResponse:
    """Have the cohort of an earlier year counted from the next night on, as far as the packed history reaches."""
    run, wanted = published_run(request), request.POST.get("year", "")
    if run is None or not wanted.isdecimal() or int(wanted) not in countable(run.month):
        messages.error(request, _("Nothing was opened: the packed history does not reach a year before that cohort."))
        return redirect("ledger")
    open_year(int(wanted), by=staff_of(request), at=timezone.now())
    messages.success(request, _("The next night counts the cohort of %(year)s.") % {"year": wanted})
    return redirect("ledger")
