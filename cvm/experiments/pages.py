"""The pages of tests: all of them, the form for a new one, and one with its draw or its results."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from customers.access import can, requires, staff_of
from customers.models import Run
from cvm.context import published_run
from cvm.dashboards.files import csv_of
from cvm.dashboards.place import place_of
from cvm.dashboards.showing import STRIP, strip, tile_named, with_files
from cvm.definitions.catalogue import define
from cvm.directory.addresses import list_url, query_with, with_query
from cvm.experiments import drawing, wording
from cvm.experiments.forms import ExperimentForm, StopForm
from cvm.experiments.parts import PARTS
from cvm.experiments.results import VERDICTS, ArmResult, Results, results
from cvm.experiments.tiles import arms_tile, figures, measures_tile
from cvm.exports.tables import csv_answer
from cvm.filters import filled
from offers.experiment_actions import split
from offers.inference import Interval
from offers.models import Experiment

SHOWN = 200
STATUS = Experiment.Status


@require_safe
@requires("experiments.view")
def experiments(request: HttpRequest) -> HttpResponse:
    """Show the tests this person may open, newest first."""
    known = Experiment.objects.visible_to(staff_of(request)).select_related("owner")
    rows = known.annotate(offers=Count("arms__offer")).order_by("-created_at", "-pk")[:SHOWN]
    return render(request, "experiments/list.html", {"rows": rows, "may_run": can(request.user, "experiments.run")})


@require_safe
@requires("experiments.run")
def new(request: HttpRequest) -> HttpResponse:
    """Show the form for a test of the customers of a list's address."""
    query = query_with(filled(request.GET), {})
    return form_page(request, ExperimentForm(initial={"query": query}))


def form_page(request: HttpRequest, form: ExperimentForm) -> HttpResponse:
    """Render the form; a refused one comes back with what was written and status 422."""
    run, query = published_run(request), form["query"].value() or ""
    context: dict[str, Any] = {"form": form, "run": run, "source_url": with_query(query), "query": query}
    if run is not None:
        try:
            customers = drawing.customers_of(query, run=run, user=staff_of(request))
        except drawing.UnknownList:
            raise Http404(_("The list does not know this address any more.")) from None
        context["chosen"] = len(customers)
    return render(request, "experiments/new.html", context, status=422 if form.is_bound else 200)


