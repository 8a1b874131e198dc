"""What retention offers the 360 page and the lists: warnings, scores and the gate's verdict in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from customers.models import Consent, Customer, DoNotDisturb, Standing, StandingChange
from customers.verdict import Evidence, Verdict
from cvm.lib.months import day_number
from cvm.lib.workdays import SHANGHAI
from retention import gate
from retention.gate import ContactHistory, Facts, Purpose
from retention.models import Reason, WarningLevel
from retention.policies import ContactTerms
from retention.quiet_hours import closes_at

# the verdicts of this app among StandingChange.Field, with their words
CHANGED = {StandingChange.Field.WARNING: WarningLevel}

WORDS: dict[int, Promise] = {
    Reason.PORTING_ELIGIBLE: ngettext_lazy(
        "Porting query answered “eligible” %(value)s day ago",
        "Porting query answered “eligible” %(value)s days ago",
        "value",
    ),
    Reason.CANCEL_REQUEST: ngettext_lazy(
        "Asked to cancel %(value)s day ago", "Asked to cancel %(value)s days ago", "value"
    ),
    Reason.SCORE: gettext_lazy("Churn score %(value)s of 100"),
    Reason.SILENT_DAYS: ngettext_lazy("No call for %(value)s day", "No call for %(value)s days", "value"),
    Reason.BUNDLE_ENDS: ngettext_lazy(
        "Last bundle ends in %(value)s day", "Last bundle ends in %(value)s days", "value"
    ),
    Reason.MAJOR_COMPLAINT: ngettext_lazy(
        "Major complaint open for %(value)s day", "Major complaint open for %(value)s days", "value"
    ),
    Reason.PORTING_BLOCKED: ngettext_lazy(
        "Porting query answered “not eligible” %(value)s day ago",
        "Porting query answered “not eligible” %(value)s days ago",
        "value",
    ),
    Reason.LOW_MONTHS: ngettext_lazy("%(value)s low month this year", "%(value)s low months this year", "value"),
    Reason.SPEND_DROP: gettext_lazy("Newest bill is %(value)s%% of the three months before"),
    Reason.DOWNGRADE_REQUEST: ngettext_lazy(
        "Asked for a cheaper plan %(value)s day ago", "Asked for a cheaper plan %(value)s days ago", "value"
    ),
    Reason.ARREARS: gettext_lazy("Suspended for arrears"),
    Reason.COMPLAINTS: ngettext_lazy("%(value)s complaint in 30 days", "%(value)s complaints in 30 days", "value"),
    Reason.PRE_CANCEL: gettext_lazy("Cancellation is registered"),
    Reason.HELD: ngettext_lazy(
        "Cause gone for %(value)s day; the level is held for now",
        "Cause gone for %(value)s days; the level is held for now",
        "value",
    ),
}
# what a reason says of the very day: nobody writes "0 days ago"
TODAY: dict[int, Promise] = {
    Reason.PORTING_ELIGIBLE: gettext_lazy("Porting query answered “eligible” today"),
    Reason.CANCEL_REQUEST: gettext_lazy("Asked to cancel today"),
    Reason.BUNDLE_ENDS: gettext_lazy("Last bundle ends today"),
    Reason.MAJOR_COMPLAINT: gettext_lazy("Major complaint made today"),
    Reason.PORTING_BLOCKED: gettext_lazy("Porting query answered “not eligible” today"),
    Reason.DOWNGRADE_REQUEST: gettext_lazy("Asked for a cheaper plan today"),
}


def reason_words(reason: int, value: int) -> str:
    """Return one reason as a sentence with the value that crossed the line; nothing for no reason."""
    if reason == Reason.SPEND_DROP and value < 0:
        return _("Newest bill is below zero, a refund or credit")
    if value == 0 and reason in TODAY:
        return str(TODAY[reason])
    words = WORDS.get(reason)
    return words % {"value": value} if words else ""


def reasons(standing: Standing) -> list[str]:
    """Return up to three reasons in words, the gravest first."""
    pairs = ((getattr(standing, f"reason_{place}"), getattr(standing, f"value_{place}")) for place in (1, 2, 3))
    return [words for reason, value in pairs if (words := reason_words(reason, value))]


def verdict(standing: Standing, *, plan: dict[str, Any], version: Any) -> Verdict:
    """Return the warning level and why it stands."""
    found = reasons(standing)
    return Verdict(
        kind="warning",
        title=_("Warning"),
        value=standing.warning,
        label=str(WarningLevel(standing.warning).label),
        clause=found[0] if found else _("No clause of the warning policy applies."),
        policy=_("Warning policy v%(version)s") % {"version": version},
        evidence=[Evidence(_("Reason"), words) for words in found[1:]]
        + [Evidence(_("Churn score"), standing.score, "count")]
        + ([Evidence(_("Last cause on"), standing.warning_day, "day")] if standing.warning_day else []),
        change=_change(standing, plan),
    )


def days_since_cause(standing: Standing, *, as_of: dt.date) -> int | None:
    """Return how many days ago a cause of the warning was last present; None without a warning."""
    return day_number(as_of) - standing.warning_day if standing.warning and standing.warning_day else None


@dataclass(frozen=True)
class MayCall:
    """The gate's verdict on a call for one purpose now; `until` is the end of the open hours, when it says yes."""

    purpose: str
    allowed: bool
    message: str
    until: dt.datetime | None
    next_at: dt.datetime | None


