"""Whom a kind could find at all: nobody in whom all of these columns are zero. A test holds each kind to its line.

A year of days over everybody is spent on customers a kind looks at in vain; with this it looks at the few others.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from customers.frame import Frame
from lifecycle.moments import detected
from lifecycle.moments.hits import Hits
from lifecycle.moments.terms import KindTerms

NEEDS: dict[str, tuple[str, ...]] = {
    "A6": ("roam_day", "province_roam_days"),
    "A8": ("arrears_stop_day", "stop_reason"),
    "A9": ("complaint_closed_day", "outage_ended_day"),
    "B1": ("used_data_mb", "over_data_months"),
    "B2": ("used_voice_min", "over_voice_months"),
    "B7": ("points_expiring",),
    "B8": ("trial_end_day", "subscription_end_day"),
    "B9": ("contact_day",),
    "C1": ("bundle_end_day", "rebate_end_month"),
    "C2": ("porting_eligible_day", "porting_blocked_day"),
    "C3": ("cancel_day", "suspend_day", "downgrade_day", "next_plan_fee_fen"),
    "C6": ("zero_call_days", "last_call_day"),
    "C7": ("competitor_forward_days", "competitor_hotline_calls", "dual_sim", "previous_onnet_bp"),
    "C8": ("major_complaint_day", "complaints_30d", "poor_events_30d"),
    "C9": ("is_key_person", "payer_left_day"),
}


def found_among(frame: Frame, terms: KindTerms) -> Hits:
    """Return what `detected` returns, by looking only at those the kind could find."""
    needs = NEEDS.get(terms.code)
    if needs is None:
        return detected(frame, terms)
    could = frame[needs[0]] != 0
    for name in needs[1:]:
        could = could | (frame[name] != 0)
    rows = np.flatnonzero(could)
    if 2 * len(rows) > len(frame):
        return detected(frame, terms)
    found = detected(frame.chosen(rows), terms)
    return replace(found, rows=rows[found.rows])
