"""What a threshold is called on a page; its unit is the end of its name."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LABELS: dict[str, Promise] = {
    "cool_down_days": _("Cool-down, days"),
    "deadline_hours": _("First contact within, hours"),
    "yellow_hours": _("Yellow: first contact within, hours"),
    "orange_hours": _("Orange: first contact within, hours"),
    "red_hours": _("Red: first contact within, hours"),
    "early_hours": _("Early: first contact within, hours"),
    "rebate_hours": _("Last rebate: first contact within, hours"),
    "share_percent": _("Share of the average, percent"),
    "orange_share_percent": _("Orange up to a share of, percent"),
    "least_fall_fen": _("Least fall, yuan"),
    "least_rise_fen": _("Least rise, yuan"),
    "least_balance_fen": _("Balance below, yuan"),
    "yellow_low_months": _("Yellow at this many low months"),
    "orange_low_months": _("Orange at this many low months"),
    "yellow_days": _("Yellow at this many days"),
    "orange_days": _("Orange at this many days"),
    "red_days": _("Red at this many days"),
    "early_days": _("Early at this many days"),
    "rebate_until_day": _("Last rebate told until this day of the month"),
    "tenure_months": _("Months on the network"),
    "days_before": _("Days before"),
    "within_days": _("Within this many days"),
    "abroad_within_days": _("Went abroad within this many days"),
    "changed_within_days": _("Changed within this many days"),
    "ends_within_days": _("Ends within this many days"),
    "trial_within_days": _("Free trial ends within this many days"),
    "province_days": _("Days in other provinces"),
    "least_star_level": _("From this star level"),
    "used_percent": _("Used share of the allowance, percent"),
    "used_months": _("Handset used for this many months"),
    "until_day": _("Until this day of the month"),
    "over_months": _("Months with fees beyond the plan"),
    "weekday": _("Day of the week, 0 for every day"),
    "least_points": _("Least points"),
    "forward_days": _("Days of forwarding to a competitor"),
    "hotline_calls": _("Calls to a competitor's hotline"),
    "onnet_fall_percent": _("Fall of on-net calls, percent"),
    "complaints": _("Complaints in thirty days"),
    "poor_events": _("Poor calls and sessions in thirty days"),
    "ported_members": _("Members ported out in thirty days"),
    "unified_pay_days": _("Payment by the group ends within, days"),
}


def label(name: str) -> str:
    """Return a threshold's name in the reader's language."""
    return str(LABELS.get(name, name.replace("_", " ")))


def is_money(name: str) -> bool:
    """Tell whether a threshold is stored in fen and shown in yuan."""
    return name.endswith("_fen")
