"""Value to come against value as it came, by tenth of the customers: may the forecast be trusted?"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from cvm.dashboards.place import Place
from cvm.dashboards.tiles import Board, Entry, Head, Line, Table, Tile, percent
from cvm.definitions.catalogue import define
from retention.models import ChurnModel


def board(place: Place) -> Board:
    """Return the check of the run's model; a reader of some counties has none, because the model is of the branch."""
    if place.county_ids is not None:
        return Board(
            [], empty=_("The model is checked on the whole branch: choose all counties, or ask who sees them.")
        )
    model = ChurnModel.objects.filter(pk=place.run.plan.get("model", {}).get("id")).defer("artifact").first()
    rows = model.metrics.get("forward", []) if model else []
    if model is None or not rows:
        return Board([], empty=_("The model of this night has not been checked on months that came after it."))
    return Board([_tile(model, rows)])


def _tile(model: ChurnModel, rows: list[dict[str, Any]]) -> Tile:
    lines = [_line(str(row["decile"]), row) for row in rows]
    whole = {name: sum(row[name] for row in rows) for name in ("customers", "forward_fen", "realised_fen")}
    lines.append(_line(_("Total"), whole, is_sum=True))
    heads = [
        Head(_("Tenth, the most valuable first"), is_number=False),
        Head(_("Customers")),
        Head(_("Promised"), colour="--cvm-band-5", is_series=True),
        Head(_("Came"), colour="--cvm-stage-2", is_series=True),
        Head(_("Came of promised")),
    ]
    return Tile(
        name="forward",
        title=_("Value to come against value that came"),
        definition=define("boards.forward", month=f"{model.valid_month:%Y-%m}" if model.valid_month else "–"),
        table=Table(_("Promised and realised value by tenth"), heads, lines),
        chart="pairs",
        unit="yuan",
        description=_("Promised value beside the value that came, per tenth of the customers."),
        keeps_table=True,
        is_wide=True,
    )


def _line(label: str, row: dict[str, Any], *, is_sum: bool = False) -> Line:
    entries = [
        Entry(row["customers"]),
        Entry(row["forward_fen"], "yuan"),
        Entry(row["realised_fen"], "yuan"),
        Entry(percent(row["realised_fen"], row["forward_fen"], places=1), "percent"),
    ]
    return Line(label, entries, is_sum=is_sum)
