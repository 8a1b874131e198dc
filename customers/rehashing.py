"""The hashes of all numbers again, in batches: after a new key, searches find nobody until this is done."""

from __future__ import annotations

from django.db import connection

from customers.models import Customer
from customers.numbers import hashes_of

BATCH = 20_000

_WRITE = """
update customers_customer
set number_hash = said.hash
from unnest(%(ids)s::int[], %(hashes)s::text[]) as said (id, hash)
where said.id = customers_customer.id and customers_customer.number_hash <> said.hash
"""


def rehash(*, batch: int = BATCH) -> tuple[int, int]:
    """Hash every number under the present key, each batch in a transaction; return how many were seen and changed."""
    seen = changed = last = 0
    while rows := list(Customer.objects.filter(pk__gt=last).order_by("pk").values_list("pk", "msisdn")[:batch]):
        values = {"ids": [pk for pk, _ in rows], "hashes": hashes_of(number for _, number in rows)}
        with connection.cursor() as cursor:
            cursor.execute(_WRITE, values)
            changed += cursor.rowcount
        seen, last = seen + len(rows), rows[-1][0]
    return seen, changed
