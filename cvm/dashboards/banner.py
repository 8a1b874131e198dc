"""Card holders who leave, by county and phone manager, with the banner that goes to the best each month (S-147)."""

from __future__ import annotations

import numpy as np
from django.utils.translation import gettext as _

from customers.frame import Frame
from customers.models import Branch, Customer, Staff
from cvm.dashboards.place import MEMBERS_GONE, Place
from cvm.dashboards.tiles import Board, Entry, Head, Line, Table, Tile, percent
from cvm.definitions.catalogue import define
from cvm.lib.months import label
from cvm.night import partition
from segmentation.banner import ALERT_PERMYRIAD, LEAST_HOLDERS, MONTHS, Flow, flows, winner
from segmentation.ladder_frame import ladder_frame

CARDS = [int(card) for card in Customer.VipCard if card]
ON_NETWORK = [1, 2, 3, 4, 5]
UNITS = {"county": "county_id", "manager": "manager_id"}


def board(place: Place) -> Board:
    """Return the ranking of the newest month by county and by phone manager, and who held the banner before."""
    if not partition.has_members(place.run):
        return Board([], empty=str(MEMBERS_GONE))
    frame = _seen(place)
    if not (frame["vip_card"] > 0).any():
        return Board([], empty=_("Nobody here holds a card."))
    names = {
        "county": dict(Branch.objects.filter(kind=Branch.Kind.COUNTY).values_list("pk", "name")),
        "manager": {one.pk: str(one) for one in Staff.objects.filter(role=Staff.Role.PHONE_MANAGER)},
    }
    titles = {"county": _("Card holders by county"), "manager": _("Card holders by phone manager")}
    tiles = [
        _ranking(kind, titles[kind], flows(frame, frame[column], back=0), names[kind], place)
        for kind, column in UNITS.items()
    ]
    return Board([*tiles, _winners(frame, names)])


def _seen(place: Place) -> Frame:
    frame = ladder_frame(place.run.pk)
    if place.county_ids is None:
        return frame
    return frame.chosen(np.flatnonzero(np.isin(frame["county_id"], place.county_ids)))


def _ranking(kind: str, title: str, found: list[Flow], names: dict[int, str], place: Place) -> Tile:
    best = winner(found)
    lines = [
        Line(
            f"{names.get(flow.unit, str(flow.unit))}{' ⚑' if flow == best else ''}",
            [
                Entry(flow.holders, "count", _list(place, kind, flow, previous_band=ON_NETWORK)),
                Entry(flow.left, "count", _list(place, kind, flow, moved="left")),
                Entry(percent(flow.holders - flow.left, flow.holders), "percent"),
            ],
        )
        for flow in found
    ]
    losing = [names.get(flow.unit, "") for flow in found if flow.is_alarming and flow.holders >= LEAST_HOLDERS]
    words = _("More card holders leave than 26.66 percent a year would be: %(names)s.")
    return Tile(
        name=kind,
        title=title,
        definition=define("boards.banner-unit"),
        table=Table(
            title,
            [
                Head(_("Unit"), is_number=False),
                Head(_("Holders at the opening")),
                Head(_("Left in the month")),
                Head(_("Share kept"), colour="--cvm-accent", is_series=True),
            ],
            place.shown(lines, columns=[0, 1]),
        ),
        alert=words % {"names": ", ".join(losing)} if losing else "",
        keeps_table=True,
        is_wide=kind == "manager",
    )


def _list(place: Place, kind: str, flow: Flow, **filters: object) -> str:
    unit = {} if kind == "county" else {"manager": flow.unit}
    if kind == "county" and place.county is None:
        unit = {"county": flow.unit}
    return place.list_url(card=CARDS, **unit, **filters)


def _winners(frame: Frame, names: dict[str, dict[int, str]]) -> Tile:
    lines = []
    for back in range(MONTHS):
        best = {kind: winner(flows(frame, frame[column], back=back)) for kind, column in UNITS.items()}
        if not any(best.values()):
            continue
        entries = []
        for kind, flow in best.items():
            kept = percent(flow.holders - flow.left, flow.holders) if flow else None
            entries += [Entry(names[kind].get(flow.unit, "") if flow else None, "text"), Entry(kept, "percent")]
        lines.append(Line(label(frame.month - back), entries))
    return Tile(
        name="banner",
        title=_("Who held the banner"),
        definition=define("boards.banner"),
        table=Table(
            _("The banner by month"),
            [
                Head(_("Month"), is_number=False),
                Head(_("County"), is_number=False),
                Head(_("Share kept")),
                Head(_("Phone manager"), is_number=False),
                Head(_("Share kept")),
            ],
            lines,
        ),
        note=_("Alert from %(limit)s percent a month.") % {"limit": f"{ALERT_PERMYRIAD / 100:.2f}"},
        keeps_table=True,
    )
