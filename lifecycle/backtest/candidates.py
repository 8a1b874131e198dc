"""Whom a kind could find at all: nobody in whom all of these columns are zero. A test holds each kind to its line.

A year of days over everybody is spent on customers a kind looks at in vain; with this it looks at the few others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from customers.frame import Column, Frame
from lifecycle.moments import detected
from lifecycle.moments.hits import NOBODY, Hits
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


class Candidates:
    """Whom a kind could find; looked for again only when one of the columns it needs is another one than before."""

    def __init__(self, code: str) -> None:
        self._needs = NEEDS.get(code, ())
        self._columns: list[Column] = []
        self._rows: npt.NDArray[np.intp] = np.zeros(0, dtype=np.intp)

    def among(self, frame: Frame) -> npt.NDArray[np.intp] | None:
        """Return their positions; None where that is anybody."""
        if not self._needs:
            return None
        columns = [frame[name] for name in self._needs]
        if not self._columns or any(now is not before for now, before in zip(columns, self._columns, strict=True)):
            self._columns, self._rows = columns, _rows_with_any(columns)
        return self._rows if 2 * len(self._rows) <= len(frame) else None


def found_among(frame: Frame, terms: KindTerms, candidates: Candidates | None = None) -> Hits:
    """Return what `detected` returns, by looking only at those the kind could find."""
    rows = (candidates or Candidates(terms.code)).among(frame)
    if rows is None:
        return detected(frame, terms)
    if not len(rows):
        return NOBODY
    found = detected(frame.chosen(rows), terms)
    return replace(found, rows=rows[found.rows])


def _rows_with_any(columns: Sequence[Column]) -> npt.NDArray[np.intp]:
    has_any = columns[0] != 0
    for column in columns[1:]:
        has_any = has_any | (column != 0)
    return np.flatnonzero(has_any)