def facts(
    customer: Customer,
    *,
    lists: Mapping[str, bool],
    consents: list[Mapping[str, Any]],
    quiet: list[Mapping[str, Any]],
) -> Facts:
    """Return what the gate asks of the customer's record, from rows already read (customers/queries360.py)."""
    return Facts(
        **lists,
        star_level=customer.star_level,
        has_consent=any(row["is_given"] for row in consents if row["channel"] == Consent.Channel.CALL),
        do_not_disturb=tuple(
            (row["scope"], dt.datetime.fromisoformat(row["ends_at"]) if row["ends_at"] else None) for row in quiet
        ),
    )


def may_call(known: Facts, history: ContactHistory, terms: ContactTerms, *, at: dt.datetime) -> list[MayCall]:
    """Return the gate's verdict on a call now, for marketing and for service."""
    return [_may_call(known, history, terms, purpose=purpose, at=at) for purpose in Purpose]


def _may_call(
    known: Facts, history: ContactHistory, terms: ContactTerms, *, purpose: Purpose, at: dt.datetime
) -> MayCall:
    said = gate.judge(known, history, terms, channel=gate.CALL, purpose=purpose, at=at)
    until = closes_at(at, terms.hours) if said.allowed else None
    later = said.next_allowed_at.astimezone(SHANGHAI) if said.next_allowed_at and not said.allowed else None
    return MayCall(str(purpose.label), said.allowed, said.message, until, later)


def permissions(consents: list[Mapping[str, Any]], quiet: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the customer's word per channel, unasked channels included, and the periods without contact."""
    given = {row["channel"]: row["is_given"] for row in consents}
    said = [
        {"words": str(label), "is_given": given.get(channel), "until": None}
        for channel, label in Consent.Channel.choices
    ]
    return said + [
        {
            "words": str(DoNotDisturb.Scope(row["scope"]).label),
            "is_given": False,
            "until": dt.datetime.fromisoformat(row["ends_at"]) if row["ends_at"] else None,
        }
        for row in quiet
    ]


def _change(standing: Standing, plan: dict[str, Any]) -> str:
    if standing.state not in Customer.IN_NETWORK:
        return _("Off the network nobody is warned of.")
    if standing.warning:
        days = plan["hold_days"]
        return ngettext(
            "The level falls once no cause of it has been present for %(days)s day.",
            "The level falls once no cause of it has been present for %(days)s days.",
            days,
        ) % {"days": days}
    missing = plan["yellow_score"] - standing.score
    return _("%(points)s more points of churn score would make it yellow.") % {"points": max(missing, 0)}
