"""POST /api/v1/events/: what other systems report as it happens. Signed, bounded, and harmless when repeated."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import time
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from redis.exceptions import RedisError
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from customers.access import staff_of
from customers.models import EventDelivery, EventRefusal, SigningKey, Staff
from customers.receiving import keys, signing
from customers.receiving.accepting import KeyUsed, Sender, Taken, take_delivery
from customers.receiving.reading import MOST_EVENTS
from cvm.api.errors import Conflict, TooLarge
from cvm.api.event_serializers import EXAMPLES, DeliverySerializer, EventsSerializer, answer_of
from cvm.api.permissions import HasCapability
from cvm.events.sending import send_settle

log = logging.getLogger(__name__)

KEY, TIMESTAMP, SIGNATURE, IDEMPOTENCY = "X-CVM-Key", "X-CVM-Timestamp", "X-CVM-Signature", "Idempotency-Key"
MOST_BYTES = 512 * 1024
LONGEST_KEY = 80
REQUESTS_PER_MINUTE = 6_000  # of one client: twice fifty a second
WINDOW = 60
Why = EventRefusal.Reason

HEADERS = [
    OpenApiParameter(KEY, str, OpenApiParameter.HEADER, required=True, description="Code of the signing key."),
    OpenApiParameter(
        TIMESTAMP, str, OpenApiParameter.HEADER, required=True,
        description=f"Seconds since 1970; at most {signing.WINDOW_SECONDS} s from our clock.",
    ),
    OpenApiParameter(
        SIGNATURE, str, OpenApiParameter.HEADER, required=True,
        description="v1=<hex of HMAC-SHA256(secret, 'v1:' + timestamp + ':' + body)>; several, separated by commas.",
    ),
    OpenApiParameter(
        IDEMPOTENCY, str, OpenApiParameter.HEADER, required=False,
        description="One per delivery; the SHA-256 of the body when left out. Sent again, it gets the first answer.",
    ),
]  # fmt: skip


class Unsigned(APIException):
    """The signature does not hold; nothing of the body was read."""

    status_code = status.HTTP_401_UNAUTHORIZED
    default_code = "unsigned"


class Malformed(APIException):
    """The body as a whole is not what is expected; single bad events are rejected one by one instead."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "malformed"


class EventsThrottle(BaseThrottle):
    """A counter a minute and client: one increment in the cache, however many requests there are.

    Without a cache nobody is counted: events matter more than the limit.
    """

    def allow_request(self, request: Request, view: Any) -> bool:
        if not request.user.is_authenticated:
            return True  # the door refuses
        name = f"events:{request.user.pk}:{int(time.time()) // WINDOW}"
        try:
            return _counted(name) <= REQUESTS_PER_MINUTE
        except (RedisError, OSError, ValueError) as error:
            log.warning("events are not counted: %s", type(error).__name__)
            return True

    def wait(self) -> float:
        return WINDOW - time.time() % WINDOW


def _counted(name: str) -> int:
    try:
        return cache.incr(name)
    except ValueError:  # the first in its minute
        cache.add(name, 0, 2 * WINDOW)
        return cache.incr(name)


