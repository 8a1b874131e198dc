"""Suggest needs from data and texts, bucket by bucket: one transaction each, so that doing one again changes nothing."""

from __future__ import annotations

import datetime as dt

import numpy as np
from django.db import connection, transaction

from customers.frame import Frame
from customers.frames import load_frame
from customers.loading.aliases import place_of
from customers.loading.need_signs import sign_columns
from customers.loading.place import Place
from customers.models import NeedKind, Run
from customers.need_signs import SignTerms, is_in_use, signs
from customers.needs import OTHER
from cvm.lib.months import month_of
from cvm.needs import texts

RESTS = dt.timedelta(days=180)  # a kind somebody closed for a customer is not suggested again so soon

SUGGEST = """
    insert into customers_need (customer_id, kind_id, source, status, words, is_suggested, collected_at, conclusion,
                                source_key)
    select given.customer_id, %(kind)s, 'data', 'collected', given.words, true, %(at)s, '', ''
    from unnest(%(customers)s::int4[], %(words)s::text[]) as given (customer_id, words)
    where not exists (
        select 1 from customers_need as need
        where need.customer_id = given.customer_id and need.kind_id = %(kind)s
          and (need.status in ('collected', 'analysed') or need.closed_at > %(rests)s)
    )
    order by given.customer_id
    on conflict do nothing
"""
# A suggestion nobody touched and no sign carries any more would mislead.
WITHDRAW = """
    delete from customers_need as need
    where need.customer_id between %(first)s and %(last)s and need.kind_id = %(kind)s and need.source = 'data'
      and need.is_suggested and need.status = 'collected' and not need.customer_id = any(%(customers)s)
"""


def suggest(*, run: Run, at: dt.datetime, terms: SignTerms | None = None) -> dict[str, int]:
    """Bring the suggestions in line with the data of the published run; return the new ones by kind."""
    made: dict[str, int] = {}
    for bucket in range(run.buckets):
        for code, number in suggest_bucket(bucket, run=run, at=at, terms=terms or SignTerms()).items():
            made[code] = made.get(code, 0) + number
    return made


@transaction.atomic
def suggest_bucket(bucket: int, *, run: Run, at: dt.datetime, terms: SignTerms) -> dict[str, int]:
    """Do one bucket of customers; kinds out of use are left alone."""
    kinds = dict(NeedKind.objects.filter(is_active=True).exclude(code=OTHER).values_list("code", "pk"))
    frame, said = _read(bucket, run=run, terms=terms, codes=sorted(kinds))
    found = _wanted(frame, said, terms)
    with connection.cursor() as cursor:
        return {
            code: _store(cursor, kinds[code], frame, mask, said=said[code], at=at)
            for code, mask in found.items()
            if code in kinds
        }


def _read(bucket: int, *, run: Run, terms: SignTerms, codes: list[str]) -> tuple[Frame, texts.Said]:
    month = month_of(run.month)
    frame = load_frame(bucket=bucket, as_of=run.as_of, month=month, months=terms.window_months)
    with connection.cursor() as cursor:
        place = place_of(cursor, frame["id"])
        columns = sign_columns(cursor, place, run.as_of, month=month, terms=terms)
        return frame.with_columns(**columns), texts.said(cursor, place, run.as_of, codes=codes)


def _wanted(frame: Frame, said: texts.Said, terms: SignTerms) -> dict[str, np.ndarray]:
    """Return by kind who seems to need it: by the signs of the data, or by a text; lines out of use need nothing."""
    seen, in_use = signs(frame, terms), is_in_use(frame)
    nobody = np.zeros(len(frame), np.bool_)
    spoken = {code: in_use & np.isin(frame["id"], list(people)) for code, people in said.items()}
    return {code: seen.get(code, nobody) | spoken.get(code, nobody) for code in sorted({*seen, *spoken})}


def _store(cursor, kind: int, frame: Frame, mask: np.ndarray, *, said: dict[int, str], at: dt.datetime) -> int:
    place = Place(frame["id"])
    customers = frame["id"][mask].tolist()
    words = [said.get(customer, "") for customer in customers]
    parameters = {"kind": kind, "customers": customers, "words": words, "at": at, "rests": at - RESTS}
    cursor.execute(WITHDRAW, parameters | {"first": place.first, "last": place.last})
    cursor.execute(SUGGEST, parameters)
    return int(cursor.rowcount)
