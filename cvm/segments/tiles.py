"""What a segment's page tells as tiles: size over time, retention by night and by month, who came and went, overlap."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from django.urls import reverse
from django.utils.translation import gettext as _

from cvm.dashboards.place import Place
from cvm.dashboards.tiles import Entry, Head, Line, Table, Tile, percent
from cvm.definitions.catalogue import define
from cvm.segments.members import ENTERED, LEFT
from cvm.segments.reasons import in_words
from cvm.segments.story import Day, Flow, Month, Retention
from segmentation.models import Segment

MEMBERS, OTHERS = "--cvm-accent", "--cvm-ink-3"


def size_tile(days: Sequence[Day], segment: Segment, place: Place) -> Tile:
    """Return the size of each counted day with who came and went and why; days are given newest first."""
    lines = []
    for day in reversed(days):
        is_now = day.as_of == place.run.as_of
        urls = [place.list_url(segment=f"{segment.pk}{part}") if is_now else "" for part in ("", ":entered", ":left")]
        gone = _("Only the lists of the newest night open.") if not is_now or place.is_past else ""
        lines.append(
            Line(
                f"{day.as_of:%Y-%m-%d}",
                [
                    Entry(day.customers, "count", urls[0], shut=gone),
                    Entry(day.entered, "count", urls[1], shut=gone),
                    Entry(day.left, "count", urls[2], shut=gone),
                    Entry(day.version, "text"),
                    Entry(_why(day.reasons.get(ENTERED, {})), "sentence"),
                    Entry(_why(day.reasons.get(LEFT, {})), "sentence"),
                ],
            )
        )
    heads = [
        Head(_("Date"), is_number=False),
        Head(_("Customers"), colour=MEMBERS, is_series=True),
        Head(_("Entered the segment")),
        Head(_("Left the segment")),
        Head(_("Version")),
        Head(_("Why they entered"), is_number=False),
        Head(_("Why they left"), is_number=False),
    ]
    return Tile(
        name="size",
        title=_("Size over time"),
        definition=define("segments.size"),
        table=Table(_("Customers of the segment, day by day."), heads, lines),
        chart="days",
        description=_("Customers of the segment, day by day."),
        is_wide=True,
    )


def nights_tile(days: Sequence[Day]) -> Tile:
    """Return, for each night, the share of members and of everybody else still on the network."""
    told = [day for day in reversed(days) if day.members_before and day.others_before]
    lines = [
        Line(
            f"{day.as_of:%Y-%m-%d}",
            _against(Fraction(day.members_stayed, day.members_before), Fraction(day.others_stayed, day.others_before))
            + [
                Entry(number)
                for number in (day.members_before, day.members_stayed, day.others_before, day.others_stayed)
            ],
        )
        for day in told
    ]
    parts = (_("Members before"), _("Members who stayed"), _("Others before"), _("Others who stayed"))
    return Tile(
        name="nights",
        title=_("Still on the network, night by night"),
        definition=define("segments.retention"),
        table=Table(
            _("Share still on the network since the counted day before"),
            [Head(_("Date"), is_number=False), *_rate_heads(), *(Head(part) for part in parts)],
            lines,
        ),
        chart="lines",
        description=_("Share of the members, and of everybody else, still on the network since the day before."),
        is_wide=True,
    )


def months_tile(found: Sequence[Month]) -> Tile:
    """Return the retention of each month, members against everybody else."""
    lines = [Line(month.name, [*_against(month.members, month.others), Entry(month.nights)]) for month in found]
    return Tile(
        name="months",
        title=_("Retention by month against everybody else"),
        definition=define("segments.months"),
        table=Table(
            _("Share kept over the nights of the month"),
            [Head(_("Month"), is_number=False), *_rate_heads(), Head(_("Nights"))],
            lines,
        ),
        chart="lines",
        description=_("Share of the members, and of everybody else, kept over each month."),
        keeps_table=True,
        is_wide=True,
    )


def flow_tile(flows: Sequence[Flow], segment: Segment, place: Place) -> Tile:
    """Return who came and went last night, and why."""
    lines = []
    for flow in flows:
        words = _("Entered the segment") if flow.part == ENTERED else _("Left the segment")
        url = place.list_url(segment=f"{segment.pk}:{flow.part}") if flow.customers else ""
        lines.append(Line(words, [Entry(flow.customers, "count", url)], is_sum=True))
        lines += [Line(f"– {reason}", [Entry(number)]) for reason, number in flow.reasons]
    return Tile(
        name="flow",
        title=_("Last night"),
        definition=define("segments.flow"),
        table=Table(
            _("Who came and went last night"), [Head(_("Reason"), is_number=False), Head(_("Customers"))], lines
        ),
    )


def overlap_tile(found: Sequence[tuple[int, str, int]] | None) -> Tile:
    """Return which other segments the members are in; None for a night whose members are gone."""
    lines = [Line(name, [Entry(number)], url=reverse("segment", args=[pk])) for pk, name, number in found or ()]
    note = "" if lines else _("No customer of this segment is in another one.")
    if found is None:
        note = _("The members of this night are gone: nobody can say what else they were in.")
    return Tile(
        name="overlap",
        title=_("Also in"),
        definition=define("segments.overlap"),
        table=Table(_("Members in other segments"), [Head(_("Segment"), is_number=False), Head(_("Customers"))], lines),
        note=note,
    )


def stayed_tile(found: Retention | None) -> Tile:
    """Return who of the day before is still on the network."""
    lines = []
    if found:
        for words, kept, before in (
            (_("Members of the day before"), found.members_kept, found.members),
            (_("Everybody else"), found.others_kept, found.others),
        ):
            lines.append(Line(words, [Entry(percent(kept, before), "percent"), Entry(kept), Entry(before)]))
    heads = [Head(_("Who"), is_number=False), Head(_("Still there")), Head(_("Customers now")), Head(_("Then"))]
    return Tile(
        name="stayed",
        title=_("Still on the network"),
        definition=define("segments.retention"),
        table=Table(_("Share still on the network since the counted day before"), heads, lines),
        note="" if lines else _("There is no earlier day to compare with."),
    )


def _rate_heads() -> list[Head]:
    return [
        Head(_("Members of the segment"), colour=MEMBERS, is_series=True),
        Head(_("Everybody else"), colour=OTHERS, is_series=True),
        Head(_("Difference in points")),
    ]


def _against(members: Fraction, others: Fraction) -> list[Entry]:
    return [
        Entry(_percent(members), "percent"),
        Entry(_percent(others), "percent"),
        Entry(_percent(members - others), "points"),
    ]


def _percent(share: Fraction) -> Decimal:
    """Return an exact share in percent, halves away from nought."""
    exact = Decimal(100 * share.numerator) / share.denominator
    return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _why(found: dict[str, int]) -> str:
    return ", ".join(f"{words} {number}" for words, number in in_words(found))
