"""The page of the scoreboard and its file."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from callcenter.task_forms import TaskFilter
from callcenter.task_states import LABELS
from callcenter.views import database_now
from customers.access import requires, scope_of, staff_of
from customers.models import Branch, Run, Staff
from cvm.dashboards.files import csv_of
from cvm.dashboards.place import Place, place_of, run_of
from cvm.dashboards.showing import STRIP, strip, tile_named
from cvm.definitions.catalogue import define
from cvm.exports.tables import csv_answer
from cvm.night import partition
from cvm.scoreboard.counting import COUNTED, Line, lines, together
from cvm.scoreboard.tiles import figures, moments_tile

DAYS = 90  # of the period nobody chose: long enough to hold moments whose result can be read
PLACES = ("county", "manager", "since", "until", "level")
CENT = Decimal("0.01")


@require_safe
@requires("scoreboard.view")
def scoreboard(request: HttpRequest) -> HttpResponse:
    """Show each kind of moment: seen, delivered, handled in time, its result, and what nobody owns."""
    user, at, chosen = staff_of(request), database_now(), _chosen(request)
    if not chosen.is_valid():
        return render(request, "scoreboard/page.html", {"refused": chosen.first_error()}, status=400)
    run = run_of(request)
    found = lines(user, chosen, run=run, at=at)
    sums = together(found)

    def door(state: str, code: str) -> str:
        return _door(chosen, state, code)

    shown, tile = figures(sums, door), moments_tile(found, chosen, door, at=at)
    place = _place(request, run, chosen) if run else None
    if place and (wanted := request.GET.get("file", "")):
        return csv_of(tile_named([strip(shown), tile], wanted), place, board="scoreboard", about=_period(chosen))
    context = {
        "run": run,
        "place": place,
        "lines": found,
        "sum": sums,
        "figures": shown,
        "figures_url": f"?{place.address(file=STRIP)}" if place else "",
        "tile": tile,
        "tile_url": f"?{place.address(file=tile.name)}" if place else "",
        "form": chosen,
        "counties": _counties(user),
        "managers": _managers(user),
        "file_url": f"{reverse('scoreboard-file')}?{urlencode(_told(chosen))}",
        "without_bills": run is not None and not partition.has_members(run),
    }
    return render(request, "scoreboard/page.html", context)


@require_safe
@requires("scoreboard.view")
def scoreboard_file(request: HttpRequest) -> HttpResponse:
    """Give the same numbers as a file."""
    chosen = _chosen(request)
    if not chosen.is_valid():
        return HttpResponse(chosen.first_error(), status=400)
    run, at = run_of(request), database_now()
    found = lines(staff_of(request), chosen, run=run, at=at)
    about = [
        [str(define("scoreboard.moments"))],
        [_("Tasks as of %(time)s") % {"time": f"{at:%Y-%m-%d %H:%M}"}, *_period(chosen)],
    ]
    heads = [_("Moment"), _("Name of the moment"), _("Seen"), *(_heads()[name] for name in COUNTED), *_more_heads()]
    rows = ([line.code, line.name, "" if line.seen is None else line.seen, *_cells(line)] for line in found)
    return csv_answer([*about, heads, *rows], name="moments.csv")


def _place(request: HttpRequest, run: Run, chosen: TaskFilter) -> Place:
    """Return where the page looks, with the period said out: its link shows the same one on another day."""
    query = QueryDict(mutable=True)
    query.update(_told(chosen))
    return replace(place_of(request, run), query=query)


def _period(chosen: TaskFilter) -> list[str]:
    return [_("Moments found from %(since)s to %(until)s") % {name: chosen.data[name] for name in ("since", "until")}]


def _chosen(request: HttpRequest) -> TaskFilter:
    """Return the filter of the address; without a period, the last ninety days."""
    data = {name: request.GET.get(name, "") for name in PLACES}
    if not data["since"] and not data["until"]:
        today = timezone.localdate()
        data |= {"since": str(today - dt.timedelta(days=DAYS - 1)), "until": str(today)}
    return TaskFilter(data)


def _told(chosen: TaskFilter) -> dict[str, str]:
    return {name: chosen.data[name] for name in PLACES if chosen.data[name]}


def _door(chosen: TaskFilter, state: str, code: str) -> str:
    """Return the address of exactly the tasks a number counts."""
    return f"{reverse('tasks')}?{urlencode({'state': state, **({'kind': code} if code else {}), **_told(chosen)})}"


def _heads() -> dict[str, str]:
    return {name: str(LABELS[name]) for name in COUNTED}


def _more_heads() -> list[str]:
    return [
        _("Calls nobody took, per task"),
        _("Minutes per task"),
        _("Satisfaction"),
        _("Stayed, points against control"),
        _("± points"),
        _("Bill against control, yuan"),
        _("± yuan"),
    ]


def _cells(line: Line) -> list[str | int | Decimal]:
    effect = line.effect
    figures = [line.useless, line.minutes, line.satisfaction]
    if effect is not None and effect.is_known:
        money = (effect.bill_fen or 0) / 100, (effect.bill_margin_fen or 0) / 100
        figures += [effect.stayed_points, effect.stayed_margin, *money]
    words = [_("no control") if effect is None else _("unknown")] if effect is None or not effect.is_known else []
    return [
        *line.counts.values(),
        *("" if number is None else Decimal(number).quantize(CENT) for number in figures),
        *words,
    ]


def _counties(user: Staff) -> list[Branch]:
    scope, counties = scope_of(user), Branch.objects.filter(kind=Branch.Kind.COUNTY).order_by("code")
    return list(counties if scope.is_everything else counties.filter(pk__in=scope.county_ids))


def _managers(user: Staff) -> list[Staff]:
    managers = Staff.objects.filter(role=Staff.Role.PHONE_MANAGER, is_active=True).order_by("display_name", "pk")
    scope = scope_of(user)
    if not scope.is_everything:
        managers = managers.filter(branch__in=scope.county_ids)
    return list(managers)
