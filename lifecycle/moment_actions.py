"""Writes on the catalogue of key moments: one kind at a time, against the version the editor saw."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from customers import audit
from customers.models import Branch, Staff
from lifecycle.models import MomentKind
from lifecycle.thresholds import checked

# what people may change; code, bit and category are the module's, for good
EDITABLE = (
    "name_zh",
    "name_en",
    "action_zh",
    "action_en",
    "script_zh",
    "script_en",
    "closing_zh",
    "closing_en",
    "evidence_zh",
    "evidence_en",
    "cool_down_days",
    "repeats",
    "owner_role",
    "backup_role",
    "channel_ab",
    "channel_c",
    "channel_strategic",
    "is_enabled",
)


class KindChanged(Exception):
    """Somebody saved this kind in the meantime; look at it again."""


def change_kind(
    kind: MomentKind,
    *,
    seen_version: int,
    values: Mapping[str, Any],
    thresholds: Mapping[str, int],
    counties: Sequence[Branch],
    by: Staff,
    at: dt.datetime,
    reason: str = "",
) -> MomentKind:
    """Save a kind as its next version; nights opened from now on use it. Raises KindChanged or a ThresholdError.

    Saving what already stands there changes nothing, not even the version.
    """
    kept = checked(kind.code, thresholds)
    with transaction.atomic():
        locked = MomentKind.objects.select_for_update(of=("self",)).get(pk=kind.pk)
        if locked.version != seen_version:
            raise KindChanged
        before = _stored(locked)
        after = {name: values[name] for name in EDITABLE} | {
            "thresholds": kept,
            "counties": sorted(county.pk for county in counties),
        }
        changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
        if not changed:
            return locked
        for name in EDITABLE:
            setattr(locked, name, values[name])
        locked.thresholds, locked.version = kept, seen_version + 1
        locked.updated_at, locked.updated_by = at, by
        locked.save()
        locked.counties.set(counties)
        audit.record(
            "moment.change",
            actor=by,
            at=at,
            subject=locked,
            reason=reason,
            version=locked.version,
            changed=changed,
        )
    return locked


def _stored(kind: MomentKind) -> dict[str, Any]:
    values = {name: getattr(kind, name) for name in EDITABLE}
    counties = sorted(kind.counties.values_list("pk", flat=True))
    return values | {"thresholds": kind.thresholds, "counties": counties}