class EventsView(APIView):
    """Report events as they happen: at most 500 in one body, each accepted, known already, or rejected with a reason.

    202 when any was accepted, 200 when all were known, 422 when all were rejected. The same delivery sent again
    changes nothing and gets the first answer (header Idempotent-Replayed).
    """

    capability = "events.push"
    permission_classes = (HasCapability,)
    throttle_classes = (EventsThrottle,)

    @extend_schema(
        parameters=HEADERS,
        request=EventsSerializer,
        responses=dict.fromkeys((200, 202, 422), DeliverySerializer),
        examples=EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        now, client = timezone.now(), staff_of(request)
        try:
            body = _body(request)
            key = _signed(request, body, client=client, now=now)
            rows = _rows(body)
            taken = _take(request, rows, body, client=client, key=key, now=now)
        except (Unsigned, TooLarge, Malformed, Conflict) as error:
            _count_refusal(client, str(error.get_codes()), now=now)
            raise
        keys.note_use(key, at=now)
        headers = {"Idempotent-Replayed": "true"} if taken.is_again else {}
        return Response(answer_of(taken), _status(taken.delivery), headers=headers)


def _body(request: Request) -> bytes:
    """Return the raw bytes, after a look at their announced number."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        raise TooLarge(_("A delivery has at most %(limit)s KB.") % {"limit": MOST_BYTES // 1024}, Why.TOO_LARGE)
    body: bytes = request.body
    return body


def _signed(request: Request, body: bytes, *, client: Staff, now: dt.datetime) -> SigningKey:
    """Return the key the body is signed with; raises Unsigned."""
    timestamp = signing.timestamp_of(request.headers.get(TIMESTAMP, ""))
    signature = request.headers.get(SIGNATURE, "")
    if timestamp is None or not signature:
        raise Unsigned(_("Send %(key)s, %(time)s and %(signature)s.") % _NAMES, Why.UNSIGNED)
    key = keys.key_in_use(request.headers.get(KEY, ""), client=client)
    if key is None:
        raise Unsigned(_("This signing key is unknown or retired."), Why.UNKNOWN_KEY)
    if not signing.is_signed_by(keys.secret_of(key), timestamp=timestamp, body=body, signature=signature):
        raise Unsigned(_("The signature does not fit the body."), Why.BAD_SIGNATURE)
    if not signing.is_fresh(timestamp, now=int(now.timestamp())):
        raise Unsigned(_("The timestamp is more than %(seconds)s seconds away from ours.") % _NAMES, Why.STALE)
    return key


_NAMES = {"key": KEY, "time": TIMESTAMP, "signature": SIGNATURE, "seconds": signing.WINDOW_SECONDS}


def _rows(body: bytes) -> list[Any]:
    try:
        said = json.loads(body)
        rows = said["events"]
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise Malformed(_('Send {"events": [ … ]}.'), Why.NOT_JSON) from error
    if not isinstance(rows, list) or not rows:
        raise Malformed(_('Send {"events": [ … ]}.'), Why.NOT_JSON)
    if len(rows) > MOST_EVENTS:
        raise Malformed(_("A delivery has at most %(limit)s events.") % {"limit": MOST_EVENTS}, Why.TOO_MANY)
    return rows


def _take(request: Request, rows: list[Any], body: bytes, *, client: Staff, key: SigningKey, now: dt.datetime) -> Taken:
    sha256 = hashlib.sha256(body).hexdigest()
    named = request.headers.get(IDEMPOTENCY, "").strip() or sha256
    if len(named) > LONGEST_KEY or not named.isprintable():
        raise Malformed(
            _("The idempotency key has at most %(limit)s characters.") % {"limit": LONGEST_KEY}, Why.NOT_JSON
        )
    sender = Sender(EventDelivery.Source.API, client=client, signing_key=key)
    try:
        with transaction.atomic():
            taken = take_delivery(rows, sender=sender, idempotency_key=named, sha256=sha256, now=now)
            if taken.delivery.accepted and not taken.is_again:
                send_settle()
            return taken
    except KeyUsed as error:
        raise Conflict(_("This idempotency key has been used for other events."), Why.KEY_USED) from error


def _status(delivery: EventDelivery) -> int:
    if delivery.accepted:
        return status.HTTP_202_ACCEPTED
    return status.HTTP_200_OK if delivery.duplicates else status.HTTP_422_UNPROCESSABLE_ENTITY


def _count_refusal(client: Staff, reason: str, *, now: dt.datetime) -> None:
    day = timezone.localdate(now)
    row, _is_new = EventRefusal.objects.get_or_create(client=client, reason=reason, day=day, defaults={"last_at": now})
    EventRefusal.objects.filter(pk=row.pk).update(times=F("times") + 1, last_at=now)
