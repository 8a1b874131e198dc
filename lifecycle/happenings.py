"""Which key moments an event may bring about at once: the kinds whose detection looks at such events. Plain data."""

from __future__ import annotations

from customers.models import Event
from lifecycle.moments import REGISTRY

Kind = Event.Kind
CODES: dict[int, tuple[str, ...]] = {
    Kind.PORTING_ELIGIBLE: ("C2",),
    Kind.PORTING_BLOCKED: ("C2",),
    Kind.PORTING_CODE: ("C2",),
    Kind.DOWNGRADE_REQUEST: ("C3",),
    Kind.CANCEL_REQUEST: ("C3",),
    Kind.SUSPEND_REQUEST: ("C3",),
    Kind.HOTLINE_IN: ("B9",),
    Kind.HALL_VISIT: ("B9",),
    Kind.APP_CHAT: ("B9",),
    Kind.ROAM_START: ("A6",),
    Kind.COMPLAINT_OPENED: ("C8",),
    Kind.COMPLAINT_CLOSED: ("A9",),
    Kind.OUTAGE_ENDED: ("A9",),
    Kind.STATE_CHANGED: ("A8",),
    Kind.ARREARS_STOP: ("A8",),
}


def bits_of(kind: int) -> int:
    """Return the mask of the moment bits an event of this kind may set; whatever else is due today is the night's."""
    known = (REGISTRY[code] for code in CODES.get(kind, ()) if code in REGISTRY)
    return sum(1 << module.BIT for module in known)
