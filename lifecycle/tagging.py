"""Which key moments ask for a tag, or shut one out (DOMAIN S-103). One transaction each."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import F

from customers import audit
from customers.models import Staff, Tag
from lifecycle.models import MomentKind


class TagsClash(ValueError):
    """A key moment cannot ask for a tag and shut it out at once."""


class ReasonMissing(ValueError):
    """The kind would speak of more customers or others: say why, past tags are not tried again."""


@transaction.atomic
def set_tags(
    kind: MomentKind, *, needs: Tag | None, not_for: Tag | None, by: Staff, at: dt.datetime, reason: str = ""
) -> bool:
    """Say for customers with which tag only, or with which not, the kind speaks from the next night on.

    A new version of the kind; False when nothing changes. Raises TagsClash and ReasonMissing.
    """
    if needs is not None and needs == not_for:
        raise TagsClash(kind.code)
    known = MomentKind.objects.select_for_update().get(pk=kind.pk)
    if (known.needs_tag_id, known.not_for_tag_id) == (needs and needs.pk, not_for and not_for.pk):
        return False
    if known.is_enabled and not reason and _finds_others(known, needs=needs, not_for=not_for):
        raise ReasonMissing(kind.code)
    MomentKind.objects.filter(pk=kind.pk).update(
        needs_tag=needs, not_for_tag=not_for, version=F("version") + 1, updated_at=at, updated_by=by
    )
    codes = {"needs": needs.code if needs else "", "not_for": not_for.code if not_for else ""}
    audit.record("moment_kind.tags", actor=by, at=at, subject=kind, reason=reason, **codes)
    return True


def _finds_others(known: MomentKind, *, needs: Tag | None, not_for: Tag | None) -> bool:
    """Return whether a tag that kept somebody out would no longer do so; one more tag only keeps out more."""
    return (known.needs_tag is not None and known.needs_tag != needs) or (
        known.not_for_tag is not None and known.not_for_tag != not_for
    )
