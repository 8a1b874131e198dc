"""What lifecycle offers the 360 page: the stage with its reason, and the key moments on the timeline."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, DateTimeField, F, QuerySet, Value
from django.db.models.functions import Cast
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from customers.models import Customer, Standing
from customers.panels import timeline_rows
from customers.verdict import Evidence, Verdict
from lifecycle.models import KeyMoment, Stage, StageReason


def verdict(standing: Standing, *, plan: dict[str, Any], version: Any) -> Verdict:
    """Return the stage, the clause that put the customer there, and what would lead out of it."""
    return Verdict(
        kind="stage",
        title=_("Stage"),
        value=standing.stage,
        label=stage_label(standing.stage),
        clause=str(StageReason(standing.stage_reason).label) if standing.stage_reason in StageReason.values else "",
        policy=_("Stage policy v%(version)s") % {"version": version},
        evidence=[
            Evidence(_("Since"), standing.stage_since, "month"),
            Evidence(_("Three months against the three before"), standing.growth_bp, "basis_points"),
            Evidence(_("Months on network"), standing.tenure_months, "count"),
        ],
        change=_change(standing, plan),
    )


def stage_label(stage: int) -> str:
    """Return the stage in words; nothing for a customer without one."""
    return str(Stage(stage).label) if stage in Stage.values else ""


def _change(standing: Standing, plan: dict[str, Any]) -> str:
    words = {
        "decline": plan["decline_percent"],
        "recover": plan["recover_percent"],
        "rise": plan["rise_percent"],
        "settle": plan["settle_percent"],
        "acquisition": plan["acquisition_months"],
        "growth": plan["growth_months"],
    }
    return {
        Stage.ACQUISITION: _("Ends after month %(acquisition)s on the network."),
        Stage.GROWTH: _("Ends after month %(growth)s, with two months of growth below %(settle)s %%."),
        Stage.MATURITY: _("Declines at %(decline)s %% two months running; grows at %(rise)s %%."),
        Stage.DECLINE: _("Recovers after two months at %(recover)s %% or better without a signal."),
        Stage.EXIT: _("Returns with a bill of ¥10 and five active days."),
    }.get(Stage(standing.stage) if standing.stage in Stage.values else None, "") % words


def moment_rows(customer: Customer) -> QuerySet[KeyMoment, Any]:
    """Return the key moments as timeline rows; `number` is the level, `extra` the code."""
    name = "kind__name_en" if get_language() == "en" else "kind__name_zh"
    action = "kind__action_en" if get_language() == "en" else "kind__action_zh"
    return timeline_rows(
        KeyMoment.objects.filter(customer=customer),
        at=Cast("detected_on", DateTimeField()),
        source=Value("moment"),
        kind=Cast("level", CharField()),
        title=F(name),
        detail=F(action),
        extra=F("kind__code"),
        number=F("level"),
    )
