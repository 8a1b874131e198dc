"""The page of the cohort's ledger, and each of its tiles as a file."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from customers.access import can, requires
from cvm.dashboards.files import csv_of
from cvm.dashboards.place import place_of, run_of
from cvm.dashboards.showing import STRIP, strip, tile_named, with_files
from cvm.dashboards.tiles import Board, Choice
from cvm.ledger.close_tile import closes_tile
from cvm.ledger.tiles import figures, movements_tile, rates_tile, years_tile
from cvm.ledger.veil import EVERYWHERE
from cvm.ledger.view import View, view_of
from cvm.ledger.vintage_tiles import vintages_tile
from cvm.ledger.years import years
from cvm.lib.months import label
from cvm.night.older import countable
from segmentation.closing import is_intact
from segmentation.models import Cohort


@require_safe
@requires("dashboard.view")
def ledger(request: HttpRequest) -> HttpResponse:
    """Show the books of a cohort: movements, rates, vintages, signatures; or with `file=<tile>` hand out one table."""
    run = run_of(request)
    # the books stand by the terms of their cohort: no ladder of another day has a say
    view = view_of(replace(place_of(request, run), looks_back=False, policy=None), request.GET) if run else None
    if run is None or view is None:
        return render(request, "ledger/empty.html", {"has_night": run is not None})
    rows, rates, found = view.rows(), view.books.rates(view.door), view.books
    if not rows and found.run == run and run.is_current:  # a night from before there were lines
        return render(request, "ledger/empty.html", {"has_night": True})
    beside = years(found, run=run, known=view.years)
    closes = sorted(found.closes.values(), key=lambda close: close.month, reverse=True)
    hides = [month for month in found.closes if view.veil.hides("closing", month=month, county=EVERYWHERE)]
    tiles = [movements_tile(rows, view), rates_tile(rates, view), years_tile(beside, view), vintages_tile(view)]
    tiles += [closes_tile(closes, hides=hides)] if closes else []
    shown = figures(rates[-1], view) if rates else []
    if wanted := request.GET.get("file", ""):
        about = [_("cohort %(year)s") % {"year": view.year}, *([label(view.month)] if view.by else [])]
        return csv_of(tile_named([strip(shown), *tiles], wanted), view.place, board=f"ledger-{view.year}", about=about)
    context = {
        "run": run,
        "place": view.place,
        "view": view,
        "rows": rows,
        "rates": rates,
        "years": beside,
        "board": Board(tiles, _choices(view)),
        "kept": _kept(view),
        "tiles": with_files(tiles, view.place),
        "figures": shown,
        "figures_url": f"?{view.place.address(file=STRIP)}",
        "groups": [(words, view.here(by=name, month=""), name == view.by) for name, words in view.groupings()],
        "closes": closes,
        "is_intact": not closes or is_intact(closes[0]),
        "closable": label(found.months[-1]) if _may_close(request, view) else "",
        "openable": _openable(request, view),
    }
    return render(request, "ledger/page.html", context)


def _choices(view: View) -> list[Choice]:
    chosen = [(str(year), str(year)) for year in view.years]
    choices = [Choice("year", _("Cohort"), chosen, str(view.year))] if len(chosen) > 1 else []
    if view.by:
        months = [(label(month), label(month)) for month in reversed(view.books.months)]
        choices.append(Choice("month", _("Month"), months, label(view.month)))
    return choices


def _kept(view: View) -> list[tuple[str, str]]:
    """Return what the form of the choices carries along unseen."""
    return [("by", view.by)] if view.by else []


def _may_close(request: HttpRequest, view: View) -> bool:
    """Return whether the reader may sign, and there is something to sign. An administrator signs for the branch."""
    books = view.books
    is_newest = books.run.is_current and not view.place.is_past
    return can(request.user, "ledger.close") and is_newest and books.months[-1] not in books.closes


def _openable(request: HttpRequest, view: View) -> list[int]:
    """Return the earlier years whose cohort the packed history could tell and nobody counts yet, for who may say so."""
    run = view.place.run
    if not can(request.user, "ledger.close") or not run.is_current:
        return []
    known = set(Cohort.objects.values_list("year", flat=True))
    return [year for year in reversed(countable(run.month)) if year not in known]
