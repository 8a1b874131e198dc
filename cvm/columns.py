"""The columns of a customer list, for the page and for files: what they are called, what they read, who may ask."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.masking import sees_value

PARAMETER = "columns"
ALWAYS = ("customer_id", "customer__msisdn")  # the row's key, and its head


class UnknownColumn(ValueError):
    """The address names a column the list does not have, or not for this person: the two look the same."""


@dataclass(frozen=True)
class Column:
    """One column: its name in the address, its head, the fields of a standing it needs, its sort if it has one."""

    name: str
    label: str | Promise
    fields: tuple[str, ...]
    is_default: bool = True
    is_secret: bool = False  # needs customers.see_value
    is_number: bool = False
    sort: str = ""


MANAGER = ("customer__manager__display_name", "customer__manager__username")

COLUMNS = (
    Column("name", _("Name"), ("customer__name",)),
    Column("user_code", _("User code"), ("customer__user_code",), is_default=False),
    Column("county", _("County"), ("county_id",)),
    Column("code", _("Code"), ("code",), is_secret=True),
    Column("band", _("Band"), ("band",), is_secret=True),
    Column("layer", _("Layer"), ("layer",), is_default=False, is_secret=True),
    Column("owner", _("Owner department"), ("layer",), is_default=False, is_secret=True),
    Column("stage", _("Stage"), ("stage",)),
    Column("stage_detail", _("Stage in detail"), ("stage_detail",), is_default=False),
    Column("state", _("State"), ("state",), is_default=False),
    Column("warning", _("Warning"), ("warning",)),
    Column("score", _("Churn score"), ("score", "churn_ppm"), is_number=True, sort="-risk"),
    Column("reasons", _("Reasons"), ("reason_1", "value_1", "reason_2", "value_2", "reason_3", "value_3")),
    Column("average", _("3-month average"), ("cum3_fen",), is_secret=True, is_number=True, sort="-value"),
    Column("revenue", _("3-month revenue"), ("cum3_fen",), False, is_secret=True, is_number=True, sort="-value"),
    Column("year", _("12-month revenue"), ("sum12_fen",), False, is_secret=True, is_number=True),
    Column("kept", _("Expected kept"), ("kept_fen",), is_secret=True, is_number=True, sort="-kept"),
    Column("tenure", _("Months on network"), ("tenure_months",), is_number=True, sort="tenure"),
    Column("credit", _("Credit"), ("facets",), is_default=False),
    Column("cohort", _("Cohort"), ("cohort_state",), is_default=False, is_secret=True),
    Column("entry", _("Entered the cohort in"), ("cohort_entry",), is_default=False, is_secret=True),
    Column("edge", _("Expected next month"), (), is_default=False, is_secret=True),
    Column("nudge", _("Nudge to the line (yuan)"), (), is_default=False, is_secret=True, is_number=True),
    Column("moments", _("Key moments"), ("moments",), is_default=False),
    Column("offer", _("Offer"), ("offer_id",), is_default=False),
    Column("tags", _("Tags"), (), is_default=False),
    Column("manager", _("Phone manager"), MANAGER),
)


def allowed(user: Any) -> list[Column]:
    """Return the columns this person may ask for, in the order of the table."""
    return [column for column in COLUMNS if not column.is_secret or sees_value(user)]


def chosen(query: QueryDict, *, user: Any) -> list[Column]:
    """Return the columns an address asks for, the usual ones when it names none; raises UnknownColumn."""
    known = allowed(user)
    wanted = names_in(query)
    unknown = wanted - {column.name for column in known}
    if unknown:
        raise UnknownColumn(", ".join(sorted(unknown)))
    return [column for column in known if (column.name in wanted if wanted else column.is_default)]


def names_in(query: QueryDict) -> set[str]:
    """Return the names in an address: `columns=band,stage`, or one `columns` for each as a form sends them."""
    return {name for value in query.getlist(PARAMETER) for name in value.split(",") if name}


def parameter(columns: Iterable[Column], *, user: Any) -> str:
    """Return what the address says for these columns; nothing for the usual ones."""
    names = [column.name for column in columns]
    usual = [column.name for column in allowed(user) if column.is_default]
    return "" if names == usual else ",".join(names)


def fields_of(columns: Iterable[Column]) -> list[str]:
    """Return the fields to read, each once: the row's key and number, and the columns'."""
    return list(dict.fromkeys([*ALWAYS, *(field for column in columns for field in column.fields)]))
