"""How figures are written, in both languages."""

import datetime as dt

import pytest
from django.utils import translation

from cvm.lib.money import yuan_text
from cvm.templatetags import cvm_format


@pytest.mark.parametrize(
    ("fen", "shown"), [(0, "¥0.00"), (5, "¥0.05"), (-150, "-¥1.50"), (123_456_789, "¥1,234,567.89"), (None, "–")]
)
def test_yuan_is_exact(fen, shown):
    assert cvm_format.yuan(fen) == shown


@pytest.mark.parametrize(
    ("fen", "shown"), [(38_500, "¥128.33"), (1, "¥0.00"), (2, "¥0.01"), (-2, "-¥0.01"), (-1, "¥0.00")]
)
def test_mean_is_rounded_half_up(fen, shown):
    assert yuan_text(fen, divisor=3) == shown


@pytest.mark.parametrize(
    ("fen", "zh", "en"),
    [
        (99_900, "¥999", "¥999"),
        (1_234_500, "¥1.2万", "¥12.3k"),
        (123_450_000, "¥123.5万", "¥1.2M"),
        (12_345_000_000, "¥1.2亿", "¥123.5M"),
        (-1_000_000, "-¥1.0万", "-¥10.0k"),
    ],
)
def test_short_amounts_follow_the_language(fen, zh, en):
    with translation.override("zh-hans"):
        assert cvm_format.yuan_short(fen) == zh
    with translation.override("en"):
        assert cvm_format.yuan_short(fen) == en


@pytest.mark.parametrize(
    ("part", "whole", "shown"), [(1, 3, "33.3%"), (1, 8, "12.5%"), (0, 5, "0.0%"), (-1, 9_999, "0.0%"), (1, 0, "–")]
)
def test_shares(part, whole, shown):
    assert cvm_format.percent_of(part, whole) == shown


def test_months_and_days_take_ordinals_and_dates():
    assert cvm_format.month(2026 * 12 + 9) == cvm_format.month(dt.date(2026, 10, 1)) == "2026-10"
    assert cvm_format.day(0) == cvm_format.month(None) == "–"
    assert cvm_format.day(dt.date(2026, 11, 22)) == "2026-11-22"


def test_changes_carry_their_sign():
    assert (cvm_format.basis_points(-2000), cvm_format.basis_points(310)) == ("-20.0%", "+3.1%")


@pytest.mark.parametrize("kind", ["band", "stage", "warning", "layer"])
def test_a_verdict_without_a_name_is_a_dash(kind):
    assert cvm_format.badge(kind, 99) == "–"