@require_safe
@requires("experiments.view")
def experiment(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one test: before its start the draw it would make, after it what became of the arms."""
    found = _visible(request, pk)
    context = {
        "experiment": found,
        "base": Decimal(found.base_permille) / 10,
        "effect": Decimal(found.effect_permille) / 10,
        "source_url": with_query(found.query) if can(request.user, "customers.list") else "",
        "may_run": can(request.user, "experiments.run"),
    }
    if found.status == STATUS.DRAFT:
        return render(request, "experiments/draft.html", context | _preview(request, found, published_run(request)))
    told = results(found, user=staff_of(request))
    links = can(request.user, "customers.list")
    lines = [_line(found, told, one, links=links) for one in told.arms]
    merged_url = list_url(experiment=f"{found.pk}::merged") if links else ""
    shown, tiles = figures(found, told, merged_url=merged_url), [arms_tile(lines), measures_tile(lines)]
    run = found.measured_run or found.run
    place = place_of(request, run) if run else None
    if place and (wanted := request.GET.get("file", "")):
        return csv_of(tile_named([strip(shown), *tiles], wanted), place, board=f"test-{found.pk}", about=[found.name])
    context |= {
        "told": told,
        "lines": lines,
        "run": run,
        "place": place,
        "figures": shown,
        "figures_url": f"?{place.address(file=STRIP)}" if place else "",
        "tiles": with_files(tiles, place) if place else [(tile, "") for tile in tiles],
        "has_moved_on": run is not None and request.GET.get("run", str(run.pk)) != str(run.pk),
        "withheld": VERDICTS.get(told.withheld, ""),
        "left_out": [(drawing.LEFT_OUT.get(why, why), number) for why, number in found.left_out.items()],
        "stop_form": StopForm(),
    }
    return render(request, "experiments/page.html", context)


@require_safe
@requires("experiments.view")
def experiment_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the figures of a test as a file."""
    found = _visible(request, pk)
    if found.status == STATUS.DRAFT:
        raise Http404(_("This test has not begun."))
    return csv_answer(_file_rows(found, results(found, user=staff_of(request))), name=f"test-{found.pk}.csv")


def _visible(request: HttpRequest, pk: int) -> Experiment:
    known = Experiment.objects.visible_to(staff_of(request))
    return get_object_or_404(known.select_related("owner", "run", "started_by", "ended_by", "measured_run"), pk=pk)


def _preview(request: HttpRequest, found: Experiment, run: Run | None) -> dict[str, Any]:
    """Return the draw the test would make now: exact members per arm, who is left out, and whether that is enough."""
    if run is None:
        return {"run": None}
    try:
        customers = drawing.customers_of(found.query, run=run, user=staff_of(request))
    except drawing.UnknownList:
        return {"run": run, "is_unknown": True}
    drawn, spread_fen = drawing.draw(customers, run=run, at=timezone.now())
    arms, places = split(found, drawn.ids)
    by_arm = list(zip(arms, np.bincount(places, minlength=len(arms)).tolist(), strict=True))
    to_call = sum(number for arm, number in by_arm if arm.offer_id is not None)
    return {
        "run": run,
        "by_arm": by_arm,
        "members": len(drawn.ids),
        "chosen": drawn.chosen,
        "left_out": [(drawing.LEFT_OUT[why], number) for why, number in drawn.left_out.items()],
        "needed": drawing.needed_for(found, spread_fen=spread_fen),
        "to_call": to_call,
        "calling_days": drawing.calling_days(to_call),
    }


def _line(found: Experiment, told: Results, one: ArmResult, *, links: bool) -> dict[str, Any]:
    """Return what the page shows of an arm, each count with the address of exactly its customers."""
    place = f"{found.pk}:{one.arm.position}"
    return {
        "arm": one,
        "counts": [
            (number, list_url(experiment=f"{place}:{name}") if links else "") for name, number in one.counts.items()
        ],
        "kept": wording.percent(one.kept),
        "change": wording.yuan(one.mean_change),
        "kept_difference": wording.points(one.kept_difference),
        "change_difference": wording.yuan(one.change_difference),
        "verdict": VERDICTS.get(one.verdict, ""),
    }


def _file_rows(found: Experiment, told: Results) -> Iterator[list[Any]]:
    measured = found.measured_run
    yield [_("Test"), found.name, _("as of"), measured.as_of.isoformat() if measured else "", _("run"), measured.pk if measured else ""]  # fmt: skip
    yield [_("Measure"), str(found.get_measure_display()), _("Definition"), str(define("tests.measures"))]
    yield [
        *(_("Arm"), _("Share, %"), *(str(words) for words, _condition in PARTS.values())),
        *(_("kept, %"), _("from"), _("to"), _("bill change per member, yuan"), _("from"), _("to")),
        *(_("kept, points against control"), _("from"), _("to"), _("bill against control, yuan"), _("from"), _("to")),
        _("Verdict"),
    ]
    for one in told.arms:
        yield [
            *(one.label, Decimal(one.arm.share_permille) / 10, *one.counts.values()),
            *_bounds(one.kept, 100),
            *_bounds(one.mean_change, 0.01),
            *_bounds(one.kept_difference, 100),
            *_bounds(one.change_difference, 0.01),
            "" if one.is_control else str(VERDICTS[told.withheld or one.verdict]),
        ]


def _bounds(found: Interval | None, factor: float) -> list[Any]:
    if found is None:
        return ["", "", ""]
    return [round(value * factor, 2) for value in (found.estimate, found.low, found.high)]
