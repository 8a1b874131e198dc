"""The packed history: which facts a HistoryBlock holds, its flags, and which customers belong to a bucket."""

from __future__ import annotations

from django.conf import settings

FACTS = ("arpu_fen", "flags", "voice_min", "data_mb", "sms_count", "active_days", "over_fee_fen")

SIGNAL_DAY = "signal_day"  # beside the facts, from events: the day of the month of the latest sign of leaving, 0 none

HAS_BILL = 1  # a bill record exists for the month
IN_NETWORK = 2  # in network at month end
SIGNED = 4  # signed at month end
SUSPENDED = 8  # any suspension at month end (one-way, suspended, number kept)
PRE_CANCEL = 16  # pre-cancelled at month end
ARREARS = 32  # owed money at month end while suspended
PORTED = 64  # ported out


def bucket_of(customer_id: int) -> int:
    """Return the bucket a customer lives in, for good."""
    return (customer_id - 1) // settings.CVM_BUCKET_SIZE


def id_range(bucket: int) -> tuple[int, int]:
    """Return the first and the last customer id a bucket can hold."""
    return bucket * settings.CVM_BUCKET_SIZE + 1, (bucket + 1) * settings.CVM_BUCKET_SIZE
