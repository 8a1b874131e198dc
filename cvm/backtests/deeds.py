"""What people do on the pages of back-tests: ask, cancel, adopt."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers.access import requires, staff_of
from cvm.backtests import actions, tasks, words
from cvm.backtests.forms import DraftForm
from cvm.backtests.pages import draft_page, may_cancel
from cvm.backtests.plan import CannotBeTried
from lifecycle.models import BackTest, MomentKind


@require_POST
@requires("backtests.run")
def ask(request: HttpRequest, code: str) -> HttpResponse:
    """Start a back-test of the typed draft, or lead to the one that was asked for already."""
    kind = get_object_or_404(MomentKind, code=code)
    form = DraftForm(request.POST, row=actions.row_of(kind))
    if not form.is_valid():
        return draft_page(request, kind, form)
    try:
        test, is_new = actions.ask(kind, draft=form.draft(), by=staff_of(request), at=timezone.now())
    except (actions.NoNight, CannotBeTried):
        return draft_page(request, kind, problem=_("There is nothing to back-test yet; the page says why."))
    if is_new:
        tasks.send_after_commit(test.pk)
    else:
        messages.info(request, _("This back-test has been asked for already; here it is."))
    return redirect("back-test", test.pk)


@require_POST
@requires("backtests.run")
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop a back-test; nothing of it is kept."""
    test = get_object_or_404(BackTest, pk=pk)
    if test.status == BackTest.Status.RUNNING and not may_cancel(request, test):
        raise PermissionDenied("backtests.cancel")
    try:
        actions.cancel(test, by=staff_of(request), at=timezone.now())
    except actions.NotRunning:
        messages.error(request, _("This back-test has ended already."))
    return redirect("back-test", test.pk)


@require_POST
@requires("backtests.adopt")
def adopt(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the terms that were tried into force; refused unless the back-test is fresh and of exactly these terms."""
    test = get_object_or_404(BackTest, pk=pk)
    reason = request.POST.get("reason", "").strip()[:200]
    try:
        kind = actions.adopt(test, by=staff_of(request), at=timezone.now(), reason=reason)
    except actions.NotFresh as error:
        messages.error(request, str(words.REFUSALS[error.why]))
    else:
        messages.success(request, _("“%(kind)s” is on with these terms from the next night.") % {"kind": kind})
    return redirect("back-test", test.pk)
