"""What people do with needs: collect, analyse, apply as a tag, drop. One transaction each; doing it twice is harmless."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from customers import audit
from customers.models import Customer, Need, NeedKind, Staff
from customers.needs import OPEN, Kind, understood

LONGEST_WORDS = 200
OPEN_ONCE = "need_open_once"

# A tag put on again is prolonged; one that had ended begins anew. The last day counts.
PUT_TAGS = """
    insert into customers_customertag (customer_id, tag_id, starts_on, ends_on, source, set_by_id)
    select distinct need.customer_id, tag.id, %(today)s::date, %(today)s::date + tag.lasts_days - 1, 'need', %(by)s::int8
    from customers_need as need
    join customers_needkind as kind on kind.id = need.kind_id
    join customers_tag as tag on tag.id = kind.tag_id
    where need.id = any(%(needs)s)
    order by need.customer_id, tag.id
    on conflict (customer_id, tag_id) do update
    set starts_on = case when customers_customertag.ends_on < excluded.starts_on
                         then excluded.starts_on else customers_customertag.starts_on end,
        ends_on = case when customers_customertag.ends_on is null then null
                       else greatest(customers_customertag.ends_on, excluded.ends_on) end,
        source = excluded.source, set_by_id = excluded.set_by_id
"""


class KindHasNoTag(Exception):
    """Needs of this kind cannot be applied: no tag in use is assigned to it."""

    def __init__(self, kind: NeedKind) -> None:
        super().__init__(kind.code)
        self.kind = kind


class WordsMissing(ValueError):
    """A conclusion or a reason must be written down."""


@dataclass(frozen=True)
class Recorded:
    """What came of recording a need: a new one, a suggestion confirmed, or one that was open already."""

    need: Need
    is_new: bool = False
    is_confirmed: bool = False


@transaction.atomic
def record_need(customer: Customer, *, text: str, by: Staff, at: dt.datetime) -> Recorded:
    """Record what the customer said in one line. Raises UnknownNeed.

    A kind already open for this customer stays as it is; a suggestion by data becomes a need somebody confirmed.
    """
    rows = {kind.code: kind for kind in NeedKind.objects.filter(is_active=True).order_by("code")}
    kind, words = understood(text, (Kind(row.code, row.name_zh, row.name_en) for row in rows.values()))
    need = collect(customer, kind=rows[kind.code], source=Need.Source.FRONT_LINE, words=words, by=by, at=at)
    if need:
        return Recorded(need, is_new=True)
    return _said_again(customer, kind=rows[kind.code], words=words, by=by, at=at)


@transaction.atomic
def collect(
    customer: Customer, *, kind: NeedKind, source: str, words: str = "", by: Staff | None, at: dt.datetime
) -> Need | None:
    """Open a need; None when the customer has an open one of this kind already."""
    try:
        with transaction.atomic():
            need = Need.objects.create(
                customer=customer,
                kind=kind,
                source=source,
                words=words[:LONGEST_WORDS],
                collected_by=by,
                collected_at=at,
            )
    except IntegrityError as error:
        if OPEN_ONCE not in str(error):
            raise
        return None
    audit.record("need.collect", actor=by, at=at, subject=need, kind=kind.code, source=source)
    return need


@transaction.atomic
def analyse(needs: QuerySet[Need], *, conclusion: str, by: Staff, at: dt.datetime) -> int:
    """Conclude what the collected ones among these needs mean; return how many. Raises WordsMissing."""
    words = _written(conclusion)
    chosen = _locked(needs.filter(status=Need.Status.COLLECTED))
    Need.objects.filter(pk__in=chosen).update(
        status=Need.Status.ANALYSED, analysed_by=by, analysed_at=at, conclusion=words
    )
    _trace("need.analyse", chosen, by=by, at=at, reason=words)
    return len(chosen)


@transaction.atomic
def apply(needs: QuerySet[Need], *, by: Staff, at: dt.datetime) -> int:
    """Put the kind's tag on the customers of the analysed ones and close those needs; return how many.

    Raises KindHasNoTag, before anything is changed.
    """
    chosen = _locked(needs.filter(status=Need.Status.ANALYSED))
    kinds = NeedKind.objects.filter(needs__in=chosen).distinct().select_related("tag").order_by("code")
    for kind in kinds:
        if kind.tag is None or not kind.tag.is_active:
            raise KindHasNoTag(kind)
    with connection.cursor() as cursor:
        cursor.execute(PUT_TAGS, {"today": timezone.localdate(at), "by": by.pk, "needs": chosen})
    Need.objects.filter(pk__in=chosen).update(status=Need.Status.APPLIED, closed_by=by, closed_at=at)
    _trace("need.apply", chosen, by=by, at=at)
    return len(chosen)


@transaction.atomic
def drop(needs: QuerySet[Need], *, reason: str, by: Staff, at: dt.datetime) -> int:
    """Close the open ones among these needs without applying them; return how many. Raises WordsMissing."""
    words = _written(reason)
    chosen = _locked(needs.filter(status__in=OPEN))
    Need.objects.filter(pk__in=chosen).update(status=Need.Status.DROPPED, closed_by=by, closed_at=at, conclusion=words)
    _trace("need.drop", chosen, by=by, at=at, reason=words)
    return len(chosen)


@transaction.atomic
def dismiss(customer: Customer, *, need: int, by: Staff, at: dt.datetime) -> bool:
    """Close a suggestion the customer did not confirm; False when it is none (any more)."""
    suggested = Need.objects.filter(customer=customer, pk=need, is_suggested=True, status__in=OPEN)
    chosen = _locked(suggested)
    Need.objects.filter(pk__in=chosen).update(status=Need.Status.DROPPED, closed_by=by, closed_at=at)
    _trace("need.dismiss", chosen, by=by, at=at)
    return bool(chosen)


def _said_again(customer: Customer, *, kind: NeedKind, words: str, by: Staff, at: dt.datetime) -> Recorded:
    need = Need.objects.get(customer=customer, kind=kind, status__in=OPEN)
    confirmed = Need.objects.filter(pk=need.pk, is_suggested=True).update(
        is_suggested=False, collected_by=by, words=words[:LONGEST_WORDS]
    )
    if confirmed:
        need.refresh_from_db()
        audit.record("need.confirm", actor=by, at=at, subject=need, kind=kind.code)
    return Recorded(need, is_confirmed=bool(confirmed))


def _locked(needs: QuerySet[Need]) -> list[int]:
    """Return the ids in order, locked: two people deciding the same needs take turns, the second finds none."""
    return list(needs.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk", flat=True))


def _written(words: str) -> str:
    text = words.strip()
    if not text:
        raise WordsMissing
    return text[:LONGEST_WORDS]


def _trace(action: str, needs: Iterable[int], *, by: Staff, at: dt.datetime, reason: str = "") -> None:
    """Leave one audit entry per kind touched, with the number of needs."""
    rows: dict[int, int] = {}
    for kind in Need.objects.filter(pk__in=list(needs)).values_list("kind", flat=True):
        rows[kind] = rows.get(kind, 0) + 1
    for row in NeedKind.objects.filter(pk__in=rows).order_by("code"):
        audit.record(action, actor=by, at=at, subject=row, reason=reason, needs=rows[row.pk])
