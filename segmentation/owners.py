"""Which department looks after a layer (S-117 to S-119): who owns what, in words, and the change of it.

The first rows: the market department designs every scheme (S-118), the group-customer department serves, markets and
keeps up the group layer (S-119). The handbook names nobody for the others; that they stay with the market department
is our planning default, which an administrator changes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db import transaction

from customers import audit
from customers.models import Staff
from segmentation.models import Department, Layer, LayerOwner


def owners() -> dict[int, str]:
    """Return the owning department's code of each layer."""
    return dict(LayerOwner.objects.values_list("layer", "department"))


def department_words(code: str) -> str:
    """Return a department in words; nothing for a code that is none."""
    return str(Department(code).label) if code in Department.values else ""


def layers_of(department: str) -> list[int]:
    """Return the layers a department looks after."""
    return sorted(layer for layer, code in owners().items() if code == department)


@transaction.atomic
def set_owners(chosen: Mapping[int, Department], *, by: Staff, at: dt.datetime) -> list[Layer]:
    """Give layers to departments; returns those that changed hands, each with a trace."""
    before = dict(LayerOwner.objects.select_for_update().values_list("layer", "department"))
    changed = [Layer(layer) for layer, department in chosen.items() if before.get(layer) != department]
    for layer in changed:
        row, _is_new = LayerOwner.objects.update_or_create(layer=layer, defaults={"department": chosen[layer]})
        trace = {"layer": int(layer), "before": before.get(layer, ""), "after": str(chosen[layer])}
        audit.record("layer_owner.change", actor=by, at=at, subject=row, **trace)
    return changed
