"""What a back-test cannot know, why one cannot be had, and why terms are not adopted, in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers import noting
from cvm.backtests import actions, tasks
from cvm.backtests.plan import Reach
from cvm.lib.months import label
from lifecycle.backtest.reads import COHORT
from lifecycle.backtest.sparing import spared
from lifecycle.models import BackTest, MomentKind

REFUSALS: dict[str, Promise] = {
    actions.NOT_DONE: gettext_lazy("This back-test has not ended; its terms cannot be adopted."),
    actions.TOO_OLD: gettext_lazy("This back-test is older than seven days. Run it again, then adopt its terms."),
    actions.KIND_CHANGED: gettext_lazy(
        "The moment has been changed since this back-test. Run it again on what is in force now."
    ),
    actions.NOTHING_NEW: gettext_lazy("These terms are in force."),
}
FAILURES: dict[str, Promise] = {
    tasks.KEEPS_FAILING: gettext_lazy("A part of it ended its worker five times. The log of the worker says more."),
    tasks.WENT_WRONG: gettext_lazy("It met an error nobody foresaw. The log of the worker says more."),
}
# columns kept only as they are now, by what a person calls them: known since the nights note them
COLUMNS: dict[str, Promise] = {
    "state_changed_day": gettext_lazy("the state of each day"),
    "stop_reason": gettext_lazy("why somebody was suspended"),
    "star_level": gettext_lazy("the star level of each day"),
    "vip_card": gettext_lazy("the VIP card of each day"),
    "previous_marks": gettext_lazy("what the night before had noted"),
    "last_call_day": gettext_lazy("the use of each day"),
    "usage_day": gettext_lazy("the use of each day"),
    "used_data_mb": gettext_lazy("the use of each day"),
    "used_voice_min": gettext_lazy("the use of each day"),
    "zero_call_days": gettext_lazy("the use of each day"),
    "province_roam_days": gettext_lazy("the use of each day"),
    "has_roamed_before": gettext_lazy("the use of each day"),
    "competitor_forward_days": gettext_lazy("the use of each day"),
    "competitor_hotline_calls": gettext_lazy("the use of each day"),
    "onnet_bp": gettext_lazy("the use of each day"),
    "previous_onnet_bp": gettext_lazy("the use of each day"),
    "month_data_quota_mb": gettext_lazy("the allowances of each day"),
    "month_voice_quota_min": gettext_lazy("the allowances of each day"),
    "data_quota_mb": gettext_lazy("the allowances of each day"),
    "voice_quota_min": gettext_lazy("the allowances of each day"),
    "balance_fen": gettext_lazy("the balance of each day"),
    "has_balance": gettext_lazy("the balance of each day"),
    "pay_mode": gettext_lazy("the pay mode of each day"),
    "plan_fee_fen": gettext_lazy("the plan of each day"),
    "next_plan_fee_fen": gettext_lazy("the plan of each day"),
    "plan_is_5g": gettext_lazy("the plan of each day"),
    "sim_is_5g": gettext_lazy("the SIM card of each day"),
    "handset_is_5g": gettext_lazy("the handset of each day"),
    "handset_months": gettext_lazy("the handset of each day"),
    "handset_changed_day": gettext_lazy("the handset of each day"),
    "dual_sim": gettext_lazy("the role of the second SIM"),
    "broadband_carrier": gettext_lazy("the broadband of each day"),
    "broadband_end_day": gettext_lazy("the broadband of each day"),
    "is_address_covered": gettext_lazy("the broadband of each day"),
    "points_expire_day": gettext_lazy("the points of each day"),
    "points_expiring": gettext_lazy("the points of each day"),
    "is_special": gettext_lazy("the special users of each day"),
    "is_key_person": gettext_lazy("the key persons of each day"),
    "duty_mark": gettext_lazy("the duty of each day"),
    "group_ported_30d": gettext_lazy("the group of each day"),
    "family_role": gettext_lazy("the family of each day"),
    "payer_left_day": gettext_lazy("the family of each day"),
    "vnet": gettext_lazy("the V-net of each day"),
}


def reach_words(reach: Reach, *, as_of: dt.date) -> str:
    """Return from which day a kind can be tried, or why not at all."""
    if reach.unknown:
        words = _("Cannot be back-tested: it looks at %(what)s, which is kept only as it is now.")
        return words % {"what": named(reach.unknown)}
    if reach.first is None and reach.noted:
        words = _("Cannot be back-tested yet: it looks at %(what)s, which no published night has noted so far.")
        return words % {"what": named(reach.noted)}
    if reach.first is None:
        words = _(
            "Cannot be back-tested: it needs %(months)s months of bills in a row, and the first are of %(oldest)s."
        )
        return words % {"months": reach.months, "oldest": label(reach.oldest)}
    if (as_of - reach.first).days >= 364:
        return ""
    if reach.noted:
        words = _("From %(day)s: it looks at %(what)s, which the nights note since then.")
        return words % {"day": _day(reach.first), "what": named(reach.noted)}
    words = _("From %(day)s: it needs bills of the months before, and the first are of %(oldest)s.")
    return words % {"day": _day(reach.first), "oldest": label(reach.oldest)}


def named(columns: Iterable[str]) -> str:
    """Return what a person calls these columns, each thing once."""
    return str(_("; ")).join(dict.fromkeys(str(COLUMNS.get(name, name)) for name in sorted(columns)))


def notes(test: BackTest, *, looks_at: frozenset[str]) -> Iterator[str]:
    """Yield what of the past this back-test takes from today, or from a month end, because nobody kept it."""
    plan: dict[str, Any] = test.plan
    yield _(
        "It is worked out as if a night had run every day, on bills known from the last day of their month and as corrected since."
    )
    noted = dt.date.fromisoformat(plan["noted_since"]) if plan["noted_since"] else None
    if noted is None or test.first_day < noted:
        words = _(
            "Before %(day)s no night noted changes of state: who was in network is taken from the last month end, so that somebody who left within a month still counts until its end."
        )
        yield words % {"day": _day(noted or test.last_day)}
    yield from _before_the_notes(test, looks_at)
    yield _(
        "The customer codes of past months, which choose the channel, use the profile of today where it has no date: broadband, handset, second SIM, allowances, groups."
    )
    if looks_at & COHORT:
        yield _(
            "Who is in the cohort of a month not closed by a night is worked out from its bills, with the special users of today."
        )
    warm = dt.date.fromisoformat(plan["warm"])
    cool_down = max(test.draft["cool_down_days"], test.live["cool_down_days"])
    if (test.first_day - warm).days < min(cool_down, 92):
        yield _("There are no bills for the days before the first: its cool-downs begin empty.")
    if plan["left_out"]:
        known = _("; ").join(str(kind) for kind in MomentKind.objects.filter(code__in=plan["left_out"]).order_by("bit"))
        yield _("Not compared, because they cannot be rebuilt for these days: %(kinds)s.") % {"kinds": known}


def _before_the_notes(test: BackTest, looks_at: frozenset[str]) -> Iterator[str]:
    """Yield what is told in less detail, or not at all, of days before the nights noted what is kept only as it is now."""
    nights = test.plan.get("nights")
    since = dt.date.fromisoformat(nights[0][1]) if nights else None
    if since is not None and since <= test.first_day:
        return
    day = _day(since or test.last_day + dt.timedelta(days=1))
    if looks_at & noting.USAGE:
        yield _(
            "Before %(day)s the use of a month counts from its last day on: no night noted it day by day, so the running month tells nothing."
        ) % {"day": day}
    if looks_at & noting.HANDSET:
        yield _("Before %(day)s a handset is known from the day of its last change on.") % {"day": day}
    if missing := looks_at & spared(test.kind.code):
        yield _("Before %(day)s it goes without %(what)s, which no night noted then.") % {
            "day": day,
            "what": named(missing),
        }


def _day(day: dt.date) -> str:
    return f"{day:%Y-%m-%d}"
