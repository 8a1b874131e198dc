"""How many customers a list has: out of a rollup when one of its cells says so, over the kept paths when it asks for
nothing else, else counted; exact either way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from customers.access import Scope
from customers.models import Run
from customers.queries import cell_count
from cvm.filters import StandingFilter
from cvm.kept_paths import count_of

# Which rollup answers which pair of filters: kind, its row, its column, only customers on the network
CELLS = (
    ("band_stage", "band", "stage", False),
    ("band_previous", "previous_band", "band", False),
    ("warning_band", "warning", "band", True),
    ("layer_code", "layer", "code", True),
    ("state", "state", "", False),
)


def exact_count(run: Run, wanted: StandingFilter, *, scope: Scope) -> int:
    """Return how many customers match."""
    chosen = _chosen(wanted)
    if scope.manager_id is not None:
        return wanted.qs.order_by().count()
    counties = [int(county) for county in chosen.pop("county", ())] or (
        None if scope.is_everything else list(scope.county_ids)
    )
    if counties and not scope.is_everything and not set(counties) <= set(scope.county_ids):
        return 0
    if kind := _cell_kind(chosen):
        name, row, column, _on_network = kind
        return cell_count(run, kind=name, rows=chosen.get(row, ()), columns=chosen.get(column, ()), county_ids=counties)
    number = count_of(run, chosen, county_ids=counties)
    return wanted.qs.order_by().count() if number is None else number


def _chosen(wanted: StandingFilter) -> dict[str, list[Any]]:
    """Return the filters in use with their values as lists."""
    cleaned: Mapping[str, Any] = wanted.form.cleaned_data
    used = {name: value for name, value in cleaned.items() if value not in (None, "", [])}
    return {name: value if isinstance(value, list) else [value] for name, value in used.items()}


def _cell_kind(chosen: Mapping[str, list[Any]]) -> tuple[str, str, str, bool] | None:
    names = set(chosen)
    on_network = chosen.get("in_network") == [True]
    if "in_network" in names and not on_network:
        return None
    for kind in CELLS:
        _name, row, column, is_network_only = kind
        if names - {"in_network"} <= {row, column} and is_network_only == on_network:
            return kind
    return None
