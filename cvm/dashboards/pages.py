"""The pages of the boards: one door, one way to show a board and to hand out one of its tiles as a file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from customers.access import can, requires
from cvm.dashboards import (
    banner,
    concentration,
    costs,
    forward,
    keep,
    layers,
    layout,
    movement,
    outcome,
    pivots,
    products,
)
from cvm.dashboards.files import csv_of
from cvm.dashboards.place import Place, place_of, run_of
from cvm.dashboards.showing import tile_named, with_files
from cvm.dashboards.tiles import Board

# name in the address -> its words, and who builds it
BOARDS: dict[str, tuple[Any, Callable[[Place], Board]]] = {
    "concentration": (gettext_lazy("Concentration of revenue"), concentration.board),
    "pivots": (gettext_lazy("Dimensions by value band"), pivots.board),
    "layers": (gettext_lazy("Layers and their owners"), layers.board),
    "products": (gettext_lazy("Multi-product holding"), products.board),
    "movement": (gettext_lazy("Movement between bands"), movement.board),
    "costs": (gettext_lazy("Cost to serve against revenue"), costs.board),
    "banner": (gettext_lazy("Card holders and the banner"), banner.board),
    "keep": (gettext_lazy("Keep, don't fire"), keep.board),
    "outcome": (gettext_lazy("Acquisition, churn, loyalty, profit"), outcome.board),
    "forward": (gettext_lazy("Value to come"), forward.board),
}


@require_safe
@requires("dashboard.view")
def boards(request: HttpRequest) -> HttpResponse:
    """Show every board along the five steps."""
    run = run_of(request)
    if run is None:
        return _before_the_first_night(request)
    place = place_of(request, run)
    sections = layout.sections(place, may=partial(can, request.user))
    if wanted := request.GET.get("file", ""):
        return csv_of(tile_named((one.tile for one in sections), wanted), place, board="boards")
    shown = [(section, f"?{place.address(file=section.tile.name)}") for section in sections]
    return render(request, "dashboards/boards.html", {"place": place, "run": run, "sections": shown})


@require_safe
@requires("dashboard.view")
def board(request: HttpRequest, name: str) -> HttpResponse:
    """Show one board, or with `file=<tile>` hand out the table of that tile."""
    run = run_of(request)
    if run is None:
        return _before_the_first_night(request)
    place = place_of(request, run)
    title, build = BOARDS[name]
    shown = build(place)
    if wanted := request.GET.get("file", ""):
        return csv_of(tile_named(shown.tiles, wanted), place, board=name)
    tiles = with_files(shown.tiles, place)
    return render(
        request, "dashboards/board.html", {"title": title, "board": shown, "tiles": tiles, "place": place, "run": run}
    )


def _before_the_first_night(request: HttpRequest) -> HttpResponse:
    return render(request, "home/empty.html", {"can_start": can(request.user, "runs.start")})
