"""How numbers, months, people and verdicts look. Loaded by every template."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from customers import masking
from customers.facets import Credit
from customers.models import Standing
from customers.verdict import Evidence
from cvm.lib.money import yuan_text
from cvm.lib.months import day_of, label
from lifecycle.models import Stage, StageDetail
from retention.models import WarningLevel
from retention.panels import reason_words
from segmentation.models import Band, Code, Layer

register = template.Library()

NOTHING = "–"
# (from, divisor, unit): the first that fits is used
UNITS_ZH = ((100_000_000, 100_000_000, "亿"), (10_000, 10_000, "万"))
UNITS_EN = ((1_000_000_000, 1_000_000_000, "B"), (1_000_000, 1_000_000, "M"), (10_000, 1_000, "k"))


@register.filter
def count(value: int | None) -> str:
    """Return a whole number with thousands separators: 12,345."""
    return NOTHING if value is None else f"{value:,}"


@register.filter
def tenths(value: Fraction | None) -> str:
    """Return an exact fraction with one decimal: 12.3."""
    return NOTHING if value is None else f"{_round(Decimal(value.numerator) / Decimal(value.denominator), 1):,}"


@register.filter
def yuan(fen: int | None) -> str:
    """Return the exact amount: 1234567 fen is ¥12,345.67."""
    return NOTHING if fen is None else yuan_text(fen)


@register.filter
def yuan_number(fen: int | None) -> str:
    """Return fen as plain yuan for a chart's data attribute: 1234.56; nothing where there is none."""
    return "" if fen is None else f"{Decimal(fen) / 100:.2f}"


@register.filter
def average(standing: Standing) -> int:
    """Return the average bill of three months in fen, rounded half up."""
    return (2 * standing.cum3_fen + 3) // 6


@register.filter
def yuan_short(fen: int | None) -> str:
    """Return an amount to read at a glance: ¥123.5万 or ¥1.2M; small amounts stay exact to the yuan."""
    if fen is None:
        return NOTHING
    sign = "-" if fen < 0 else ""
    return f"{sign}¥{_short(Decimal(abs(fen)) / 100)}"


@register.filter
def count_short(value: int | None) -> str:
    """Return a count to read at a glance: 12.3万 or 1.2M."""
    return NOTHING if value is None else _short(Decimal(value))


def _short(amount: Decimal) -> str:
    for start, divisor, unit in UNITS_EN if get_language() == "en" else UNITS_ZH:
        if amount >= start:
            return f"{_round(amount / divisor, 1):,}{unit}"
    return f"{_round(amount, 0):,}"


def _round(value: Decimal, places: int) -> Decimal:
    # Adding nothing turns -0.0 into 0.0: a small minus share reads as none.
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP) + 0


def percent_of(part: int, whole: int, *, places: int = 1) -> str:
    """Return part of whole as 12.3%; a dash where there is nothing to divide by."""
    if not whole:
        return NOTHING
    return f"{_round(Decimal(part) * 100 / Decimal(whole), places)}%"


@register.simple_tag
def share(part: int | None, whole: int | None) -> str:
    """Return part of whole as 12.3%; nothing where one of them is not shown."""
    return "" if part is None or whole is None else percent_of(part, whole)


@register.filter
def basis_points(value: int) -> str:
    """Return hundredths of a percent as a signed percentage: -2000 is -20.0%."""
    return f"{_round(Decimal(value) / 100, 1):+}%"


@register.filter
def basis_points_plain(value: int) -> str:
    """Return hundredths of a percent as a share: 9125 is 91.25%."""
    return f"{_round(Decimal(value) / 100, 2)}%"


@register.filter
def ppm(value: int) -> str:
    """Return parts per million as 12.3%."""
    return f"{_round(Decimal(value) / 10_000, 1)}%"


@register.filter
def month(value: int | dt.date | None) -> str:
    """Return a month, given as ordinal or as a date, as YYYY-MM."""
    if not value:
        return NOTHING
    return value.strftime("%Y-%m") if isinstance(value, dt.date) else label(value)


@register.filter
def day(value: int | dt.date | None) -> str:
    """Return a day, given as day number or as a date, as YYYY-MM-DD."""
    if not value:
        return NOTHING
    return formats.date_format(value if isinstance(value, dt.date) else day_of(value), "Y-m-d")


@register.filter
def seconds(value: float | None) -> str:
    """Return a duration: 0.4 s, 12 s, 3 min 5 s."""
    if value is None:
        return NOTHING
    if value < 10:
        return _("%(seconds)s s") % {"seconds": f"{value:.1f}"}
    if value < 60:
        return _("%(seconds)s s") % {"seconds": round(value)}
    minutes, rest = divmod(round(value), 60)
    return _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": rest}


@register.filter
def number(msisdn: str) -> str:
    """Return the masked phone number."""
    return masking.masked_number(msisdn)


@register.simple_tag(takes_context=True)
def name(context: dict[str, Any], value: str) -> str:
    """Return a customer's name as far as the reader may see it."""
    return masking.visible_name(value, user=context["request"].user) or NOTHING


@register.simple_tag
def icon(symbol: str) -> SafeString:
    """Return an icon of the sprite; words beside it carry the meaning."""
    address = static("vendor/icons.svg")
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', address, symbol)


NAMES = {
    "band": Band,
    "stage": Stage,
    "stage_detail": StageDetail,
    "warning": WarningLevel,
    "layer": Layer,
    "credit": Credit,
}
PLAIN = ("layer", "stage_detail", "credit")  # badges without a colour of their own


@register.simple_tag
def badge(kind: str, value: int) -> SafeString | str:
    """Return a verdict as a badge: kind is a name above. A value without a name is a dash."""
    names = NAMES[kind]
    if value not in names.values:
        return NOTHING
    classes = "badge-plain" if kind in PLAIN else f"badge-{kind}-{value}"
    return format_html('<span class="badge-cvm {}">{}</span>', classes, names(value).label)


@register.simple_tag
def code(value: int) -> SafeString | str:
    """Return the customer code in its box."""
    if value not in Code.values:
        return NOTHING
    return format_html('<span class="code code-{}">{}</span>', value, Code(value).label)


@register.simple_tag
def reason(number: int, value: int) -> str:
    """Return a warning's reason in words."""
    return reason_words(number, value)


@register.filter
def evidence(found: Evidence) -> str:
    """Return one value behind a verdict, written as its kind asks."""
    return str(EVIDENCE.get(found.kind, str)(found.value))


EVIDENCE: dict[str, Any] = {
    "yuan": yuan,
    "count": count,
    "month": month,
    "day": day,
    "basis_points": basis_points,
}
