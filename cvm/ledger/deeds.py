"""What an administrator does with the ledger: close a month."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from customers.access import requires, staff_of
from cvm.lib.months import label, parse_label
from segmentation import closing

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
    except ValueError:
        messages.error(request, _("Nothing was closed: the form named no month."))
        return redirect("ledger")
    try:
        closed = closing.close_through(run=run, month=month, by=staff_of(request), at=timezone.now())
    except closing.CloseRefused as error:
        messages.error(request, str(REFUSALS[type(error)]))
        return redirect("ledger")
    names = ", ".join(label(one.month) for one in closed)
    messages.success(request, _("Closed and signed: %(months)s.") % {"months": names})
    return redirect("ledger")
