"""Keep, don't fire (S-049 to S-066): cheaper ways code C customers would accept, who is spared, what a rival would see."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from django.db.models import Case, Count, OuterRef, Subquery, Sum, When
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from customers.models import Rollup, Standing
from customers.queries import Cell, Matrix, total
from cvm.dashboards.place import MEMBERS_GONE, Place
from cvm.dashboards.tiles import Board, Entry, Head, Line, Table, Tile, percent
from cvm.definitions.catalogue import define
from cvm.night import partition
from cvm.night.steering import EVERYBODY, LOWEST, RIVAL, TIED, TIED_TO
from cvm.templatetags import cvm_format
from retention.queries import doubt_of
from segmentation.models import ChannelCost, ChannelSteering, Code
from segmentation.panels import PROTECTIONS
from segmentation.protection import CLAUSES
from segmentation.steering import BY_ITSELF

CODES = "layer_code"
MONTHS = 3  # of the revenue in rollups
# what a contact is expected to keep of a customer, by the primary key of a run's standings
KEPT = Standing.objects.filter(run=OuterRef("run"), customer=OuterRef("customer")).values(kept=Greatest("kept_fen", 0))


@dataclass
class Served:
    """Customers of one way, what served them and what another way would save."""

    customers: int = 0
    services: int = 0
    cost_fen: int = 0
    saving_fen: int = 0
    spared_kept_fen: int = 0  # expected kept revenue of those a clause protects


def board(place: Place) -> Board:
    """Return the three tiles; nothing for a night that did not look."""
    cells = place.cells([CODES, RIVAL])
    if not cells.get(RIVAL) and not Rollup.objects.filter(run=place.run, kind=RIVAL).exists():
        return Board([], empty=_("This night has not looked for cheaper ways: the next one will."))
    if not partition.has_members(place.run):
        return Board([], empty=str(MEMBERS_GONE))
    served, spared = _served(place)
    return Board(
        [
            _ways(served, total(cells.get(CODES, {}), column=Code.C), place),
            _protected(spared, served, place),
            _rival(cells.get(RIVAL, {}), place),
        ]
    )


def _served(place: Place) -> tuple[dict[str, Served], Counter[int]]:
    """Return the served by way ("" stays with people), and how many each clause spares (one may have several)."""
    rows = ChannelSteering.objects.filter(run=place.run)
    if place.county_ids is not None:
        rows = rows.filter(county_id__in=place.county_ids)
    sums = rows.values("way", "protection").annotate(
        many=Count("pk"),
        services_sum=Sum("services"),
        cost=Sum("cost_fen"),
        saving=Sum("saving_fen"),
        kept=Sum(Case(When(protection__gt=0, then=Subquery(KEPT)), default=0)),
    )
    served: dict[str, Served] = defaultdict(Served)
    spared: Counter[int] = Counter()
    for row in sums:
        one = served[row["way"]]
        one.customers += row["many"]
        one.services += row["services_sum"]
        one.cost_fen += row["cost"]
        one.saving_fen += row["saving"]
        one.spared_kept_fen += row["kept"] or 0
        spared.update({clause: row["many"] for clause in CLAUSES if row["protection"] & clause})
    return served, spared


def _ways(served: dict[str, Served], everybody: Cell, place: Place) -> Tile:
    costs = {cost.code: cost for cost in ChannelCost.objects.all()}
    lines = [
        _way(costs[code].name, served[code], place, code, unit_fen=costs[code].unit_fen)
        for code in BY_ITSELF
        if code in costs
    ]
    lines.append(_way(_("Stays with people"), served[""], place, "personal", unit_fen=None))
    lines.append(_sum(served, place))
    heads = [
        Head(_("Cheapest accepted way"), is_number=False),
        Head(_("Customers")),
        Head(_("Services by people")),
        Head(_("Cost to serve")),
        Head(_("Unit cost")),
        Head(_("Saving")),
    ]
    saving = sum(one.saving_fen for one in served.values())
    cost = sum(one.cost_fen for one in served.values())
    return Tile(
        name="ways",
        title=_("Cheaper ways they would accept"),
        definition=define("boards.ways"),
        table=Table(
            _("Customers of code C by cheapest accepted way"),
            heads,
            place.shown(lines, columns=[0]),
        ),
        pairs=(
            (
                Entry(everybody.customers, "count", place.list_url(code=int(Code.C), in_network="1")),
                _("code C customers, all of them kept"),
            ),
            (Entry(percent(saving, cost), "percent"), _("of the cost of serving them could be saved at most")),
        )
        if place.opens_lists
        else (),
        note=_("Nobody is moved by this page: it proposes a way, and the services stay the same."),
        keeps_table=True,
        is_wide=True,
    )


def _way(label: str, one: Served, place: Place, value: str, *, unit_fen: int | None) -> Line:
    return Line(
        str(label),
        [
            Entry(one.customers, "count", place.list_url(steering=value)),
            Entry(one.services),
            Entry(one.cost_fen, "yuan"),
            Entry(unit_fen, "exact_yuan"),
            Entry(one.saving_fen, "yuan"),
        ],
    )


def _sum(served: dict[str, Served], place: Place) -> Line:
    whole = Served(
        *(
            sum(getattr(one, name) for one in served.values())
            for name in ("customers", "services", "cost_fen", "saving_fen")
        )
    )
    line = _way(_("Total"), whole, place, "served", unit_fen=None)
    return Line(line.label, line.entries, is_sum=True)


def _protected(spared: Counter[int], served: dict[str, Served], place: Place) -> Tile:
    lines = [
        Line(str(PROTECTIONS[clause]), [Entry(spared[clause], "count", place.list_url(steering=f"spared-{clause}"))])
        for clause in CLAUSES
    ]
    return Tile(
        name="spared",
        title=_("Protected from the cheap-only way"),
        definition=define("boards.spared"),
        table=Table(
            _("Protected customers by reason"),
            [Head(_("Reason"), is_number=False), Head(_("Customers"))],
            place.shown(lines, columns=[0]),
        ),
        pairs=_protected_value(served[""].spared_kept_fen, place),
        keeps_table=True,
        is_wide=True,
    )


def _protected_value(kept_fen: int, place: Place) -> tuple[tuple[Entry, str], ...]:
    """Return the value protected: what a contact is expected to keep of the spared within a year, with its range."""
    if not place.opens_lists:
        return ()
    half = doubt_of(place.run).half_fen(kept_fen)
    if half is None:
        return ((Entry(kept_fen, "yuan"), _("value protected: expected kept revenue of the spared within a year")),)
    words = _(
        "value protected: expected kept revenue of the spared within a year, ±%(half)s by the check of the churn model"
    )
    return ((Entry(kept_fen, "yuan"), words % {"half": cvm_format.yuan_short(half)}),)


def _rival(rival: Matrix, place: Place) -> Tile:
    everybody, lowest = total(rival, row=EVERYBODY), total(rival, row=LOWEST)
    tied, tied_to = total(rival, row=TIED), total(rival, row=TIED_TO)
    remaining = Cell(everybody.customers - lowest.customers, everybody.revenue_fen - lowest.revenue_fen)
    best = rival.get((EVERYBODY, 1), Cell())
    lines = [
        _seen(_("Everybody on the network"), everybody, best.customers),
        _seen(
            _("Without the tenth that pays least"), remaining, best.customers - rival.get((LOWEST, 1), Cell()).customers
        ),
        _seen(_("Of that tenth: a code A customer in family or unit"), tied, None),
        _seen(_("Those code A customers"), tied_to, None),
    ]
    return Tile(
        name="rival",
        title=_("What a rival would see"),
        definition=define("boards.rival"),
        table=Table(
            _("What a rival would see with and without the tenth that pays least"),
            [
                Head(_("Who"), is_number=False),
                Head(_("Customers")),
                Head(_("Mean bill a month")),
                Head(_("Share of mid/high-end")),
                Head(_("Revenue of 3 months")),
            ],
            place.shown(lines, columns=[0]),
        ),
        keeps_table=True,
        is_wide=True,
    )


def _seen(label: str, cell: Cell, best: int | None) -> Line:
    mean = cell.revenue_fen // (MONTHS * cell.customers) if cell.customers else None
    share = None if best is None else percent(best, cell.customers)
    entries = [Entry(cell.customers), Entry(mean, "yuan"), Entry(share, "percent"), Entry(cell.revenue_fen, "yuan")]
    return Line(label, entries)
