"""Packed monthly history: written with the bill rows, read by the night, checked against the rows.

A block is derived: `rebuild` makes it from the rows again, `differences` says where it departs from them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.utils.translation import gettext as _

from customers.history import (
    ARREARS,
    FACTS,
    HAS_BILL,
    IN_NETWORK,
    PORTED,
    PRE_CANCEL,
    SIGNED,
    SUSPENDED,
    id_range,
)
from customers.models import Customer, HistoryBlock
from customers.partitions import partition_months
from cvm.lib import bulk
from cvm.lib.months import first_day

Array = npt.NDArray[Any]
History = dict[str, npt.NDArray[np.int32]]
State = Customer.State
FACT_TYPE = np.dtype("<i4")
EPOCH_MONTH = 1970 * 12

# The columns of a bill row that facts are made of, as they are copied out.
BILL_COLUMNS = (
    ("customer_id", "int4"),
    ("state", "int2"),
    ("is_signed", "bool"),
    ("arpu_fen", "int4"),
    ("owed_fen", "int4"),
    ("voice_min", "int4"),
    ("data_mb", "int4"),
    ("sms_count", "int4"),
    ("active_days", "int2"),
    ("over_fee_fen", "int4"),
)
_BILLS = (
    f"select {', '.join(name for name, _ in BILL_COLUMNS)} from customers_monthlybill"  # noqa: S608 constants
    " where month = %(month)s and customer_id between %(first)s and %(last)s order by customer_id"
)
_PACKED = """
select int4send(month - '1970-01-01'::date), {facts}
from customers_historyblock
where bucket = %(bucket)s and month between %(oldest)s and %(newest)s
"""
# One customer of a block each, however far apart: the places of one month that a block does not reach have no row.
_FEW = """
select coalesce(string_agg(int4send(asked.position::int4) || int4send(month - '1970-01-01'::date) || {facts}, ''), '')
from unnest(%(buckets)s::int[], %(places)s::int[]) with ordinality as asked (bucket, place, position)
join customers_historyblock as block
  on block.bucket = asked.bucket and block.size > asked.place and block.month between %(oldest)s and %(newest)s
