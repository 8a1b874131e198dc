"""What one customer needs and what we know of them, for the 360 page and the desk: read in one statement."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import get_language

from customers import verified
from customers.access import can
from customers.completeness import WEIGHTS, completeness
from customers.masking import masked_name, masked_text
from customers.models import Customer, Event, Need

CLOSED_SHOWN = 5
LOG_SHOWN = 12
ASKED = 2  # missing fields prompted in one contact: more would be an interrogation

# Walks the customer's index of each table; what was verified before the number changed hands is another person's.
# A record merged into this one is the same customer.
PANEL = """
with whose as (
  select id from customers_customer where id = %(customer)s
  union all select id from customers_customer where merged_into_id = %(customer)s
)
select json_build_object(
  'kinds', (
    select coalesce(json_agg(json_build_object('code', code, 'zh', name_zh, 'en', name_en) order by code), '[]')
    from customers_needkind where is_active
  ),
  'needs', (
    select coalesce(json_agg(row_to_json(found) order by is_open desc, at desc, id desc), '[]')
    from (
      select need.id, kind.code, kind.name_zh as zh, kind.name_en as en, need.status, need.source, need.words,
             need.is_suggested, need.conclusion, need.collected_at as at,
             need.status in ('collected', 'analysed') as is_open, coalesce(staff.display_name, '') as by,
             row_number() over (partition by need.status in ('collected', 'analysed')
                                order by need.collected_at desc, need.id desc) as place
      from customers_need as need
      join customers_needkind as kind on kind.id = need.kind_id
      left join customers_staff as staff on staff.id = need.collected_by_id
      where need.customer_id in (select id from whose)
    ) as found
    where is_open or place <= %(closed)s
  ),
  'tags', (
    select coalesce(json_agg(json_build_object(
      'code', tag.code, 'zh', tag.name_zh, 'en', tag.name_en, 'meaning', tag.meaning,
      'until', carried.ends_on, 'source', carried.source, 'owner', coalesce(staff.display_name, '')
    ) order by tag.code), '[]')
    from customers_customertag as carried
    join customers_tag as tag on tag.id = carried.tag_id
    left join customers_staff as staff on staff.id = tag.owner_id
    where carried.customer_id in (select id from whose) and tag.is_active and carried.starts_on <= %(today)s
      and (carried.ends_on is null or carried.ends_on >= %(today)s)
  ),
  'checks', (
    select coalesce(json_agg(row_to_json(found) order by at desc, id desc), '[]')
    from (
      select field_check.id, field_check.field, field_check.checked_at as at, field_check.is_correction,
             field_check.before, field_check.after, coalesce(staff.display_name, '') as by,
             row_number() over (partition by field_check.field
                                order by field_check.checked_at desc, field_check.id desc) as place
      from customers_fieldcheck as field_check
      left join customers_staff as staff on staff.id = field_check.checked_by_id
      where field_check.customer_id in (select id from whose)
        and field_check.checked_at >= coalesce((
          select max(occurred_at) from customers_event where customer_id in (select id from whose) and kind = %(new_owner)s
        ), '-infinity')
    ) as found
  )
)
"""


@dataclass(frozen=True)
class NeedLine:
    """One need in the reader's words; `words` is empty for readers who do not speak to customers."""

    id: int
    code: str
    name: str
    status: str
    status_label: str
    source_label: str
    words: str
    conclusion: str
    is_open: bool
    is_suggested: bool
    at: dt.datetime
    by: str


@dataclass(frozen=True)
class TagLine:
    """One tag in force."""

    code: str
    name: str
    meaning: str
    until: dt.date | None
    owner: str


@dataclass(frozen=True)
class KindLine:
    """One kind of need to choose from."""

    code: str
    name: str


@dataclass(frozen=True)
class FieldLine:
    """One profile field: what stands there, who verified it when, how to ask and what can be answered."""

    name: str
    label: str
    ask: str
    kind: str
    value: str  # as stored, for the editor
    shown: str
    choices: list[tuple[str, str]]
    length: int
    is_known: bool
    is_askable: bool  # whether this reader may see and change it
    verified_at: dt.datetime | None
    verified_by: str


