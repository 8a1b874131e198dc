"""What the owner of the catalogue does with offers. One transaction each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import transaction

from customers import audit
from customers.models import Staff, Tag
from lifecycle.models import Stage
from offers.models import Offer


class TagsClash(ValueError):
    """An offer cannot ask for a tag and shut it out at once."""


@transaction.atomic
def set_tags(offer: Offer, *, needs: Tag | None, not_for: Tag | None, by: Staff, at: dt.datetime) -> bool:
    """Say with which tag only, or not, the next night may suggest the offer; False when nothing changes.

    Raises TagsClash.
    """
    if needs is not None and needs == not_for:
        raise TagsClash(offer.code)
    if (offer.needs_tag_id, offer.not_for_tag_id) == (needs and needs.pk, not_for and not_for.pk):
        return False
    Offer.objects.filter(pk=offer.pk).update(needs_tag=needs, not_for_tag=not_for)
    codes = {"needs": needs.code if needs else "", "not_for": not_for.code if not_for else ""}
    audit.record("offer.tags", actor=by, at=at, subject=offer, **codes)
    return True


@transaction.atomic
def set_stages(offer: Offer, *, stages: Iterable[int], by: Staff, at: dt.datetime) -> bool:
    """Say in which stages of life the next night may suggest the offer, none: in every one; False when nothing changes.

    All five are kept as none: an offer for everybody stays one when a stage is ever added.
    """
    wanted = sorted(set(stages))
    wanted = [] if len(wanted) == len(Stage) else wanted
    if offer.stages == wanted:
        return False
    Offer.objects.filter(pk=offer.pk).update(stages=wanted)
    audit.record("offer.stages", actor=by, at=at, subject=offer, before=offer.stages, after=wanted)
    return True
