"""The profile columns of a range of customers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np

from customers.frame import Column
from customers.loading.place import SPAN, THESE, Array, Place, business_zone
from customers.models import DoNotDisturb
from cvm.lib import bulk
from cvm.lib.months import month_of

Packed = tuple[tuple[str, int], ...]

# One column of COPY costs more than shifting a small number into its neighbour: (column, bits), lowest first.
SMALL = (
    ("is_signed", 1),
    ("is_key_person", 1),
    ("is_special", 1),
    ("is_red_listed", 1),
    ("is_black_listed", 1),
    ("is_sensitive", 1),
    ("has_call_consent", 1),
    ("state", 4),
    ("vip_card", 4),
    ("broadband_carrier", 4),
    ("dual_sim", 4),
    ("loyalty", 4),
    ("pay_mode", 4),
)
MORE = (
    ("brand", 4),
    ("vnet", 4),
    ("family_role", 2),
    ("stop_reason", 3),
    ("plan_is_5g", 2),
    ("sim_is_5g", 2),
    ("handset_is_5g", 2),
    ("is_address_covered", 2),
    ("has_balance", 1),
)
# A hashed look-up in the consents of the same range; silence is not consent.
HAS_CALL_CONSENT = (
    "(id in (select customer_id from customers_consent where channel = 'call' and is_given"
    " and customer_id between %(first)s and %(last)s))"
)
EXPRESSIONS = {"has_call_consent": HAS_CALL_CONSENT, "has_balance": "(balance_fen is not null)"}
LISTS = ("is_special", "is_red_listed", "is_black_listed", "is_sensitive")  # whom nobody calls to sell
WIDE = (
    ("id", "int4", "id"),
    ("county_id", "int8", "county_id"),
    ("hall_id", "int8", "coalesce(hall_id, 0)"),
    ("manager_id", "int8", "coalesce(manager_id, 0)"),
    ("group_id", "int8", "coalesce(group_id, 0)"),
    ("family_id", "int8", "coalesce(family_id, 0)"),
    ("join_day", "date", "join_date"),
    ("birth_day", "date", "coalesce(birth_date, '0001-01-01')"),
    ("last_call_day", "date", "coalesce(last_call_date, '1970-01-01')"),
    ("state_changed_day", "date", "coalesce(state_changed_on, '1970-01-01')"),
    ("plan_fee_fen", "int4", "plan_fee_fen"),
    ("balance_fen", "int4", "coalesce(balance_fen, 0)"),
    ("data_quota_mb", "int4", "data_quota_mb"),
    ("voice_quota_min", "int4", "voice_quota_min"),
    ("credit_score", "int4", "coalesce(credit_score, 0)"),
    ("star_level", "int2", "star_level"),
    ("handset_months", "int2", "handset_months"),
    # enough of the duty to see that it changed
    ("duty_mark", "int2", "case duty when '' then 0 else 1 + (hashtext(duty) & 8190) end::int2"),
)
NO_BIRTH_DATE = np.datetime64("0001-01-01").astype("datetime64[D]").astype(np.int64)


def profile_columns(
    cursor: Any, first: int, last: int, as_of: dt.date, *, ids: Sequence[int] = ()
) -> dict[str, Column]:
    """Return the profile of the customers in a range (of it only `ids`, when any), by id, aliases too (docs/GLOSSARY.md)."""
    query = _PROFILES.replace(SPAN, THESE) if ids else _PROFILES
    found = bulk.read(cursor, query, {"first": first, "last": last, "ids": list(ids)}, _ANNOUNCED)
    found |= _unpacked(found.pop("small"), SMALL) | _unpacked(found.pop("more"), MORE)
    found["birth_month_day"] = _month_day(found.pop("birth_day"))
    found["tenure_months"] = _tenure(found["join_day"], month_of(as_of))
    found["group_class"] = _group_class(cursor, found["group_id"])
    found["is_in_family"] = found["family_id"] > 0
    for name in ("county_id", "hall_id", "manager_id", "group_id", "family_id"):
        found[name] = found[name].astype(np.int32)
    return found


def do_not_disturb(cursor: Any, place: Place, as_of: dt.date) -> dict[str, Column]:
    """Return for whom a do-not-disturb period covers some of the day: of any kind, and of no contact at all."""
    found = place.read(
        cursor,
        "select customer_id, scope from customers_donotdisturb where {whose}"
        " and starts_at < (%(as_of)s::date + 1)::timestamp at time zone %(zone)s"
        " and (ends_at is null or ends_at > %(as_of)s::date::timestamp at time zone %(zone)s)",
        {"as_of": as_of, "zone": business_zone()},
        [("customer_id", "int4"), ("scope", "int2")],
    )
    silent = found["customer_id"][found["scope"] == DoNotDisturb.Scope.CONTACT]
    return {
        "do_not_call": np.isin(place.ids, found["customer_id"]),
        "do_not_contact": np.isin(place.ids, silent),
    }


def _packed_sql(packed: Packed) -> str:
    shift, terms = 0, []
    for name, bits in packed:
        terms.append(f"{EXPRESSIONS.get(name, name)}::int4 << {shift}")
        shift += bits
    return " | ".join(f"({term})" for term in terms)


_PROFILES = (
    f"select {', '.join(expression for *_, expression in WIDE)}, {_packed_sql(SMALL)}, {_packed_sql(MORE)}"  # noqa: S608 constants above
    " from customers_customer where id between %(first)s and %(last)s order by id"
)
_ANNOUNCED = [(name, kind) for name, kind, _ in WIDE] + [("small", "int4"), ("more", "int4")]


def _unpacked(numbers: Array, packed: Packed) -> dict[str, Column]:
    columns: dict[str, Column] = {}
    for name, bits in packed:
        values = numbers & ((1 << bits) - 1)
        columns[name] = values.astype(np.bool_ if bits == 1 else np.int16)
        numbers = numbers >> bits
    return columns


def _month_day(day: Array) -> Column:
    days = day.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    month_day = (months.astype(np.int64) % 12 + 1) * 100 + (days - months).astype(np.int64) + 1
    return np.where(day == NO_BIRTH_DATE, 0, month_day).astype(np.int16)


def _tenure(join_day: Array, month: int) -> Column:
    joined = join_day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + 1970 * 12
    return np.maximum(month - joined + 1, 0).astype(np.int16)


def _group_class(cursor: Any, group_id: Array) -> Column:
    groups = bulk.read(
        cursor,
        "select id, group_class from customers_groupaccount where id = any(%(ids)s) order by id",
        {"ids": np.unique(group_id).tolist()},
        [("id", "int8"), ("group_class", "int2")],
    )
    ids = np.concatenate([[0], groups["id"]])
    classes = np.concatenate([[0], groups["group_class"]]).astype(np.int16)
    return classes[np.searchsorted(ids, group_id)]
