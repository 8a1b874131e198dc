"""The kinds of moment as arbitration and the desks know them."""

from __future__ import annotations

from typing import Any

from lifecycle.models import MomentKind

ARBITRATED = (
    *("pk", "code", "bit", "category", "is_service"),
    *("channel_ab", "channel_c", "channel_strategic", "owner_role"),
)
WARNING_HOURS = (0, 72, 24, 4)  # first contact by warning level (DOMAIN 4.5)


def arbitration_rows() -> list[dict[str, Any]]:
    """Return what `task_terms.kind_table` takes, as plain JSON values for the plan of a night."""
    return list(MomentKind.objects.order_by("bit").values(*ARBITRATED))
