"""What differs between two versions of the stage thresholds, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _

from cvm.lib.money import yuan_text
from lifecycle.models import StagePolicy
from lifecycle.stage_actions import LIMITS


def differences(before: StagePolicy, after: StagePolicy) -> list[str]:
    """Return one sentence per value that differs; empty when both decide alike."""
    return [_sentence(name, before, after) for name in LIMITS if getattr(before, name) != getattr(after, name)]


def value_text(policy: StagePolicy, name: str) -> str:
    """Return one value as people read it."""
    if name == "silent_kind":
        return str(policy.get_silent_kind_display())
    if name.endswith("_fen"):
        return yuan_text(getattr(policy, name))
    return f"{getattr(policy, name)}"


def label(name: str) -> str:
    """Return what a value is called."""
    words = str(StagePolicy._meta.get_field(name).verbose_name)
    return words[:1].upper() + words[1:]


def _sentence(name: str, before: StagePolicy, after: StagePolicy) -> str:
    words = {"line": label(name), "before": value_text(before, name), "after": value_text(after, name)}
    if name == "silent_kind":
        return _("“%(line)s” changes from “%(before)s” to “%(after)s”.") % words
    if getattr(after, name) < getattr(before, name):
        return _("“%(line)s” falls from %(before)s to %(after)s.") % words
    return _("“%(line)s” rises from %(before)s to %(after)s.") % words
