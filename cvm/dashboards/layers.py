"""The layers with the departments that look after them (S-115 to S-119): who they are, what they bring, who serves them."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from customers.queries import Cell, Matrix, total
from cvm.dashboards.place import Place
from cvm.dashboards.tiles import Board, Choice, Entry, Head, Line, Table, Tile, percent
from cvm.definitions.catalogue import define
from segmentation.models import Code, Department, Layer
from segmentation.owners import department_words, owners

CODES = "layer_code"


def board(place: Place) -> Board:
    """Return layers and departments, of one department where the address names one; Http404 for none that exists."""
    chosen, owned = place.query.get("owner", ""), owners()
    if chosen and chosen not in Department.values:
        raise Http404(_("No such department."))
    options = [("", str(_("All departments"))), *((code, str(words)) for code, words in Department.choices)]
    choices = [Choice("owner", _("Owner department"), options, chosen)]
    cells = place.cells([CODES]).get(CODES, {})
    layers = [layer for layer in Layer if not chosen or owned.get(layer) == chosen]
    return Board([_layers(layers, cells, owned, place), _departments(cells, owned, place)], choices)


def _layers(layers: list[Layer], cells: Matrix, owned: dict[int, str], place: Place) -> Tile:
    everybody = total(cells)
    lines = [
        _line(str(layer.label), total(cells, row=layer), everybody, place, codes=_codes(cells, layer, place),
              owner=department_words(owned.get(layer, "")), layer=[int(layer)])
        for layer in layers
    ]  # fmt: skip
    whole = sum((total(cells, row=layer) for layer in layers), Cell())
    codes = [Entry(sum(cells.get((layer, code), Cell()).customers for layer in layers)) for code in Code]
    lines.append(
        _line(
            _("Total"), whole, everybody, place, codes=codes, owner="", layer=[int(one) for one in layers], is_sum=True
        )
    )
    heads = [
        Head(_("Layer"), is_number=False),
        Head(_("Owner department"), is_number=False),
        Head(_("Customers"), is_series=True),
        *(Head(_("Code %(code)s") % {"code": code.label}) for code in Code),
        Head(_("Share of customers")),
        Head(_("Revenue")),
        Head(_("Share of revenue")),
    ]
    return Tile(
        name="layers",
        title=_("Layers and their owners"),
        definition=define("boards.layers"),
        table=Table(
            _("Customers by layer and code"),
            heads,
            place.shown(place.shown(lines, columns=[1]), columns=range(2, 5), closes_rows=True),
        ),
        keeps_table=True,
        is_wide=True,
        more=(reverse("layer-owners"), _("Owners of the layers")),
    )


def _departments(cells: Matrix, owned: dict[int, str], place: Place) -> Tile:
    everybody, lines = total(cells), []
    for department in Department:
        layers = [Layer(layer) for layer, code in sorted(owned.items()) if code == department]
        whole = sum((total(cells, row=layer) for layer in layers), Cell())
        names = ", ".join(str(layer.label) for layer in layers) or "–"
        lines.append(
            _line(
                str(department.label),
                whole,
                everybody,
                place,
                codes=[],
                owner=names,
                layer=[int(one) for one in layers],
            )
        )
    heads = [
        Head(_("Department"), is_number=False),
        Head(_("Layers"), is_number=False),
        Head(_("Customers")),
        Head(_("Share of customers"), colour="--cvm-band-2", is_series=True),
        Head(_("Revenue")),
        Head(_("Share of revenue"), colour="--cvm-band-5", is_series=True),
    ]
    return Tile(
        name="departments",
        title=_("Who looks after whom"),
        definition=define("boards.departments"),
        table=Table(_("Customers and revenue by department"), heads, place.shown(lines, columns=[1])),
        chart="pairs",
        description=_("Share of customers beside share of revenue."),
        keeps_table=True,
        is_wide=True,
    )


def _codes(cells: Matrix, layer: Layer, place: Place) -> list[Entry]:
    return [
        Entry(
            cells.get((layer, code), Cell()).customers,
            "count",
            place.list_url(layer=int(layer), code=int(code), in_network="1"),
        )
        for code in Code
    ]


def _line(
    label: str, cell: Cell, everybody: Cell, place: Place, *, codes: list[Entry], owner: str, layer: list[int],
    is_sum: bool = False,
) -> Line:  # fmt: skip
    url = place.list_url(layer=layer, in_network="1") if layer else ""
    entries: list[Any] = [
        Entry(owner, "text"),
        Entry(cell.customers, "count", url),
        *codes,
        Entry(percent(cell.customers, everybody.customers, places=1), "percent"),
        Entry(cell.revenue_fen, "yuan"),
        Entry(percent(cell.revenue_fen, everybody.revenue_fen, places=1), "percent"),
    ]
    return Line(label, entries, is_sum=is_sum)
