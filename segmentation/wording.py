"""What differs between two versions of the ladder, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cvm.lib.money import yuan_text
from segmentation.actions import BESIDE
from segmentation.models import TierPolicy

LINES = {
    "high_from_fen": gettext_lazy("High from"),
    "mid_from_fen": gettext_lazy("Mid from"),
    "potential_from_fen": gettext_lazy("Potential from"),
    "low_from_fen": gettext_lazy("Low from"),
}


def label(name: str) -> str:
    """Return what a value beside the bands' lines is called."""
    return str(TierPolicy._meta.get_field(name).verbose_name)


def differences(before: TierPolicy, after: TierPolicy) -> list[str]:
    """Return one sentence per value that differs; empty when both decide alike."""
    sentences = [_line_moved(name, before, after) for name in LINES if getattr(before, name) != getattr(after, name)]
    if before.grace_months != after.grace_months:
        sentences.append(
            ngettext(
                "A customer falls after %(months)d month below a line, before it was %(earlier)d.",
                "A customer falls after %(months)d months below a line, before it was %(earlier)d.",
                after.grace_months,
            )
            % {"months": after.grace_months, "earlier": before.grace_months}
        )
    changed = (name for name in BESIDE if getattr(before, name) != getattr(after, name))
    return sentences + [
        _("“%(name)s”: %(after)s, before it was %(before)s.")
        % {"name": label(name), "after": getattr(after, name), "before": getattr(before, name)}
        for name in changed
    ]


def _line_moved(name: str, before: TierPolicy, after: TierPolicy) -> str:
    was, is_now = getattr(before, name), getattr(after, name)
    sentence = _("“%(line)s” rises from %(before)s to %(after)s.")
    if is_now < was:
        sentence = _("“%(line)s” falls from %(before)s to %(after)s.")
    return sentence % {"line": LINES[name], "before": yuan_text(was), "after": yuan_text(is_now)}
