"""What retention offers the 360 page and the lists: warnings and scores in words."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from customers.models import Standing
from customers.verdict import Evidence, Verdict
from retention.models import Reason, WarningLevel

WORDS: dict[int, str | Promise] = {
    Reason.PORTING_ELIGIBLE: gettext_lazy("Porting query answered “eligible” %(value)s days ago"),
    Reason.CANCEL_REQUEST: gettext_lazy("Asked to cancel %(value)s days ago"),
    Reason.SCORE: gettext_lazy("Churn score %(value)s of 100"),
    Reason.SILENT_DAYS: gettext_lazy("No call for %(value)s days"),
    Reason.BUNDLE_ENDS: gettext_lazy("Last bundle ends in %(value)s days"),
    Reason.MAJOR_COMPLAINT: gettext_lazy("Major complaint open for %(value)s days"),
    Reason.PORTING_BLOCKED: gettext_lazy("Porting query answered “not eligible” %(value)s days ago"),
    Reason.LOW_MONTHS: gettext_lazy("%(value)s low months this year"),
    Reason.SPEND_DROP: gettext_lazy("Newest bill is %(value)s%% of the three months before"),
    Reason.DOWNGRADE_REQUEST: gettext_lazy("Asked for a cheaper plan %(value)s days ago"),
    Reason.ARREARS: gettext_lazy("Suspended for arrears"),
    Reason.COMPLAINTS: gettext_lazy("%(value)s complaints in 30 days"),
    Reason.PRE_CANCEL: gettext_lazy("Cancellation is registered"),
    Reason.HELD: gettext_lazy("Cause gone for %(value)s days; the level is held for now"),
}


def reason_words(reason: int, value: int) -> str:
    """Return one reason as a sentence with the value that crossed the line; nothing for no reason."""
    if reason == Reason.SPEND_DROP and value < 0:
        return _("Newest bill is below zero, a refund or credit")
    words = WORDS.get(reason)
    return str(words) % {"value": value} if words else ""


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


def _change(standing: Standing, plan: dict[str, Any]) -> str:
    if standing.warning:
        days = plan["hold_days"]
        return ngettext(
            "The level falls once no cause of it has been present for %(days)s day.",
            "The level falls once no cause of it has been present for %(days)s days.",
            days,
        ) % {"days": days}
    missing = plan["yellow_score"] - standing.score
    return _("%(points)s more points of churn score would make it yellow.") % {"points": max(missing, 0)}
