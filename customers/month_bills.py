"""What every customer was billed in a month, out of the packed history: one number per customer id."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from customers.blocks import FACT_TYPE
from customers.history import id_range
from customers.models import Customer, HistoryBlock
from cvm.lib.months import first_day


def month_bills(month: int, *, last_id: int) -> npt.NDArray[np.int64]:
    """Return the bills in fen of a month (ordinal) at the places of the customer ids 0 to `last_id`; 0 = no bill.

    As the bills are known now. What a merged record was billed counts for its main record.
    """
    bills = np.zeros(last_id + 1, np.int64)
    blocks = HistoryBlock.objects.filter(month=first_day(month)).values_list("bucket", "arpu_fen")
    for bucket, packed in blocks.order_by("bucket"):
        first, _last = id_range(bucket)
        fen = np.frombuffer(packed, FACT_TYPE)[: max(0, last_id + 1 - first)]
        bills[first : first + len(fen)] = fen
    for alias, main in Customer.objects.filter(merged_into__isnull=False).values_list("pk", "merged_into_id"):
        if alias <= last_id and main <= last_id:
            bills[main] += bills[alias]
    return bills
