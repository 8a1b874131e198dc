"""What people do with tests: write down, start, stop with a reason, throw a draft away."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers.access import requires, staff_of
from cvm.context import published_run
from cvm.experiments import drawing
from cvm.experiments.forms import ExperimentForm, StopForm
from cvm.experiments.pages import form_page
from offers import experiment_actions as actions
from offers.models import Experiment


@require_POST
@requires("experiments.run")
def create(request: HttpRequest) -> HttpResponse:
    """Write a test down as a draft; the next page shows the draw it would make."""
    form = ExperimentForm(request.POST)
    if not form.is_valid():
        return form_page(request, form)
    made = actions.draft(
        arms=form.arms(), query=form.cleaned_data["query"], by=staff_of(request), at=timezone.now(), **form.plan()
    )
    return redirect("experiment", made.pk)


@require_POST
@requires("experiments.run")
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """Draw the members anew and let the test run from the next night on."""
    found, run, at = _visible(request, pk), published_run(request), timezone.now()
    user = staff_of(request)
    if run is None:
        messages.error(request, _("No night has run yet."))
        return redirect("experiment", pk)
    try:
        if found.status != Experiment.Status.DRAFT:
            raise actions.AlreadyMoved
        customers = drawing.customers_of(found.query, run=run, user=user)
        drawn, spread_fen = drawing.draw(customers, run=run, at=at)
        needed = drawing.needed_for(found, spread_fen=spread_fen)
        actions.start(found, drawn, needed=needed, run=run, by=user, on=timezone.localdate(at), at=at)
    except drawing.UnknownList:
        messages.error(request, _("The list does not know this address any more."))
    except actions.NobodyToTest:
        messages.error(request, _("Nobody of this list can be a member: see who is left out."))
    except actions.MemberElsewhere:
        messages.error(request, _("Some of these customers have just joined another test. Look at the draw again."))
    except actions.AlreadyMoved:
        messages.info(request, _("Somebody else has started or discarded this test."))
    else:
        messages.success(request, _("The test runs from the next night on."))
    return redirect("experiment", pk)


@require_POST
@requires("experiments.run")
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """End a running test before its last day, with a reason."""
    found, form = _visible(request, pk), StopForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why the test is stopped early."))
        return redirect("experiment", pk)
    try:
        actions.stop(found, reason=form.cleaned_data["reason"], by=staff_of(request), at=timezone.now())
    except actions.AlreadyMoved:
        messages.info(request, _("This test is not running any more."))
    return redirect("experiment", pk)


@require_POST
@requires("experiments.run")
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw a draft away."""
    try:
        actions.discard(_visible(request, pk), by=staff_of(request), at=timezone.now())
    except actions.AlreadyMoved:
        messages.info(request, _("Somebody else has started or discarded this test."))
        return redirect("experiment", pk)
    return redirect("experiments")


def _visible(request: HttpRequest, pk: int) -> Experiment:
    return get_object_or_404(Experiment.objects.visible_to(staff_of(request)), pk=pk)
