"""One event as it was sent, checked field by field. Pure: the clock and the look-ups are the caller's."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from customers.importing.parsing import phone_of_text
from customers.models import Complaint, Customer, Event
from customers.receiving.reasons import EventReason

MOST_EVENTS = 500
LEEWAY = dt.timedelta(minutes=5)  # clocks differ
OLDEST = dt.timedelta(days=366)
SOURCE_KEY, USER_CODE, CHANNEL, DETAIL, CASE, CATEGORY, CELL = 96, 64, 32, 200, 64, 64, 64

OUR_OWN = (Event.Kind.OWNER_CHANGED, Event.Kind.NUMBER_REISSUED)  # what we find out ourselves from files
KINDS = {kind.name.lower(): kind for kind in Event.Kind if kind not in OUR_OWN}
STATES = {state.name.lower(): state.value for state in Customer.State}
STOP_REASONS = {reason.name.lower(): reason.value for reason in Customer.StopReason}
LEVELS = {level.name.lower(): level.value for level in Complaint.Level}

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class Unreadable(ValueError):
    """A field of an event that cannot be taken."""

    def __init__(self, reason: EventReason, name: str) -> None:
        super().__init__(f"{name}: {reason.value}")
        self.reason, self.name = reason, name


@dataclass(frozen=True)
class Said:
    """An event as it was read: who by code or number, and `more` for what only its kind says."""

    source_key: str
    kind: Event.Kind
    occurred_at: dt.datetime
    user_code: str
    msisdn: str
    channel: str
    detail: str
    more: dict[str, Any] = field(default_factory=dict)


def read_event(row: Any, *, now: dt.datetime, zone: ZoneInfo) -> Said:
    """Return what one row says; a time without an offset is the branch's. Raises Unreadable."""
    if not isinstance(row, Mapping):
        raise Unreadable(EventReason.NOT_AN_OBJECT, "")
    source_key = _text(row, "source_key", SOURCE_KEY, required=True)
    kind = _kind(row)
    occurred_at = _instant(row, "occurred_at", now=now, zone=zone, required=True)
    user_code, msisdn = _text(row, "user_code", USER_CODE), _number(row)
    if not user_code and not msisdn:
        raise Unreadable(EventReason.MISSING, "user_code")
    return Said(
        source_key=source_key,
        kind=kind,
        occurred_at=occurred_at,
        user_code=user_code,
        msisdn="" if user_code else msisdn,
        channel=_text(row, "channel", CHANNEL),
        detail=_text(row, "detail", DETAIL),
        more=_MORE.get(kind, _nothing)(row, occurred_at, now, zone),
    )


def key_shown(row: Any) -> str:
    """Return the source key of a row for the answer, however broken the rest of it is."""
    key = row.get("source_key") if isinstance(row, Mapping) else None
    return key[:SOURCE_KEY].replace("\0", "") if isinstance(key, str) else ""


# --- what only some kinds say --------------------------------------------------------------------

More = Callable[[Mapping[str, Any], dt.datetime, dt.datetime, ZoneInfo], dict[str, Any]]


def _nothing(row: Mapping[str, Any], at: dt.datetime, now: dt.datetime, zone: ZoneInfo) -> dict[str, Any]:
    return {}


def _opened(row: Mapping[str, Any], at: dt.datetime, now: dt.datetime, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "case": _text(row, "case", CASE, required=True),
        "category": _text(row, "category", CATEGORY),
        "level": _word(row, "level", LEVELS, empty=Complaint.Level.NORMAL.value),
    }


def _closed(row: Mapping[str, Any], at: dt.datetime, now: dt.datetime, zone: ZoneInfo) -> dict[str, Any]:
    opened_at = _instant(row, "opened_at", now=now, zone=zone) if row.get("opened_at") else at
    if opened_at > at:
        raise Unreadable(EventReason.OUT_OF_ORDER, "opened_at")
    satisfaction = {"satisfaction": _mark(row)}
    return {**_opened(row, at, now, zone), "opened_at": opened_at.isoformat(), **satisfaction}


def _state(row: Mapping[str, Any], at: dt.datetime, now: dt.datetime, zone: ZoneInfo) -> dict[str, Any]:
    unknown = Customer.StopReason.UNKNOWN.value
    return {
        "state": _word(row, "state", STATES, empty=None),
        "stop_reason": _word(row, "stop_reason", STOP_REASONS, empty=unknown),
    }


def _outage(row: Mapping[str, Any], at: dt.datetime, now: dt.datetime, zone: ZoneInfo) -> dict[str, Any]:
    return {"cell": _text(row, "cell", CELL)}


_MORE: dict[Event.Kind, More] = {
    Event.Kind.COMPLAINT_OPENED: _opened,
    Event.Kind.COMPLAINT_CLOSED: _closed,
    Event.Kind.STATE_CHANGED: _state,
    Event.Kind.OUTAGE_ENDED: _outage,
}


# --- fields --------------------------------------------------------------------------------------


def _text(row: Mapping[str, Any], name: str, longest: int, *, required: bool = False) -> str:
    value = row.get(name)
    if value is None or value == "":
        if required:
            raise Unreadable(EventReason.MISSING, name)
        return ""
    if not isinstance(value, str):
        raise Unreadable(EventReason.WRONG_TYPE, name)
    text = value.strip()
    if _UNPRINTABLE.search(text):
        raise Unreadable(EventReason.CONTROL_CHARACTER, name)
    if len(text) > longest:
        raise Unreadable(EventReason.TOO_LONG, name)
    if required and not text:
        raise Unreadable(EventReason.MISSING, name)
    return text


def _kind(row: Mapping[str, Any]) -> Event.Kind:
    word = _text(row, "kind", 32, required=True)
    if word not in KINDS:
        raise Unreadable(EventReason.UNKNOWN_KIND, "kind")
    return KINDS[word]


def _word(row: Mapping[str, Any], name: str, words: Mapping[str, int], *, empty: int | None) -> int:
    text = _text(row, name, 32, required=empty is None)
    if not text and empty is not None:
        return empty
    if text not in words:
        raise Unreadable(EventReason.UNKNOWN_WORD, name)
    return words[text]


def _number(row: Mapping[str, Any]) -> str:
    text = _text(row, "msisdn", 20)
    try:
        return phone_of_text(text) if text else ""
    except ValueError as error:
        raise Unreadable(EventReason.NOT_A_PHONE_NUMBER, "msisdn") from error


def _mark(row: Mapping[str, Any]) -> int | None:
    value = row.get("satisfaction")
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unreadable(EventReason.WRONG_TYPE, "satisfaction")
    if not 1 <= value <= 5:
        raise Unreadable(EventReason.OUT_OF_RANGE, "satisfaction")
    return value


def _instant(
    row: Mapping[str, Any], name: str, *, now: dt.datetime, zone: ZoneInfo, required: bool = False
) -> dt.datetime:
    text = _text(row, name, 40, required=required)
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise Unreadable(EventReason.NOT_A_TIME, name) from error
    at = at if at.tzinfo else at.replace(tzinfo=zone)
    if at > now + LEEWAY:
        raise Unreadable(EventReason.IN_FUTURE, name)
    if at < now - OLDEST:
        raise Unreadable(EventReason.TOO_OLD, name)
    return at
