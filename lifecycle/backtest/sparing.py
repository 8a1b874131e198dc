"""Which columns a kind can go without on days before the nights noted them: it then finds its other causes only.

Unknown reads as zero there, which each of these rules takes for "nothing to tell"; a test holds the two together. A4
alone finds more: whoever was a special user then is greeted too.
"""

from __future__ import annotations

SPARED = {
    "A4": frozenset({"is_special"}),
    "A8": frozenset({"stop_reason", "state_changed_day", "previous_marks", "balance_fen"}),
    "B1": frozenset({"data_quota_mb"}),
    "B2": frozenset({"voice_quota_min"}),
    "C3": frozenset({"plan_fee_fen", "next_plan_fee_fen"}),
    "C6": frozenset({"last_call_day"}),
    "C7": frozenset({"dual_sim", "previous_marks"}),
}


def spared(code: str) -> frozenset[str]:
    """Return the columns without which a kind still has something to say."""
    return SPARED.get(code, frozenset())
