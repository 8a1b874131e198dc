"""What the API reads and says about events; the fields are checked in customers/receiving/reading.py."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from customers.models import EventReceipt
from customers.receiving.accepting import Taken
from customers.receiving.reading import KINDS, LEVELS, MOST_EVENTS, STATES, STOP_REASONS
from customers.receiving.reasons import EventReason, in_both_languages


class EventSerializer(serializers.Serializer[dict[str, Any]]):
    """One event. `user_code` or `msisdn` says whose it is."""

    source_key = serializers.CharField(max_length=96, help_text="Yours, one for each event, for good.")
    kind = serializers.ChoiceField([(name, kind.label) for name, kind in KINDS.items()])
    occurred_at = serializers.DateTimeField(help_text="With offset; without one it is Asia/Shanghai.")
    user_code = serializers.CharField(max_length=64, required=False)
    msisdn = serializers.CharField(max_length=20, required=False, help_text="The number's present user.")
    channel = serializers.CharField(max_length=32, required=False)
    detail = serializers.CharField(max_length=200, required=False)
    case = serializers.CharField(max_length=64, required=False, help_text="complaint_opened, complaint_closed.")
    category = serializers.CharField(max_length=64, required=False, help_text="complaint_opened, complaint_closed.")
    level = serializers.ChoiceField(list(LEVELS), required=False, help_text="complaint_opened, complaint_closed.")
    opened_at = serializers.DateTimeField(required=False, help_text="complaint_closed.")
    satisfaction = serializers.IntegerField(min_value=1, max_value=5, required=False, help_text="complaint_closed.")
    state = serializers.ChoiceField(list(STATES), required=False, help_text="state_changed.")
    stop_reason = serializers.ChoiceField(list(STOP_REASONS), required=False, help_text="state_changed.")
    cell = serializers.CharField(max_length=64, required=False, help_text="outage_ended.")


class EventsSerializer(serializers.Serializer[dict[str, Any]]):
    """A delivery: one event or many, at most 500."""

    events = serializers.ListField(child=EventSerializer(), min_length=1, max_length=MOST_EVENTS)


class WordsSerializer(serializers.Serializer[dict[str, Any]]):
    """A reason for people, in both languages."""

    zh = serializers.CharField()
    en = serializers.CharField()


class EventAnswerSerializer(serializers.Serializer[dict[str, Any]]):
    """What became of one row; `reason`, `field` and `words` of rejected ones only."""

    position = serializers.IntegerField()
    source_key = serializers.CharField()
    status = serializers.ChoiceField(EventReceipt.Status.choices)
    event = serializers.IntegerField(required=False)
    reason = serializers.ChoiceField(EventReason.choices, required=False)
    field = serializers.CharField(required=False)
    words = WordsSerializer(required=False)


class DeliverySerializer(serializers.Serializer[dict[str, Any]]):
    """The answer to a delivery: rows = accepted + duplicates + rejected."""

    delivery = serializers.IntegerField()
    received_at = serializers.DateTimeField()
    rows = serializers.IntegerField()
    accepted = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    rejected = serializers.IntegerField()
    events = EventAnswerSerializer(many=True)


def answer_of(taken: Taken) -> dict[str, Any]:
    """Return the answer to a delivery: the same for the same delivery, whenever it is asked for."""
    delivery = taken.delivery
    counts = {name: getattr(delivery, name) for name in ("rows", "accepted", "duplicates", "rejected")}
    answer = {"delivery": delivery.pk, "received_at": delivery.received_at, **counts}
    answer["events"] = [_row(receipt) for receipt in taken.receipts]
    return dict(DeliverySerializer(answer).data)


def _row(receipt: EventReceipt) -> dict[str, Any]:
    row = {"position": receipt.position, "source_key": receipt.source_key, "status": receipt.status}
    if receipt.status != EventReceipt.Status.REJECTED:
        return row | {"event": receipt.event_id}
    words = in_both_languages(receipt.reason)
    return row | {"reason": receipt.reason, "field": receipt.field, "words": words}


_SENT = {
    "events": [
        {
            "source_key": "crm-20261129-000123",
            "kind": "porting_eligible",
            "user_code": "8600000001",
            "occurred_at": "2026-11-29T10:15:00+08:00",
            "channel": "10086",
        },
        {
            "source_key": "crm-20261129-000124",
            "kind": "complaint_closed",
            "msisdn": "15400000013",
            "occurred_at": "2026-11-29T10:16:20+08:00",
            "case": "TS20261127001",
            "level": "important",
            "satisfaction": 2,
        },
    ]
}
_ANSWERED = {
    "delivery": 17,
    "received_at": "2026-11-29T10:16:21.204+08:00",
    "rows": 2,
    "accepted": 1,
    "duplicates": 0,
    "rejected": 1,
    "events": [
        {"position": 0, "source_key": "crm-20261129-000123", "status": "accepted", "event": 90211},
        {
            "position": 1,
            "source_key": "crm-20261129-000124",
            "status": "rejected",
            "reason": "unknown_customer",
            "field": "msisdn",
            "words": {
                "zh": "在您的范围内没有这个编码或号码的客户",
                "en": "No customer within your reach has this code or number",
            },
        },
    ],
}
EXAMPLES = [
    OpenApiExample("A porting query and a closed complaint", value=_SENT, request_only=True),
    OpenApiExample("One accepted, one rejected", value=_ANSWERED, response_only=True, status_codes=["202"]),
]
