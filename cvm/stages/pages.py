"""The page of the stages: the flow between two months, its measures, each tile also as a file."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from customers.access import can, requires
from cvm.dashboards.files import csv_of
from cvm.dashboards.place import Place, place_of, run_of
from cvm.dashboards.showing import tile_named, with_files
from cvm.dashboards.tiles import Board, Choice
from cvm.lib.months import label
from cvm.stages.flow_tiles import flow_tiles
from cvm.stages.measure_tiles import measure_tiles
from cvm.stages.view import BOTH, CUSTOMERS, REVENUE, UnknownQuestion, View, view_of
from segmentation.models import Band, Layer

SLICES = ("band", "layer")  # filters with a select of their own; others come by link and show as chips


@require_safe
@requires("dashboard.view")
def stages(request: HttpRequest) -> HttpResponse:
    """Show the flow and the measures, or with `file=<tile>` hand out the table of one tile."""
    run = run_of(request)
    if run is None:
        return render(request, "home/empty.html", {"can_start": can(request.user, "runs.start")})
    place = place_of(request, run)
    view = _view(request, place)
    board = _board(view, place)
    chips = view.chips(place.counties, without=() if _is_list(view, SLICES) else SLICES)
    if wanted := request.GET.get("file", ""):
        about = [f"{chip.label}: {chip.value}" for chip in view.chips(place.counties)]
        return csv_of(tile_named(board.tiles, wanted), place, board="stages", about=about)
    context: dict[str, Any] = {"board": board, "place": place, "run": run, "chips": chips}
    context |= {"tiles": with_files(board.tiles, place), "kept": _kept(view)}
    return render(request, "stages/page.html", context)


def _view(request: HttpRequest, place: Place) -> View:
    """Return what the address asks; raises Http404 for what does not exist, or not for this reader."""
    try:
        view = view_of(request, request.GET, place.run, county_ids=place.county_ids)
    except UnknownQuestion as error:
        raise Http404(error.name) from error
    if not place.opens_lists and (view.filters or view.show == REVENUE):
        raise Http404(_("Only who may open lists may narrow the figures."))
    return view


def _board(view: View, place: Place) -> Board:
    choices = _choices(view, place)
    measures = view.measures(whole_counties=True)
    if measures is None:
        return Board([], choices, empty=_uncounted(view))
    measured = measure_tiles(measures, view, place)
    if len(view.months) < 2:
        empty = _("A flow needs two month ends with six bills behind them; so far there is one.")
        return Board(measured, choices, empty=empty)
    if view.start >= view.end:
        return Board(measured, choices, empty=_("The first month has to lie before the second."))
    flows = view.flows()
    if not flows and not view.has_members:
        return Board(measured, choices, empty=_uncounted(view))
    return Board([*flow_tiles(flows, view, place), *measured], choices)


def _uncounted(view: View) -> str:
    if view.has_members:
        return _("This night has not counted the stages of past months: the next one will.")
    return _(
        "The customers of this night are gone: it tells the flow of its newest month, of whole counties, and no other."
    )


def _choices(view: View, place: Place) -> list[Choice]:
    months = [(label(month), label(month)) for month in view.months]
    choices = []
    if len(months) > 1:
        choices.append(Choice("from", _("From"), months[1:], label(view.start)))
        choices.append(Choice("to", _("To"), months[:-1], label(view.end)))
    if not place.opens_lists:
        return choices
    shows = [(BOTH, _("Customers and revenue")), (CUSTOMERS, _("Customers")), (REVENUE, _("Revenue"))]
    choices.append(Choice("show", _("Show"), shows, view.show))
    for name, words, options in (("band", _("Band"), Band), ("layer", _("Layer"), Layer)):
        if not _is_list(view, [name]):
            chosen = next(iter(view.filters.get(name, [])), "")
            every = [("", _("All")), *((str(value), str(words)) for value, words in options.choices)]
            choices.append(Choice(name, words, every, chosen))
    return choices


def _is_list(view: View, names: tuple[str, ...] | list[str]) -> bool:
    """Return whether one of these filters has several values, which a select cannot show."""
    return any(len(view.filters.get(name, [])) > 1 for name in names)


def _kept(view: View) -> list[tuple[str, str]]:
    """Return the filters no select of the page holds: they stay when another is changed."""
    return [
        (name, value)
        for name, values in view.filters.items()
        for value in values
        if name not in SLICES or len(values) > 1
    ]
