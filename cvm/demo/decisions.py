"""What the analyst of the demonstration branch has already decided when the first visitor comes."""

from __future__ import annotations

import datetime as dt

from customers.models import CustomerTag, Need, Run, Staff
from customers.need_actions import analyse, apply
from cvm.needs.suggesting import suggest

# kind of need heard in the survey -> what the analyst concluded; those in APPLIED became tags
CONCLUSIONS = {
    "QUIET": "只做必要关怀，停止推销外呼",
    "HANDSET": "合约期内可推以旧换新",
    "TARIFF": "核对近三个月账单后推荐保底优惠",
}
APPLIED = ("QUIET", "HANDSET")


def decide(*, run: Run, at: dt.datetime) -> None:
    """Suggest needs from the data, analyse some of the survey's and apply a part; nothing where tags exist."""
    analyst = Staff.objects.filter(role=Staff.Role.ANALYST, is_active=True).order_by("pk").first()
    if analyst is None or CustomerTag.objects.exists():
        return
    suggest(run=run, at=at)
    for code, conclusion in CONCLUSIONS.items():
        heard = Need.objects.filter(kind__code=code, source=Need.Source.SURVEY)
        analyse(heard, conclusion=conclusion, by=analyst, at=at)
        if code in APPLIED:
            apply(heard, by=analyst, at=at)
