"""Why a customer is on the card, in sentences a phone manager can say: every sentence carries its value."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _

from cvm.lib.months import day_of
from lifecycle.models import KeyMoment
from retention.models import Reason

# Sentences with one plain number. Bundles and spend need more and have functions of their own below.
SENTENCES = {
    Reason.PORTING_ELIGIBLE: lambda: _("Asked about porting out %(value)s days ago and is free to leave"),
    Reason.PORTING_BLOCKED: lambda: _("Asked about porting out %(value)s days ago, still bound"),
    Reason.CANCEL_REQUEST: lambda: _("Asked to cancel %(value)s days ago"),
    Reason.DOWNGRADE_REQUEST: lambda: _("Asked for a cheaper plan %(value)s days ago"),
    Reason.SCORE: lambda: _("Churn score %(value)s of 100"),
    Reason.SILENT_DAYS: lambda: _("No call for %(value)s days"),
    Reason.MAJOR_COMPLAINT: lambda: _("Major complaint open for %(value)s days"),
    Reason.LOW_MONTHS: lambda: _("%(value)s low months this year"),
    Reason.ARREARS: lambda: _("Suspended for arrears"),
    Reason.COMPLAINTS: lambda: _("%(value)s complaints in 30 days"),
    Reason.PRE_CANCEL: lambda: _("Pre-cancelled"),
}


@dataclass(frozen=True)
class Spend:
    """The newest bill and the mean of the three before it, in fen."""

    now_fen: int
    before_fen: int

    @classmethod
    def of(cls, bills_fen: list[int]) -> Spend | None:
        """Return the comparison for bills ordered newest first, or None with fewer than four."""
        if len(bills_fen) < 4:
            return None
        return cls(now_fen=bills_fen[0], before_fen=sum(bills_fen[1:4]) // 3)


def reason_sentence(reason: int, value: int, *, as_of: dt.date, today: dt.date, spend: Spend | None = None) -> str:
    """Return one reason of a standing with its value; an unknown or empty reason is an empty text.

    Days were counted by the night (`as_of`); the sentence counts them from `today`.
    """
    passed = (today - as_of).days
    if reason == Reason.BUNDLE_ENDS:
        return bundle_sentence(as_of + dt.timedelta(days=value), today=today)
    if reason == Reason.SPEND_DROP:
        return spend_sentence(value, spend)
    if reason not in SENTENCES:
        return ""
    ages = (
        Reason.PORTING_ELIGIBLE,
        Reason.PORTING_BLOCKED,
        Reason.CANCEL_REQUEST,
        Reason.DOWNGRADE_REQUEST,
        Reason.SILENT_DAYS,
        Reason.MAJOR_COMPLAINT,
    )
    return SENTENCES[Reason(reason)]() % {"value": value + passed if reason in ages else value}


def bundle_sentence(ends_on: dt.date, *, today: dt.date) -> str:
    """Return how long a contract still runs."""
    days = (ends_on - today).days
    if days < 0:
        return _("Contract ended on %(day)s") % {"day": ends_on.isoformat()}
    return _("Contract ends in %(days)s days (%(day)s)") % {"days": days, "day": ends_on.isoformat()}


def spend_sentence(share: int, spend: Spend | None) -> str:
    """Return how far spend fell; `share` is the newest bill in percent of the average before it."""
    if spend is None:
        return _("Spend fell %(percent)s %%") % {"percent": 100 - share}
    return _("Spend fell %(percent)s %%: %(before)s on average → %(now)s") % {
        "percent": 100 - share,
        "before": yuan(spend.before_fen),
        "now": yuan(spend.now_fen),
    }


def moment_sentence(moment: KeyMoment, *, today: dt.date) -> str:
    """Return the evidence of a key moment; its units are those its module declares (EVIDENCE)."""
    value, reference = moment.value, moment.reference
    match moment.kind.code:
        case "C1":
            return bundle_sentence(day_of(reference), today=today)
        case "C4" | "B3":
            amounts = {"now": yuan(value), "average": yuan(reference)}
            return _("Newest bill %(now)s, three-month average %(average)s") % amounts
        case "C5":
            return _("%(months)s low months this year, newest bill %(now)s") % {
                "months": value,
                "now": yuan(reference),
            }
        case "A2":
            return _("Birthday on %(day)s") % {"day": f"{value // 100:02}-{value % 100:02}"}
        case "A3":
            return _("%(years)s years with us since %(day)s") % {"years": value, "day": day_of(reference).isoformat()}
    return ""


def yuan(fen: int) -> str:
    """Return whole yuan: 12799 fen is ¥127."""
    return f"¥{fen // 100:,}"
