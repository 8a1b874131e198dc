"""What customers used while the month ran: one row per customer and month, a later day's file replaces an earlier one's."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from customers.importing.fields import INT2, MSISDN, USER_CODE, Field, count, data, day, minutes
from customers.importing.people import key_of, with_customers
from customers.importing.reasons import Reason
from customers.importing.rows import Account, Rows, distinct
from customers.importing.staging import Columns, merge, stage
from customers.importing.targets import Context, Target
from customers.importing.words import SHARE_UNITS
from customers.models import MappingTemplate
from cvm.lib.months import EPOCH, day_number

TABLE = "customers_usagemonth"
KEY = ("customer_id", "month")
DAYS = 31
FIELDS = (
    USER_CODE,
    MSISDN,
    day("measured_on", required=True),
    data("data_used_mb"),
    data("data_quota_mb"),
    minutes("voice_used_min"),
    minutes("voice_quota_min"),
    count("zero_call_days", high=INT2),
    count("competitor_forward_days", high=DAYS),
    count("competitor_hotline_calls", high=INT2),
    Field("onnet_bp", "measure", low=0, high=10_000, units=SHARE_UNITS, unit="percent"),
    count("province_roam_days", high=DAYS),
    count("abroad_roam_days", high=DAYS),
)
COLUMNS: Columns = {
    "customer_id": "integer",
    "month": "date",
    "measured_on": "date",
    **{field.name: "integer" for field in FIELDS[3:]},
}
# A file of an earlier day must not take back what a later one said.
_OLDER = """
delete from incoming using customers_usagemonth known
where known.customer_id = incoming.customer_id and known.month = incoming.month
  and known.measured_on > incoming.measured_on
"""


def store_usage(rows: Rows, account: Account, context: Context) -> None:
    """Store the use of each customer in the month of the day measured; a day before the one known changes nothing."""
    rows = with_customers(rows, account, context.cursor)
    tomorrow = day_number(context.now.date()) + 1
    rows = rows.without(rows["measured_on"] > tomorrow, "measured_on", Reason.OUTSIDE_PERIOD, account)
    rows = rows.with_values(month=_months(rows["measured_on"]))
    rows = distinct(rows, KEY, account, shown=key_of(rows))
    stage(context.cursor, TABLE, rows, COLUMNS)
    context.cursor.execute(_OLDER)
    merged = merge(context.cursor, TABLE, COLUMNS, key=KEY, present=rows.present | {"month"})
    account.new, account.changed = account.new + merged.new, account.changed + merged.changed
    account.accepted = len(rows)


TARGET = Target(MappingTemplate.Kind.USAGE.value, FIELDS, store_usage)


def _months(days: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return the first day of the month of each day, both as day numbers."""
    known, rows = np.unique(days, return_inverse=True)
    epoch = np.datetime64(EPOCH, "D")
    months = (epoch + known.astype("timedelta64[D]")).astype("datetime64[M]").astype("datetime64[D]")
    firsts: npt.NDArray[np.int64] = (months - epoch).astype(np.int64)[rows]
    return firsts
