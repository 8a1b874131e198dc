"""The figures of a test in words."""

from __future__ import annotations

from django.utils.translation import gettext as _

from offers.inference import Interval


def percent(found: Interval | None) -> str:
    """Return a share with its interval: 97.3 % (96.0 to 98.2)."""
    return _with_bounds(found, 100, "{:.1f}", " %")


def points(found: Interval | None) -> str:
    """Return a difference of shares in points with its interval: +1.3 points (-0.2 to +2.8)."""
    return _with_bounds(found, 100, "{:+.1f}", " " + _("points"))


def yuan(found: Interval | None) -> str:
    """Return a mean in yuan with its interval: +1.30 yuan (-0.20 to +2.80)."""
    return _with_bounds(found, 0.01, "{:+.2f}", " " + _("yuan"))


def _with_bounds(found: Interval | None, factor: float, shape: str, unit: str) -> str:
    if found is None:
        return "–"
    middle, low, high = (
        shape.format(value * factor).replace("-", "−") for value in (found.estimate, found.low, found.high)
    )
    return _("%(value)s (%(low)s to %(high)s)") % {"value": f"{middle}{unit}", "low": low, "high": high}