@dataclass(frozen=True)
class CheckLine:
    """One line of the correction log."""

    at: dt.datetime
    by: str
    label: str
    is_correction: bool
    before: str
    after: str


@dataclass(frozen=True)
class Known:
    """Everything the two panels show."""

    needs: list[NeedLine]
    closed_needs: list[NeedLine]
    tags: list[TagLine]
    kinds: list[KindLine]
    score: int
    fields: list[FieldLine]
    missing: list[FieldLine]
    asks: list[FieldLine]
    log: list[CheckLine]


def known(customer: Customer, *, user: Any, now: dt.datetime) -> Known:
    """Return needs, tags and the state of the record as this person may read them; one query."""
    parameters = {
        "customer": customer.pk,
        "closed": CLOSED_SHOWN,
        "today": timezone.localdate(now),
        "new_owner": Event.Kind.OWNER_CHANGED.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(PANEL, parameters)
        found: Any = cursor.fetchone()[0]
    said = json.loads(found) if isinstance(found, str) else found
    newest = {check["field"]: check for check in said["checks"] if check["place"] == 1}
    counted = completeness(
        {field: getattr(customer, field) for field in WEIGHTS}, verified=[name for name in newest if name in WEIGHTS]
    )
    fields = [_field(customer, name, newest.get(name), missing=counted.missing, user=user) for name in WEIGHTS]
    missing = [field for field in fields if not field.is_known]
    lines = [_need(row, user=user) for row in said["needs"]]
    return Known(
        needs=[line for line in lines if line.is_open],
        closed_needs=[line for line in lines if not line.is_open],
        tags=[_tag(row) for row in said["tags"]],
        kinds=[KindLine(row["code"], _name(row)) for row in said["kinds"]],
        score=counted.score,
        fields=fields,
        missing=missing,
        asks=[field for field in missing if field.is_askable][:ASKED],
        log=[_check(row, user=user) for row in said["checks"][:LOG_SHOWN]],
    )


def _name(row: Mapping[str, Any]) -> str:
    return str(row["en" if get_language() == "en" else "zh"])


def _at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def _need(row: Mapping[str, Any], *, user: Any) -> NeedLine:
    speaks = can(user, "customers.see_name")
    return NeedLine(
        id=row["id"],
        code=row["code"],
        name=_name(row),
        status=row["status"],
        status_label=str(Need.Status(row["status"]).label),
        source_label=str(Need.Source(row["source"]).label),
        words=masked_text(row["words"]) if speaks else "",
        conclusion=row["conclusion"],
        is_open=row["is_open"],
        is_suggested=row["is_suggested"],
        at=_at(row["at"]),
        by=row["by"],
    )


def _tag(row: Mapping[str, Any]) -> TagLine:
    until = dt.date.fromisoformat(row["until"]) if row["until"] else None
    return TagLine(row["code"], _name(row), row["meaning"], until, row["owner"])


def _field(
    customer: Customer, name: str, check: Mapping[str, Any] | None, *, missing: tuple[str, ...], user: Any
) -> FieldLine:
    editable, value = verified.EDITABLE[name], verified.written(getattr(customer, name))
    is_hidden = name == "name" and not can(user, "customers.see_name")
    return FieldLine(
        name=name,
        label=str(editable.label),
        ask=str(editable.ask),
        kind=editable.kind,
        value="" if is_hidden else value,
        shown=masked_name(value) if is_hidden else verified.shown(name, value),
        choices=[(str(number), str(label)) for number, label in editable.choices],
        length=editable.length,
        is_known=name not in missing,
        is_askable=can(user, "customers.correct") and not is_hidden,
        verified_at=_at(check["at"]) if check else None,
        verified_by=check["by"] if check else "",
    )


def _check(row: Mapping[str, Any], *, user: Any) -> CheckLine:
    name = row["field"]
    is_hidden = name == "name" and not can(user, "customers.see_name")
    before, after = (
        masked_name(row[side]) if is_hidden else verified.shown(name, row[side]) for side in ("before", "after")
    )
    label = str(verified.EDITABLE[name].label) if name in verified.EDITABLE else name
    return CheckLine(_at(row["at"]), row["by"], label, row["is_correction"], before, after)
