"""A stage at a month end as one written word, for addresses, rules and interfaces: 2026-03:45 is decline or exit then."""

from __future__ import annotations

import re

from django.utils.translation import gettext_lazy as _

from cvm.lib.months import label, parse_label
from lifecycle.models import Stage

NOBODY_YET = 0
NAMES = {NOBODY_YET: _("Not with us yet"), **{stage.value: stage.label for stage in Stage}}
WRITTEN = re.compile(r"[12][0-9]{3}-(?:0[1-9]|1[0-2]):[0-5]{1,6}\Z")


def is_term(text: str) -> bool:
    """Return whether a text is such a word."""
    return WRITTEN.match(text) is not None


def term(month: int, *stages: int) -> str:
    """Return the word for a month end (ordinal) and stages, either of them."""
    return f"{label(month)}:{''.join(str(int(stage)) for stage in stages)}"


def parsed(text: str) -> tuple[int, list[int]]:
    """Return the month end (ordinal) and the stages of a word."""
    month, _colon, stages = text.partition(":")
    return parse_label(month), [int(stage) for stage in stages]


def in_words(text: str) -> str:
    """Return such a word as people read it; anything else as it stands."""
    if not is_term(text):
        return text
    month, stages = parsed(text)
    return f"{label(month)} · {' / '.join(str(NAMES[stage]) for stage in stages)}"