"""


@dataclass(frozen=True)
class Difference:
    """A block that does not say what the rows say."""

    month: dt.date
    bucket: int
    what: str
    block: str
    rows: str


class HistoryDiffers(Exception):
    """Packed history and bill rows do not say the same; `differences` lists where."""

    def __init__(self, differences: list[Difference]) -> None:
        super().__init__(f"{len(differences)} differences between packed history and bills")
        self.differences = differences


def flags_of(*, state: Array, is_signed: Array, owed_fen: Array) -> npt.NDArray[np.int32]:
    """Return the flag bits of bill rows (meaning of each bit: customers/history.py)."""
    suspended = np.isin(state, (State.ONE_WAY, State.SUSPENDED, State.KEEP_NUMBER))
    flags = np.full(len(state), HAS_BILL, np.int32)
    flags |= np.where(np.isin(state, Customer.IN_NETWORK), IN_NETWORK, 0).astype(np.int32)
    flags |= np.where(is_signed, SIGNED, 0).astype(np.int32)
    flags |= np.where(suspended, SUSPENDED, 0).astype(np.int32)
    flags |= np.where(state == State.PRE_CANCEL, PRE_CANCEL, 0).astype(np.int32)
    flags |= np.where(suspended & (owed_fen > 0), ARREARS, 0).astype(np.int32)
    flags |= np.where(state == State.PORTED_OUT, PORTED, 0).astype(np.int32)
    return flags


def write(*, month: dt.date, bills: Mapping[str, Array]) -> None:
    """Store the blocks of a month of bills (columns of BILL_COLUMNS, any order of rows); replaces what stood there.

    To be called in the transaction that writes the bill rows; `bills` are all bills of every bucket they touch.
    """
    bucket = (bills["customer_id"] - 1) // settings.CVM_BUCKET_SIZE
    order = np.argsort(bucket, kind="stable")
    numbers, starts = np.unique(bucket[order], return_index=True)
    for number, rows in zip(numbers.tolist(), np.split(order, starts[1:]), strict=True):
        _store(month, number, {name: column[rows] for name, column in bills.items()})


def rebuild(cursor: Any, *, month: dt.date, buckets: Iterable[int]) -> int:
    """Make the blocks of a month again from the rows; return how many there are now."""
    stored = 0
    for bucket in buckets:
        bills = bills_of(cursor, month=month, bucket=bucket)
        if len(bills["customer_id"]):
            _store(month, bucket, bills)
            stored += 1
        else:
            HistoryBlock.objects.filter(month=month, bucket=bucket).delete()
    return stored


def bills_of(cursor: Any, *, month: dt.date, bucket: int) -> dict[str, Array]:
    """Return the bill rows of one month and bucket as columns, by customer id."""
    first, last = id_range(bucket)
    return bulk.read(cursor, _BILLS, {"month": month, "first": first, "last": last}, BILL_COLUMNS)


def differences(cursor: Any, *, month: dt.date, buckets: Iterable[int]) -> Iterator[Difference]:
    """Yield where the blocks of a month depart from the rows: count, sum, facts or their checksum."""
    blocks = {block.bucket: block for block in HistoryBlock.objects.filter(month=month)}
    for bucket in buckets:
        bills = bills_of(cursor, month=month, bucket=bucket)
        block = blocks.get(bucket)
        for what, said, expected in _compared(block, bills, bucket):
            if said != expected:
                yield Difference(month, bucket, what, said, expected)


def check(cursor: Any, *, only: dt.date | None = None) -> int:
    """Compare every month (or one) with its rows and return how many agree; raises HistoryDiffers."""
    months = months_known(cursor, only=only)
    found = [
        one for month in months for one in differences(cursor, month=month, buckets=buckets_of(cursor, month=month))
    ]
    if found:
        raise HistoryDiffers(found)
    return len(months)


def in_words(difference: Difference) -> str:
    """Return one difference as a sentence: where, what, and both sides (checksums by their first digits)."""
    return _("%(month)s, bucket %(bucket)d, %(what)s: packed %(block)s, rows %(rows)s") % {
        "month": difference.month.strftime("%Y-%m"),
        "bucket": difference.bucket,
        "what": difference.what,
        "block": difference.block[:16],
        "rows": difference.rows[:16],
    }


def months_known(cursor: Any, *, only: dt.date | None = None) -> list[dt.date]:
    """Return the months that have bills or blocks, oldest first; or just the one asked for."""
    if only is not None:
        return [only]
    packed = HistoryBlock.objects.values_list("month", flat=True).distinct()
    return sorted({*packed, *partition_months(cursor)})


def buckets_of(cursor: Any, *, month: dt.date) -> range:
    """Return every bucket that has a bill or a block in the month."""
    cursor.execute(
        "select greatest((select (coalesce(max(customer_id), 0) + %(size)s - 1) / %(size)s from customers_monthlybill"
        " where month = %(month)s),"
        " (select coalesce(max(bucket) + 1, 0) from customers_historyblock where month = %(month)s))",
        {"size": settings.CVM_BUCKET_SIZE, "month": month},
    )
    return range(cursor.fetchone()[0])


def read_history(
    cursor: Any, bucket: int, ids: Array, *, month: int, months: int, facts: Sequence[str] = FACTS
) -> History:
    """Return each fact as [months, customers] for these ids of a bucket; row 0 is `month`.

    Only the slice of the block that the ids span is read. Missing months and missing tails are zeros.
    """
    history = {fact: np.zeros((months, len(ids)), np.int32) for fact in facts}
    if not len(ids):
        return history
    first, _ = id_range(bucket)
    start, stop = int(ids[0]) - first, int(ids[-1]) - first + 1
    positions = ids - ids[0]
    span = {"bucket": bucket, **_span(month, months)}
    for sent, *values in bulk.read_packed(cursor, _sliced(start, stop, facts), span, 1 + len(facts)):
        row = month - int(_ordinals(np.array(int.from_bytes(sent))))
        for fact, packed in zip(facts, values, strict=True):
            _spread(np.frombuffer(packed, FACT_TYPE), positions, history[fact][row])
    return history


def read_few(cursor: Any, ids: Array, *, month: int, months: int) -> History:
    """Return the facts of customers who lie far apart, of any bucket, as `read_history` does; one statement."""
    history = {fact: np.zeros((months, len(ids)), np.int32) for fact in FACTS}
    size, width = settings.CVM_BUCKET_SIZE, FACT_TYPE.itemsize
    cut = " || ".join(f"substring({fact} from asked.place * {width} + 1 for {width})" for fact in FACTS)
    asked = {"buckets": ((ids - 1) // size).tolist(), "places": ((ids - 1) % size).tolist()}
    asked |= _span(month, months)
    ((joined,),) = bulk.read_packed(cursor, _FEW.format(facts=cut), asked, 1)
    rows = np.frombuffer(joined, [("position", ">i4"), ("day", ">i4"), *((fact, FACT_TYPE) for fact in FACTS)])
    back = month - _ordinals(rows["day"])
    for fact in FACTS:
        history[fact][back, rows["position"] - 1] = rows[fact]
    return history


def facts_of(bills: Mapping[str, Array], bucket: int) -> dict[str, Array]:
    """Return the facts of one bucket's bills, each as little-endian int32 with one place per customer slot."""
    first, _ = id_range(bucket)
    place = bills["customer_id"] - first
    flags = flags_of(state=bills["state"], is_signed=bills["is_signed"], owed_fen=bills["owed_fen"])
    values = {**bills, "flags": flags}
    facts = {fact: np.zeros(int(place.max(initial=-1)) + 1, FACT_TYPE) for fact in FACTS}
    for fact in FACTS:
        facts[fact][place] = values[fact]
    return facts


