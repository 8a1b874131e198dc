"""What the owner of the catalogue does with tags. Each is one transaction and leaves a trace."""

from __future__ import annotations

import datetime as dt

from django.db import connection, transaction

from customers import audit
from customers.models import Staff, Tag
from customers.tags import lowest_free_bit


@transaction.atomic
def create_tag(
    *,
    code: str,
    name_zh: str,
    name_en: str,
    meaning: str,
    lasts_days: int,
    owner: Staff | None,
    by: Staff,
    at: dt.datetime,
) -> Tag:
    """Make a tag on the lowest free bit. Raises TagsFull; IntegrityError `tag_code_unique`."""
    with connection.cursor() as cursor:
        # Two people making a tag at once take turns, else both would find the same bit free.
        cursor.execute("lock table customers_tag in share row exclusive mode")
    bit = lowest_free_bit(set(Tag.objects.values_list("bit", flat=True)))
    tag = Tag.objects.create(
        code=code, name_zh=name_zh, name_en=name_en, meaning=meaning, lasts_days=lasts_days, owner=owner, bit=bit
    )
    audit.record("tag.create", actor=by, at=at, subject=tag, code=code, bit=bit)
    return tag


@transaction.atomic
def change_tag(
    tag: Tag,
    *,
    name_zh: str,
    name_en: str,
    meaning: str,
    lasts_days: int,
    owner: Staff | None,
    by: Staff,
    at: dt.datetime,
) -> None:
    """Rename a tag, say what it means, give it another owner or lifetime; its code and bit stay for good."""
    values = {
        "name_zh": name_zh,
        "name_en": name_en,
        "meaning": meaning,
        "lasts_days": lasts_days,
        "owner_id": owner.pk if owner else None,
    }
    changed = sorted(name for name, value in values.items() if getattr(tag, name) != value)
    if changed:
        Tag.objects.filter(pk=tag.pk).update(**values)
        audit.record("tag.change", actor=by, at=at, subject=tag, fields=changed)


@transaction.atomic
def switch_tag(tag: Tag, *, on: bool, by: Staff, at: dt.datetime) -> bool:
    """Put a tag in or out of use; False when it is so already. Customers keep their rows, rules stop seeing them."""
    changed = Tag.objects.filter(pk=tag.pk, is_active=not on).update(is_active=on)
    if changed:
        audit.record("tag.switch_on" if on else "tag.switch_off", actor=by, at=at, subject=tag)
    return bool(changed)
