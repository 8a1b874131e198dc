"""Build a frame from a few readable dicts: one per customer, oldest month first, everything else by default."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from customers.frame import Frame
from customers.history import ARREARS, FACTS, HAS_BILL, IN_NETWORK, PORTED, PRE_CANCEL, SIGNAL_DAY, SIGNED, SUSPENDED
from cvm.lib.months import day_number, first_day, month_of, parse_label

# name -> (dtype, default): what the loader brings (customers/frames.py)
LOADED: dict[str, tuple[str, Any]] = {
    "id": ("i4", None),  # 1, 2, 3 … unless given
    "county_id": ("i4", 1),
    "hall_id": ("i4", 0),
    "manager_id": ("i4", 0),
    "join_day": ("i4", day_number(dt.date(2010, 5, 17))),
    "tenure_months": ("i2", None),  # counted from join_day at as_of unless given
    "birth_month_day": ("i2", 0),
    "state": ("i2", 1),
    "is_signed": ("?", True),
    "vip_card": ("i2", 0),
    "star_level": ("i2", 0),
    "group_class": ("i2", 0),
    "is_key_person": ("?", False),
    "is_special": ("?", False),
    "is_red_listed": ("?", False),
    "is_black_listed": ("?", False),
    "is_sensitive": ("?", False),
    "do_not_call": ("?", False),
    "do_not_contact": ("?", False),
    "has_call_consent": ("?", True),
    "plan_fee_fen": ("i4", 0),
    "data_quota_mb": ("i4", 0),
    "voice_quota_min": ("i4", 0),
    "broadband_carrier": ("i2", 1),
    "handset_months": ("i2", 0),
    "dual_sim": ("i2", 0),
    "last_call_day": ("i4", 0),
    "loyalty": ("i2", 0),
    "pay_mode": ("i2", 0),
    "brand": ("i2", 0),
    "vnet": ("i2", 0),
    "is_in_family": ("?", False),
    **dict.fromkeys(("group_id", "family_id", "state_changed_day", "balance_fen", "next_plan_fee_fen"), ("i4", 0)),
    **dict.fromkeys(("family_role", "stop_reason", "plan_is_5g", "sim_is_5g", "handset_is_5g"), ("i2", 0)),
    **dict.fromkeys(("is_address_covered", "duty_mark"), ("i2", 0)),
    "has_balance": ("?", False),
    "has_handset_bundle": ("?", False),
    "unified_pay_end_day": ("i4", 0),
    **dict.fromkeys(("points_expiring", "points_expire_day", "handset_changed_day", "broadband_end_day"), ("i4", 0)),
    **dict.fromkeys(("subscription_end_day", "trial_end_day", "payer_left_day", "previous_marks"), ("i4", 0)),
    "group_ported_30d": ("i2", 0),
    **dict.fromkeys(("usage_day", "used_data_mb", "used_voice_min"), ("i4", 0)),
    **dict.fromkeys(("month_data_quota_mb", "month_voice_quota_min"), ("i4", 0)),
    **dict.fromkeys(("zero_call_days", "competitor_forward_days", "competitor_hotline_calls"), ("i2", 0)),
    **dict.fromkeys(("onnet_bp", "previous_onnet_bp", "province_roam_days"), ("i2", 0)),
    **dict.fromkeys(("over_data_months", "over_voice_months"), ("i2", 0)),
    "has_roamed_before": ("?", False),
    **dict.fromkeys(("poor_events_30d", "outage_ended_day"), ("i4", 0)),
    **dict.fromkeys(("roam_day", "arrears_stop_day", "contact_day", "hall_visit_day"), ("i4", 0)),
    **dict.fromkeys(("complaint_closed_day", "major_complaint_day"), ("i4", 0)),
    "credit_score": ("i4", 0),
    "bundle_count": ("i2", 0),
    "soft_bundle_count": ("i2", 0),
    "benefit_count": ("i2", 0),
    "bundle_end_day": ("i4", 0),
    "bundle_nearest_end_day": ("i4", 0),
    "rebate_end_month": ("i4", 0),
    "bundle_ended_day": ("i4", 0),
    "porting_eligible_day": ("i4", 0),
    "porting_blocked_day": ("i4", 0),
    "cancel_day": ("i4", 0),
    "suspend_day": ("i4", 0),
    "downgrade_day": ("i4", 0),
    "payment_delays": ("i2", 0),
    "orders": ("i4", 0),
    "complaints_30d": ("i2", 0),
    "complaints_90d": ("i2", 0),
    "open_complaint_level": ("i2", 0),
    "open_complaint_day": ("i4", 0),
    "tags": ("i8", 0),
}
# name -> (dtype, default): what an earlier rule adds; in the frame only when a row names it
COMPUTED: dict[str, tuple[str, Any]] = {
    **dict.fromkeys(("cum3_fen", "last_cum3_fen", "previous_cum3_fen", "sum12_fen", "given_fen"), ("i8", 0)),
    **dict.fromkeys(("arpu_fen", "growth_bp", "cohort_entry", "frozen_entry", "stage_since"), ("i4", 0)),
    **dict.fromkeys(("moments", "churn_ppm", "offer_id", "kept_fen", "warning_day"), ("i4", 0)),
    **dict.fromkeys(("previous_warning_day", "value_1", "value_2", "value_3"), ("i4", 0)),
    **dict.fromkeys(("band", "previous_band", "layer", "code", "code_reason", "potential_signals"), ("i1", 0)),
    **dict.fromkeys(("cohort_state", "low_months", "stage", "stage_reason"), ("i1", 0)),
    **dict.fromkeys(("low_bits", "tenure_at_month", "score", "warning", "previous_warning"), ("i2", 0)),
    **dict.fromkeys(("reason_1", "reason_2", "reason_3"), ("i2", 0)),
    "arm": ("i4", 0),
    "is_barred": ("?", False),
    "is_in_network": ("?", True),
}
FLAG_OF = {
    "in_network": IN_NETWORK,
    "signed": SIGNED,
    "suspended": SUSPENDED,
    "pre_cancel": PRE_CANCEL,
    "arrears": ARREARS,
    "ported": PORTED,
}
USAGE = tuple(fact for fact in FACTS if fact not in {"arpu_fen", "flags"})


def make_frame(
    rows: Iterable[Mapping[str, Any]],
    *,
    month: str = "2017-12",
    as_of: dt.date | None = None,
    months: int | None = None,
) -> Frame:
    """Return a frame ending at bill month `month` (YYYY-MM), as of the fifth of the next month unless told.

    A row may hold
    - bills: yuan as text or whole numbers, oldest first, ending at `month`; None or "-" = no bill, off network;
    - voice_min, data_mb, sms_count, active_days, over_fee_fen: one number for every billed month, or a list like bills;
    - in_network, signed, suspended, pre_cancel, arrears, ported: True/False, or a list like bills
      (in network and signed follow the bills unless given);
    - signalled: the dates of eligible porting queries or downgrades, in any order;
    - joined, born: dates; any column of LOADED or COMPUTED by its name.
    Months before the first bill given are not on the network. Raises KeyError on any other key.
    """
    rows = list(rows)
    newest = parse_label(month)
    as_of = as_of or first_day(newest + 1) + dt.timedelta(days=4)
    depth = months or max([len(row.get("bills", ())) for row in rows], default=0) or 1
    history = {fact: np.zeros((depth, len(rows)), dtype=np.int32) for fact in (*FACTS, SIGNAL_DAY)}
    frame = Frame(as_of, newest, _columns(rows, as_of), history)
    for position, row in enumerate(rows):
        _write_history(history, position, row)
        for day in sorted(row.get("signalled", ())):
            history[SIGNAL_DAY][newest - month_of(day), position] = day.day
    return frame


def _columns(rows: list[Mapping[str, Any]], as_of: dt.date) -> dict[str, np.ndarray]:
    profiles = [_profile(row, number=number, as_of=as_of) for number, row in enumerate(rows, start=1)]
    named = {name for profile in profiles for name in profile}
    known = LOADED | {name: kind for name, kind in COMPUTED.items() if name in named}
    if named - set(known):
        raise KeyError(f"No such column: {sorted(named - set(known))}")
    return {
        name: np.array([profile.get(name, default) for profile in profiles], dtype=dtype)
        for name, (dtype, default) in known.items()
    }


def _profile(row: Mapping[str, Any], *, number: int, as_of: dt.date) -> dict[str, Any]:
    other = {"bills", "joined", "born", "signalled", *USAGE, *FLAG_OF}
    profile = {"id": number, **{name: value for name, value in row.items() if name not in other}}
    if "joined" in row:
        profile["join_day"] = day_number(row["joined"])
    if "born" in row:
        profile["birth_month_day"] = row["born"].month * 100 + row["born"].day
    profile.setdefault("tenure_months", _tenure(profile.get("join_day", LOADED["join_day"][1]), as_of))
    return profile


def _tenure(join_day: int, as_of: dt.date) -> int:
    joined = dt.date(1970, 1, 1) + dt.timedelta(days=int(join_day))
    return (as_of.year - joined.year) * 12 + as_of.month - joined.month + 1 if join_day else 0


def _write_history(history: dict[str, np.ndarray], position: int, row: Mapping[str, Any]) -> None:
    """Fill one customer's months; row 0 of the history is the newest."""
    bills = list(row.get("bills", ()))[::-1]
    is_billed = [bill not in (None, "-") for bill in bills]
    for back, bill in enumerate(bills):
        if is_billed[back]:
            history["arpu_fen"][back, position] = fen(bill)
            history["flags"][back, position] = HAS_BILL
        for fact in USAGE:
            history[fact][back, position] = _at(row.get(fact, 0), back) if is_billed[back] else 0
        for name, flag in FLAG_OF.items():
            default = is_billed[back] if name in {"in_network", "signed"} else False
            history["flags"][back, position] |= flag * bool(_at(row.get(name, default), back))


def fen(yuan: str | int) -> int:
    """Return yuan as whole fen; raises ValueError when it is not a whole number of fen."""
    amount = Decimal(yuan) * 100
    if amount != int(amount):
        raise ValueError(f"{yuan} yuan is not a whole number of fen")
    return int(amount)


def _at(value: Any, back: int) -> Any:
    """Return the value of the month `back` months ago: lists run from the oldest month to the newest."""
    return value[-1 - back] if isinstance(value, list | tuple) else value