def checksum_of(facts: Mapping[str, Any]) -> str:
    """Return sha256 over the packed facts in their fixed order."""
    digest = hashlib.sha256()
    for fact in FACTS:
        digest.update(facts[fact])
    return digest.hexdigest()


def _store(month: dt.date, bucket: int, bills: Mapping[str, Array]) -> None:
    facts = facts_of(bills, bucket)
    checksum = checksum_of(facts)
    block = HistoryBlock.objects.select_for_update().defer(*FACTS).filter(month=month, bucket=bucket).first()
    if block is None:
        block = HistoryBlock(month=month, bucket=bucket, revision=0)
    elif block.checksum == checksum:
        return
    block.revision += 1
    block.size, block.checksum = len(facts["flags"]), checksum
    block.bill_count, block.arpu_sum_fen = len(bills["customer_id"]), int(bills["arpu_fen"].sum(dtype=np.int64))
    for fact in FACTS:
        setattr(block, fact, facts[fact].tobytes())
    block.save()


def _compared(block: HistoryBlock | None, bills: Mapping[str, Array], bucket: int) -> Iterator[tuple[str, str, str]]:
    count, total = len(bills["customer_id"]), int(bills["arpu_fen"].sum(dtype=np.int64))
    if block is None:
        yield "bills", "0", str(count)
        return
    yield "bills", str(block.bill_count), str(count)
    yield "sum", str(block.arpu_sum_fen), str(total)
    stored = {fact: bytes(getattr(block, fact)) for fact in FACTS}
    yield "stored checksum", block.checksum, checksum_of(stored)
    yield "facts", checksum_of(stored), checksum_of(facts_of(bills, bucket))


def _sliced(start: int, stop: int, facts: Sequence[str]) -> str:
    width = FACT_TYPE.itemsize
    whole = start == 0 and stop == settings.CVM_BUCKET_SIZE
    cut = "{0}" if whole else f"substring({{0}} from {start * width + 1} for {(stop - start) * width})"
    return _PACKED.format(facts=", ".join(cut.format(fact) for fact in facts))


def _span(month: int, months: int) -> dict[str, Any]:
    return {"oldest": first_day(month - months + 1), "newest": first_day(month)}


def _ordinals(days: Array) -> Array:
    return days.astype(np.int64).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + EPOCH_MONTH


def _spread(packed: Array, positions: Array, row: Array) -> None:
    if len(positions) == int(positions[-1]) + 1:  # no gaps: one straight copy
        row[: len(packed)] = packed[: len(row)]
        return
    reached = positions < len(packed)
    row[reached] = packed[positions[reached]]
