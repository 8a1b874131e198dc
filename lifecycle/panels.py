"""What lifecycle offers the 360 page: the stage with its reason, and the key moments on the timeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from customers.models import Standing, StandingChange
from customers.panels import Reader, Source, Told, in_language
from customers.verdict import Evidence, Verdict
from lifecycle.models import Stage, StageReason

# a sub-select of the timeline, as in customers/queries360.py; a night at work is not yet anybody's news
MOMENTS = """
    select moment.detected_on::timestamp at time zone %(zone)s as at, moment.id,
        json_build_object('code', kind.code, 'zh', kind.name_zh, 'en', kind.name_en,
            'action_zh', kind.action_zh, 'action_en', kind.action_en, 'level', moment.level) as data
    from lifecycle_keymoment moment
    join lifecycle_momentkind kind on kind.id = moment.kind_id
    join customers_run run on run.id = moment.run_id and run.status = 'published'
    where moment.customer_id = any (array(select id from people))"""
# the verdicts of this app among StandingChange.Field, with their words
CHANGED = {StandingChange.Field.STAGE: Stage}


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


def moment_words(row: Mapping[str, Any], reader: Reader) -> Told:
    """Return one key moment in words."""
    action = row["action_en"] if get_language() == "en" else row["action_zh"]
    return Told(f"{row['code']} {in_language(row)}", action, row["level"])


SOURCES = {"moment": Source(MOMENTS, "bell", moment_words)}
