"""Where a version of the ladder reaches beyond its own page: a file of whom it moves, what stands on its lines."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.models import Branch, Run
from cvm.context import address
from cvm.exports.tables import csv_answer
from offers.models import Experiment
from offers.queries import running_members
from segmentation import whatif
from segmentation.actions import Ladder
from segmentation.codes import codes_of
from segmentation.ladder_frame import ladder_frame
from segmentation.models import Band, Code, Cohort, Segment, TierPolicy
from segmentation.segments import leaves_of

VALUES = len(Band)  # more than there are codes
BY_BAND = frozenset({"band", "code", "layer"})


@dataclass(frozen=True)
class Conflict:
    """Something that stands on the lines a draft moves, in words, and where to look."""

    words: str
    url: str = ""


def conflicts(ladder: Ladder, *, run: Run | None, today: dt.date) -> list[Conflict]:
    """Return what else reads the lines: the cohort's threshold, segments by band, locked ones first, and running tests."""
    found = []
    cohort = Cohort.objects.filter(year=run.month.year).first() if run else None
    if cohort is not None and cohort.threshold_fen != 3 * ladder.mid_from_fen:
        words = _(
            "The cohort %(year)s counts from ¥%(threshold)s in three months, this mid line from ¥%(line)s: mid/high-end and cohort would part."
        )
        values = {"year": cohort.year, "threshold": cohort.threshold_fen // 100, "line": 3 * ladder.mid_from_fen // 100}
        found.append(Conflict(words % values, address("ledger")))
    reading = [
        segment
        for segment in Segment.objects.filter(is_active=True, is_circle=False).with_rule().order_by("name")
        if any(leaf["field"] in BY_BAND for leaf in leaves_of(segment.rule))
    ]
    locked = [segment for segment in reading if segment.is_locked_on(today)]
    found += [
        Conflict(
            _("The locked segment “%(name)s” reads bands: reports on it would not compare like with like.")
            % {"name": one.name}
        )
        for one in locked
    ]
    if others := len(reading) - len(locked):
        words = ngettext(
            "%(count)s other segment reads bands and would change.",
            "%(count)s other segments read bands and would change.",
            others,
        )
        found.append(Conflict(words % {"count": others}))
    return found + (_tests(ladder, run) if run else [])


def _tests(ladder: Ladder, run: Run) -> list[Conflict]:
    """Return the running tests of offers whose members the ladder moves, with exactly how many."""
    members, tests = running_members()
    if not len(members):
        return []
    frame = ladder_frame(run.pk)
    rows = np.flatnonzero(np.isin(frame["id"], members))
    few = frame.take(rows)
    before, after = (whatif.bands_under(few, terms) for terms in whatif.policies_of(ladder))
    moved = tests[np.searchsorted(members, few["id"][before != after])]
    numbers = dict(zip(*(part.tolist() for part in np.unique(moved, return_counts=True)), strict=True))
    words = _("The running test “%(name)s” has %(moved)s members who would change their band, of %(members)s.")
    return [
        Conflict(
            words % {"name": one.name, "moved": f"{numbers[one.pk]:,}", "members": f"{(tests == one.pk).sum():,}"},
            reverse("experiment", args=[one.pk]),
        )
        for one in Experiment.objects.filter(pk__in=numbers).order_by("pk")
    ]


def moves_file(policy: TierPolicy, *, run: Run) -> HttpResponse:
    """Return whom a version moves by county, band and code, as CSV: counts and revenue, nobody by name."""
    frame, policies = ladder_frame(run.pk), whatif.policies_of(Ladder.of(policy))
    bands, codes = [whatif.bands_under(frame, one) for one in policies], [codes_of(run.pk, one) for one in policies]
    moved = np.flatnonzero((bands[0] != bands[1]) | (codes[0] != codes[1]))
    key = frame["county_id"][moved].astype(np.int64)
    for verdict in (*bands, *codes):
        key = key * VALUES + verdict[moved]
    cells, place = np.unique(key, return_inverse=True)
    customers, fen = np.bincount(place, minlength=len(cells)), np.bincount(place, weights=frame["cum3_fen"][moved])
    names = dict(Branch.objects.filter(kind=Branch.Kind.COUNTY).values_list("pk", "name"))
    said = {"version": policy.version, "run": run.pk, "day": f"{run.as_of:%Y-%m-%d}"}
    rows: list[list[Any]] = [[_("Version %(version)s of the ladder, night %(run)s, as of %(day)s") % said]]
    heads = [_("County"), _("From"), _("To"), _("Code"), _("Code after")]
    rows.append([*heads, _("Customers"), _("Three-month revenue (yuan)")])
    for cell, many, money in zip(cells.tolist(), customers.tolist(), fen.tolist(), strict=True):
        rows.append([*_named(cell, names), many, Decimal(int(money)).scaleb(-2)])
    return csv_answer(rows, name=f"ladder-{policy.version}-moves-{run.as_of:%Y%m%d}.csv")


def _named(cell: int, counties: dict[int, str]) -> list[str]:
    """Return county, bands and codes of a cell in words."""
    county, rest = divmod(cell, VALUES**4)
    bands, codes = ([rest // VALUES**place % VALUES for place in places] for places in ((3, 2), (1, 0)))
    named = [*(str(Band(band).label) for band in bands), *(str(Code(code).label) if code else "" for code in codes)]
    return [counties.get(county, str(county)), *named]
