"""The fields of a customer profile file, and the columns of the table they become."""

from __future__ import annotations

from customers.importing.consents import CHANNEL_OF
from customers.importing.fields import (
    MSISDN,
    USER_CODE,
    choice,
    count,
    data,
    day,
    duration_months,
    flag,
    instant,
    minutes,
    money,
    text,
)
from customers.importing.rows import Rows
from customers.importing.staging import Columns
from customers.models import Customer

FIELDS = (
    USER_CODE,
    MSISDN,
    text("cust_code"),
    text("name"),
    choice("gender"),
    day("birth_date"),
    text("county"),
    text("hall"),
    choice("brand"),
    day("join_date"),
    choice("state", empty=Customer.State.NORMAL.value),
    choice("stop_reason"),
    day("state_changed_on"),
    day("leave_date"),
    flag("is_signed", empty=True),
    flag("is_real_name", empty=True),
    choice("vip_card"),
    choice("star_level"),
    count("credit_score", empty=None),
    text("plan_name"),
    money("plan_fee_fen"),
    money("next_plan_fee_fen", empty=None),
    data("data_quota_mb"),
    minutes("voice_quota_min"),
    choice("pay_mode"),
    money("balance_fen", empty=None),
    count("points", empty=None),
    count("points_expiring"),
    day("points_expire_on"),
    flag("is_special"),
    flag("is_red_listed"),
    flag("is_black_listed"),
    flag("is_sensitive"),
    choice("broadband_carrier"),
    day("broadband_expires_on"),
    choice("is_address_covered"),
    choice("plan_is_5g"),
    choice("sim_is_5g"),
    choice("handset_is_5g"),
    day("handset_changed_on"),
    text("handset_model"),
    duration_months("handset_months"),
    choice("dual_sim"),
    day("last_call_date"),
    text("group_code"),
    flag("is_key_person"),
    text("duty"),
    choice("vnet"),
    text("occupation"),
    text("industry"),
    text("interests", length=128),
    choice("loyalty"),
    text("manager"),
    flag("do_not_disturb"),
    instant("do_not_disturb_from"),
    instant("do_not_disturb_to"),
    choice("consent_call"),
    choice("consent_sms"),
    choice("consent_app"),
)
NEEDED_BY_NEW = frozenset({"msisdn", "county", "join_date"})
KINDS = {
    "text": "text",
    "code": "text",
    "number": "text",
    "flag": "boolean",
    "day": "date",
    "choice": "integer",
    "measure": "integer",
    "count": "integer",
}
# What a field of the file becomes in the table, when it is not stored under its own name.
BECOMES = {
    "county": ("county_id",),
    "hall": ("hall_id",),
    "manager": ("manager_id",),
    "group_code": ("group_id",),
    "name": ("name", "name_pinyin", "name_initials"),
    "msisdn": ("msisdn", "number_hash"),
}
STORED: Columns = {
    **{field.name: KINDS[field.type] for field in FIELDS if field.name not in BECOMES and field.type in KINDS},
    "name": "text",
    "name_pinyin": "text",
    "name_initials": "text",
    "msisdn": "text",
    "number_hash": "text",
    "county_id": "integer",
    "hall_id": "integer",
    "manager_id": "integer",
    "group_id": "integer",
}
for _own_table in ("do_not_disturb", *CHANNEL_OF):
    STORED.pop(_own_table)


def columns_of_file(rows: Rows) -> list[str]:
    """Return the columns of the table that a file with these fields may change."""
    named = {column for name in rows.present for column in BECOMES.get(name, (name,))}
    if "state" in rows.present:
        named.update(("leave_date", "msisdn", "number_hash"))  # who comes back has not left, and has the number again
    if "county" not in rows.present:
        named.discard("hall_id")  # a hall is found within its county
    return [column for column in STORED if column in named and column != "user_code"]
