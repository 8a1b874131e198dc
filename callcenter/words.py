"""Why a customer is on the card, in sentences a phone manager can say: every sentence carries its value."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _

from callcenter.models import Dispatch
from cvm.lib.months import day_of
from lifecycle.evidence import evidence_words, yuan
from lifecycle.models import KeyMoment
from retention.models import Reason
from retention.panels import reason_words

# Their value is an age in days, counted by the night; the card counts on to today.
AGES = frozenset(
    {
        Reason.PORTING_ELIGIBLE,
        Reason.PORTING_BLOCKED,
        Reason.CANCEL_REQUEST,
        Reason.DOWNGRADE_REQUEST,
        Reason.SILENT_DAYS,
        Reason.MAJOR_COMPLAINT,
    }
)


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
    """Return one reason of a standing with its value, as of today; no reason is an empty text.

    Richer than retention's own words where the card knows more: the day a bundle ends, both amounts of a drop.
    """
    if reason == Reason.BUNDLE_ENDS:
        return bundle_sentence(as_of + dt.timedelta(days=value), today=today)
    if reason == Reason.SPEND_DROP and spend is not None:
        return spend_sentence(value, spend)
    return reason_words(reason, value + (today - as_of).days if reason in AGES else value)


def bundle_sentence(ends_on: dt.date, *, today: dt.date) -> str:
    """Return how long a contract still runs."""
    days = (ends_on - today).days
    if days < 0:
        return _("Contract ended on %(day)s") % {"day": ends_on.isoformat()}
    return _("Contract ends in %(days)s days (%(day)s)") % {"days": days, "day": ends_on.isoformat()}


def spend_sentence(share: int, spend: Spend) -> str:
    """Return how far spend fell, with both amounts; `share` is the newest bill in percent of the average before it."""
    amounts = {"before": yuan(spend.before_fen), "now": yuan(spend.now_fen)}
    if share < 0:  # nobody spends less than nothing: the percentage would say so
        return _("Newest bill is below zero: %(before)s on average → %(now)s") % amounts
    return _("Spend fell %(percent)s%%: %(before)s on average → %(now)s") % {"percent": 100 - share, **amounts}


def moment_sentence(moment: KeyMoment | Dispatch, *, today: dt.date) -> str:
    """Return the evidence of a key moment as lifecycle says it; the card knows how long a contract still runs."""
    if moment.kind.code == "C1":
        return bundle_sentence(day_of(moment.reference), today=today)
    return evidence_words(moment.kind.code, moment.value, moment.reference)


def general_script(offer: str) -> list[str]:
    """Return the five steps (ask, check, compare, calculate, act) for a warning that no key moment explains."""
    if offer:
        compare = _("Compare what they use with what they pay; name “%(offer)s” only if it helps them.") % {
            "offer": offer
        }
    else:
        compare = _("Compare what they use with what they pay.")
    return [
        _("Greet, give your staff number, ask how calls, data and bills have been lately; listen first."),
        _("Check together what stands out in the last bills and in the reasons on the left."),
        compare,
        _("Calculate the total of twelve months and say it in one figure."),
        _("Settle it now or book a time; thank them either way."),
    ]
