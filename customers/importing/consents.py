"""What customers said about commercial contact, as it comes with their profile. Silence is never consent."""

from __future__ import annotations

from customers.importing import touched
from customers.importing.people import customer_ids
from customers.importing.rows import Rows
from customers.importing.targets import Context
from customers.models import Consent

SOURCE = "import"
UNKNOWN, GIVEN, REFUSED = 0, 1, 2  # the numbers the templates' words stand for
CHANNEL_OF = {
    "consent_call": Consent.Channel.CALL.value,
    "consent_sms": Consent.Channel.SMS.value,
    "consent_app": Consent.Channel.APP.value,
}
AT_ONCE = 50_000

# A word given to one of us outranks a file; a file that repeats itself changes nothing.
_UPSERT = """
insert into customers_consent (customer_id, channel, is_given, said_at, source)
select customer_id, %(channel)s, is_given, %(said_at)s, %(source)s
from unnest(%(customers)s, %(given)s) as said (customer_id, is_given)
on conflict (customer_id, channel) do update
set is_given = excluded.is_given, said_at = excluded.said_at
where customers_consent.source = excluded.source and customers_consent.is_given <> excluded.is_given
returning customer_id
"""


def store_consents(rows: Rows, context: Context) -> None:
    """Store the consents of a profile file; who said nothing keeps what is known."""
    for name in sorted(rows.present.intersection(CHANNEL_OF)):
        said = rows.take(rows[name] != UNKNOWN)
        ids = customer_ids(said["user_code"], context.cursor, by="user_code")
        for start in range(0, len(ids), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            values = {"customers": ids[part].tolist(), "given": (said[name][part] == GIVEN).tolist()}
            fixed = {"channel": CHANNEL_OF[name], "said_at": context.now, "source": SOURCE}
            context.cursor.execute(touched.noting(_UPSERT), values | fixed)
