"""All boards on one page, along the way from choosing customers to earning with them (CCDVTP)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from customers.facets import Products
from customers.queries import Cell, Matrix, total
from cvm.context import address
from cvm.dashboards.place import BANDS, MID_HIGH, Place
from cvm.dashboards.showing import Figure, strip
from cvm.dashboards.small_cells import LEAST
from cvm.dashboards.tiles import Entry, Tile, percent
from cvm.definitions.catalogue import define
from cvm.definitions.registry import Told
from cvm.night.service import SERVICE, YEAR

KINDS = ("band_stage", "band_previous", "by_products", "warning_band", SERVICE, YEAR)


@dataclass(frozen=True)
class Card:
    """A door to a board: its name, the one figure to see before with what it means, and what the figure counts."""

    title: str
    url: str
    figure: Entry | None
    words: str
    definition: Told | None = None


@dataclass(frozen=True)
class Section:
    """One step of the way; `feeds` names what fills a step no board shows yet."""

    key: str
    name: str
    question: str
    cards: list[Card]
    feeds: str = ""

    @property
    def tile(self) -> Tile:
        """Return the figures of the step as a table."""
        found = [
            Figure(card.definition, card.figure, hint=card.words, name=card.title)
            for card in self.cards
            if card.figure is not None and card.definition is not None
        ]
        return replace(strip(found), name=self.key, title=self.name)


def sections(place: Place, *, may: Callable[[str], bool]) -> list[Section]:
    """Return the five steps with the boards and pages that exist for a reader who `may` hold a capability."""
    cells = place.cells(KINDS)
    held = {"county": str(place.county.pk)} if place.county else {}
    held |= {"run": str(place.run.pk)} if place.is_past else {}
    query = f"?{urlencode(held)}" if held else ""

    def card(title: str, name: str, figure: Entry | None, words: str, means: str = "") -> Card:
        return Card(title, address(name) + query, figure, words, define(means) if means else None)

    def page(title: str, name: str, words: str, *, need: str) -> list[Card]:
        return [Card(title, address(name), None, words)] if may(need) and address(name) else []

    stages = cells.get("band_stage", {})
    return [
        Section(
            "target",
            _("Target"),
            _("Whom do we serve first?"),
            [
                card(
                    _("Value pyramid"),
                    "home",
                    _mid_high(stages, place),
                    _("of customers are mid/high-end"),
                    "overview.pyramid",
                ),
                card(
                    _("Concentration of revenue"),
                    "board-concentration",
                    _best(stages),
                    _("of revenue comes from the mid/high-end"),
                    "overview.pyramid",
                ),
                card(
                    _("Dimensions by value band"),
                    "board-pivots",
                    None,
                    _("Brand, tenure, consumption, bundling, group, payment, credit"),
                ),
                card(
                    _("Layers and their owners"),
                    "board-layers",
                    None,
                    _("Which department looks after whom"),
                ),
                *page(
                    _("Segments"), "segments", _("Groups by rule, named and followed over time"), need="segments.view"
                ),
            ],
        ),
        Section(
            "create",
            _("Create value"),
            _("What do they hold, what is missing?"),
            [
                card(
                    _("Multi-product holding"),
                    "board-products",
                    _several(cells.get("by_products", {})),
                    _("of customers hold several products"),
                    "boards.holding",
                ),
                *page(_("Needs"), "needs", _("What customers said and what the data suggest"), need="needs.view"),
            ],
        ),
        Section(
            "communicate",
            _("Communicate"),
            _("How do we reach them?"),
            [
                *page(_("Call lists"), "call-lists", _("Any list becomes calls"), need="call_lists.view"),
                *page(_("Team"), "callcenter:team", _("Today's calls of the phone managers"), need="desk.view_team"),
                *page(
                    _("Tests of offers"),
                    "experiments",
                    _("What an offer did, against customers without it"),
                    need="experiments.view",
                ),
            ],
            _("Calls and contacts feed this step; they are on the team leader's page."),
        ),
        Section(
            "deliver",
            _("Deliver value"),
            _("Do they stay and rise?"),
            [
                card(
                    _("Movement between bands"),
                    "board-movement",
                    _kept(cells.get("band_previous", {})),
                    _("kept their band or rose in the last month"),
                    "boards.kept",
                ),
                *page(
                    _("Stage flow"),
                    "stages",
                    _("Who went from which stage to which, how long stages last, who comes back"),
                    need="dashboard.view",
                ),
                card(
                    _("Card holders and the banner"),
                    "board-banner",
                    None,
                    _("Who keeps the holders of cards best, month by month"),
                ),
                *page(
                    _("Cohort ledger"),
                    "ledger",
                    _("Month by month, who stayed, came and was lost"),
                    need="dashboard.view",
                ),
            ],
        ),
        Section(
            "profit",
            _("Profit"),
            _("What remains?"),
            [
                card(
                    _("Cost to serve against revenue"),
                    "board-costs",
                    _cost(cells.get(SERVICE, {}), cells.get(YEAR, {})),
                    _("of the revenue of twelve months is spent on service"),
                    "boards.cost",
                ),
                card(
                    _("Acquisition, churn, loyalty, profit"),
                    "board-outcome",
                    None,
                    _("The four figures side by side, and our share of the market"),
                ),
                *page(
                    _("Reported figures"),
                    "reported-figures",
                    _("What winning customers costs, how large the market is"),
                    need="figures.report",
                ),
                card(_("Value to come"), "board-forward", None, _("What the model promised and what came, by tenth")),
                card(
                    _("Keep, don't fire"), "board-keep", None, _("Cheaper ways, who is spared, what a rival would see")
                ),
            ],
        ),
    ]


def _on_network(matrix: Matrix) -> Cell:
    return sum((total(matrix, row=band) for band in BANDS), Cell())


def _best(stages: Matrix) -> Entry:
    best = sum((total(stages, row=band) for band in MID_HIGH), Cell())
    return Entry(percent(best.revenue_fen, _on_network(stages).revenue_fen), "percent")


def _mid_high(stages: Matrix, place: Place) -> Entry:
    best = sum((total(stages, row=band) for band in MID_HIGH), Cell()).customers
    is_small = not place.opens_lists and best < LEAST
    return Entry(percent(best, _on_network(stages).customers), "percent", is_hidden=is_small)


def _several(matrix: Matrix) -> Entry:
    return _rate(lambda held, band: band > 0 and held >= Products.TWO, matrix, lambda _held, band: band > 0)


def _kept(matrix: Matrix) -> Entry:
    return _rate(lambda before, now: 0 < before <= now, matrix, lambda before, _now: before > 0)


def _rate(chosen: Callable[[int, int], bool], matrix: Matrix, whole: Callable[[int, int], bool]) -> Entry:
    part = sum(cell.customers for at, cell in matrix.items() if chosen(*at))
    return Entry(percent(part, sum(cell.customers for at, cell in matrix.items() if whole(*at))), "percent")


def _cost(service: Matrix, year: Matrix) -> Entry:
    return Entry(percent(_on_network(service).revenue_fen, _on_network(year).revenue_fen), "percent")
