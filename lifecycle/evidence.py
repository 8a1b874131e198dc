"""What made a key moment fire, in words with units: one sentence per kind, for the desk, the 360 page and the log.

A sentence carries the two numbers kept with the moment (`value`, `reference`); their meaning is each module's EVIDENCE.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.models import Customer
from cvm.lib.months import day_of
from lifecycle.moments import (
    a5_level_up,
    a6_roaming,
    a9_case_closed,
    b1_data_over,
    b2_voice_over,
    b4_handset,
    b5_handset_plan,
    b6_family_broadband,
    b8_subscription,
    c2_porting,
    c3_wants_less,
    c7_competitor,
    c8_trouble,
    c9_group_change,
)


def evidence_words(code: str, value: int, reference: int) -> str:
    """Return the evidence of a moment; nothing for a kind without words or a cause this version does not know."""
    said = SENTENCES.get(code)
    # a moment brought in from elsewhere carries no values: nothing is better than a day in 1970
    return said(value, reference) if said and (value or reference) else ""


def yuan(fen: int) -> str:
    """Return whole yuan, the rest cut off: 12799 fen is ¥127, a refund of it -¥127."""
    whole = abs(fen) // 100
    return f"{'-' if fen < 0 and whole else ''}¥{whole:,}"


def _day(number: int) -> str:
    return day_of(number).isoformat()


def _exact_yuan(fen: int) -> str:
    return f"{'-' if fen < 0 else ''}¥{abs(fen) // 100:,}.{abs(fen) % 100:02}"


def _first_month(_months: int, bill: int) -> str:
    return _("First bill: %(amount)s") % {"amount": yuan(bill)}


def _birthday(month_day: int, _today: int) -> str:
    return _("Birthday on %(day)s") % {"day": f"{month_day // 100:02}-{month_day % 100:02}"}


def _anniversary(years: int, joined: int) -> str:
    return _("%(years)s years with us since %(day)s") % {"years": years, "day": _day(joined)}


def _holiday(number: int, first: int) -> str:
    names = (
        _("New Year's Day"),
        _("Spring Festival"),
        _("Dragon Boat Festival"),
        _("Mid-Autumn Festival"),
        _("National Day"),
    )
    return f"{names[number - 1]} {_day(first)}" if 1 <= number <= len(names) else ""


def _level_up(now: int, before: int) -> str:
    if now > a5_level_up.CARD:
        cards = dict(Customer.VipCard.choices)
        now_card, card_before = (cards.get(one - a5_level_up.CARD, "?") for one in (now, before))
        return _("%(before)s → %(now)s") % {"before": card_before, "now": now_card}
    return _("Star level %(before)s → %(now)s") % {"before": before, "now": now}


def _roaming(cause: int, amount: int) -> str:
    if cause == a6_roaming.ABROAD:
        return _("Roaming abroad since %(day)s") % {"day": _day(amount)}
    return _("%(days)s days in other provinces this month") % {"days": amount}


def _low_balance(balance: int, line: int) -> str:
    return _("Balance %(balance)s, under %(line)s") % {"balance": _exact_yuan(balance), "line": _exact_yuan(line)}


def _arrears(balance: int, day: int) -> str:
    if balance < 0:
        return _("Suspended for arrears on %(day)s, %(amount)s owed") % {
            "day": _day(day),
            "amount": _exact_yuan(-balance),
        }
    return _("Suspended for arrears on %(day)s") % {"day": _day(day)}


def _case_closed(cause: int, day: int) -> str:
    if cause == a9_case_closed.COMPLAINT:
        return _("Complaint closed on %(day)s") % {"day": _day(day)}
    return _("Outage ended on %(day)s") % {"day": _day(day)}


def _data_over(cause: int, amount: int) -> str:
    if cause == b1_data_over.USED:
        return _("%(percent)s%% of the month's data used") % {"percent": amount}
    return _("Data charged beyond the plan in %(months)s of the last three bills") % {"months": amount}


def _voice_over(cause: int, amount: int) -> str:
    if cause == b2_voice_over.USED:
        return _("%(percent)s%% of the month's minutes used") % {"percent": amount}
    return _("Calls charged beyond the plan in %(months)s of the last three bills") % {"months": amount}


def _surge(bill: int, average: int) -> str:
    return _("Newest bill %(now)s, three-month average %(average)s") % {"now": yuan(bill), "average": yuan(average)}


def _handset(cause: int, amount: int) -> str:
    if cause == b4_handset.CHANGED:
        return _("New handset since %(day)s") % {"day": _day(amount)}
    return _("Handset in use for %(months)s months, no handset contract") % {"months": amount}


def _mismatch(lacks: int, _nothing: int) -> str:
    words = {
        b5_handset_plan.PLAN: _("5G handset, but the plan is not 5G"),
        b5_handset_plan.SIM: _("5G handset, but the SIM is not 5G"),
        b5_handset_plan.PLAN + b5_handset_plan.SIM: _("5G handset, but neither plan nor SIM is 5G"),
    }
    return words.get(lacks, "")


def _broadband(cause: int, day: int) -> str:
    if cause == b6_family_broadband.ENDS:
        return _("Broadband ends on %(day)s") % {"day": _day(day)}
    if cause == b6_family_broadband.COMPETITOR:
        return _("Broadband at home is a competitor's")
    return _("No broadband, but the address is covered")


def _points(points: int, day: int) -> str:
    return _("%(points)s points expire on %(day)s") % {"points": f"{points:,}", "day": _day(day)}


def _subscription(cause: int, day: int) -> str:
    if cause == b8_subscription.TRIAL:
        return _("Free trial ends on %(day)s") % {"day": _day(day)}
    return _("Subscription ends on %(day)s") % {"day": _day(day)}


def _contact(_code: int, day: int) -> str:
    return _("In contact with us on %(day)s") % {"day": _day(day)}


def _bundle(_days: int, day: int) -> str:
    return _("Contract ends on %(day)s") % {"day": _day(day)}


def _porting(cause: int, day: int) -> str:
    if cause == c2_porting.ELIGIBLE:
        return _("Asked on %(day)s to take the number along, and may") % {"day": _day(day)}
    return _("Asked on %(day)s to take the number along, something still binds") % {"day": _day(day)}


def _wants_less(cause: int, amount: int) -> str:
    if cause == c3_wants_less.LOWER_PLAN:
        return _("Ordered a plan of %(amount)s from next month") % {"amount": yuan(amount)}
    words = {
        c3_wants_less.CANCEL: _("Asked to cancel on %(day)s"),
        c3_wants_less.SUSPEND: _("Asked to suspend the line on %(day)s"),
        c3_wants_less.DOWNGRADE: _("Asked for a lower plan on %(day)s"),
    }
    return words[cause] % {"day": _day(amount)} if cause in words else ""


def _drop(bill: int, average: int) -> str:
    amounts = {"before": yuan(average), "now": yuan(bill)}
    if bill < 0:  # nobody spends less than nothing: the percentage would say so
        return _("Newest bill is below zero: %(before)s on average → %(now)s") % amounts
    percent = 100 - 100 * bill // max(average, 1)
    return _("Spend fell %(percent)s%%: %(before)s on average → %(now)s") % {"percent": percent, **amounts}


def _low_months(months: int, bill: int) -> str:
    words = ngettext(
        "%(months)s low month this year, newest bill %(now)s",
        "%(months)s low months this year, newest bill %(now)s",
        months,
    )
    return words % {"months": months, "now": yuan(bill)}


def _silence(days: int, day: int) -> str:
    return _("%(days)s days without a call (as of %(day)s)") % {"days": days, "day": _day(day)}


def _competitor(cause: int, amount: int) -> str:
    words = {
        c7_competitor.FORWARDS: ngettext(
            "Forwarded to a competitor on %(amount)s day this month",
            "Forwarded to a competitor on %(amount)s days this month",
            amount,
        ),
        c7_competitor.HOTLINE: ngettext(
            "%(amount)s call to a competitor's hotline in seven days",
            "%(amount)s calls to a competitor's hotline in seven days",
            amount,
        ),
        c7_competitor.SECOND: _("Our SIM became the second one"),
        c7_competitor.ONNET: _("Share of calls within our network fell %(amount)s%%"),
    }
    return words[cause] % {"amount": amount} if cause in words else ""


def _trouble(cause: int, amount: int) -> str:
    if cause == c8_trouble.MAJOR:
        return _("Major complaint on %(day)s") % {"day": _day(amount)}
    if cause == c8_trouble.REPEATED:
        return _("%(count)s complaints in 30 days") % {"count": amount}
    return _("%(count)s poor calls and sessions in 30 days") % {"count": amount}


def _group_change(cause: int, amount: int) -> str:
    words = {
        c9_group_change.PORTED: ngettext(
            "%(count)s member of the group ported out in 30 days",
            "%(count)s members of the group ported out in 30 days",
            amount,
        ),
        c9_group_change.LEFT_VNET: _("Left the V-net"),
        c9_group_change.DUTY: _("Duty in the group changed"),
    }
    if cause == c9_group_change.UNIFIED_PAY:
        return _("Payment by the group ends on %(day)s") % {"day": _day(amount)}
    if cause == c9_group_change.PAYER:
        return _("The payer of the family left on %(day)s") % {"day": _day(amount)}
    return words[cause] % {"count": amount} if cause in words else ""


SENTENCES: dict[str, Callable[[int, int], Any]] = {
    "A1": _first_month,
    "A2": _birthday,
    "A3": _anniversary,
    "A4": _holiday,
    "A5": _level_up,
    "A6": _roaming,
    "A7": _low_balance,
    "A8": _arrears,
    "A9": _case_closed,
    "B1": _data_over,
    "B2": _voice_over,
    "B3": _surge,
    "B4": _handset,
    "B5": _mismatch,
    "B6": _broadband,
    "B7": _points,
    "B8": _subscription,
    "B9": _contact,
    "C1": _bundle,
    "C2": _porting,
    "C3": _wants_less,
    "C4": _drop,
    "C5": _low_months,
    "C6": _silence,
    "C7": _competitor,
    "C8": _trouble,
    "C9": _group_change,
}
