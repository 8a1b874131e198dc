"""What lifecycle offers the 360 page: the stage with its reason, and the key moments on the timeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from customers.models import Standing, StandingChange
from customers.panels import Reader, Source, Told, in_language
from customers.verdict import Evidence, Verdict
from cvm.lib.money import yuan_text
from lifecycle.evidence import evidence_words
from lifecycle.models import Stage, StageDetail, StageReason
from lifecycle.signs import StageThresholds

# a sub-select of the timeline, as in customers/queries360.py; a night at work is not yet anybody's news
MOMENTS = """
    select moment.detected_on::timestamp at time zone %(zone)s as at, moment.id,
        json_build_object('code', kind.code, 'zh', kind.name_zh, 'en', kind.name_en,
            'action_zh', kind.action_zh, 'action_en', kind.action_en, 'level', moment.level,
            'value', moment.value, 'reference', moment.reference) as data
    from lifecycle_keymoment moment
    join lifecycle_momentkind kind on kind.id = moment.kind_id
    join customers_run run on run.id = moment.run_id and run.status = 'published'
    where moment.customer_id = any (array(select id from people))"""
# the playbook of the stage the night found; a sub-select of the 360 page
PARTS = {
    "playbook": """
        select row_to_json(playbook) from lifecycle_playbook playbook where playbook.status = 'live' and playbook.stage =
            (select stage from customers_standing where run_id = %(run)s and customer_id = %(id)s)""",
    # by the partial index event_leaving_signals: what brings on decline at once (lifecycle/stages.py)
    "signalled": """
        select json_agg(distinct (event.occurred_at at time zone %(zone)s)::date) from customers_event event
        where event.customer_id = any (array(select id from people)) and event.kind in (1, 3, 4)
            and event.occurred_at >= %(first_month)s::timestamp at time zone %(zone)s""",
}
# the verdicts of this app among StandingChange.Field, with their words
CHANGED = {StandingChange.Field.STAGE: Stage}


def verdict(standing: Standing, *, plan: dict[str, Any], version: Any) -> Verdict:
    """Return the stage with its sub-state, the clause that put the customer there, and what would lead out of it."""
    policy = StageThresholds(**plan)
    return Verdict(
        kind="stage",
        title=_("Stage"),
        value=standing.stage,
        label=stage_label(standing.stage),
        clause=str(StageReason(standing.stage_reason).label) if standing.stage_reason in StageReason.values else "",
        policy=_("Stage policy v%(version)s") % {"version": version},
        evidence=[*_detail(standing), *_evidence(standing)],
        change=_change(standing, policy),
    )


def stage_label(stage: int) -> str:
    """Return the stage in words; nothing for a customer without one."""
    return str(Stage(stage).label) if stage in Stage.values else ""


def _detail(standing: Standing) -> Iterator[Evidence]:
    """Yield the sub-state and how long it has lasted: how somebody left, or that he came back."""
    if standing.stage_detail not in StageDetail.values:
        return
    detail = StageDetail(standing.stage_detail)
    yield Evidence(_("Sub-state"), str(detail.label))
    if standing.stage_months:
        words = _("Months since the return") if detail == StageDetail.RETURNED else _("Months running")
        yield Evidence(words, standing.stage_months, "count")


def _evidence(standing: Standing) -> list[Evidence]:
    return [
        Evidence(_("Since"), standing.stage_since, "month"),
        Evidence(_("Three months against the three before"), standing.growth_bp, "basis_points"),
        Evidence(_("Months on network"), standing.tenure_months, "count"),
    ]


def _change(standing: Standing, policy: StageThresholds) -> str:
    words = {
        "decline": policy.decline_percent,
        "recover": policy.recover_percent,
        "rise": policy.rise_percent,
        "settle": policy.settle_percent,
        "acquisition": policy.acquisition_months,
        "growth": policy.growth_months,
        "months": policy.confirm_months,
        "signals": policy.enough_signals,
        "bill": yuan_text(policy.return_bill_fen),
        "days": policy.return_active_days,
    }
    return {
        Stage.ACQUISITION: _("Ends after month %(acquisition)s on the network."),
        Stage.GROWTH: _("Ends after month %(growth)s, with growth below %(settle)s%% for %(months)s months running."),
        Stage.MATURITY: _(
            "Declines at %(decline)s%% for %(months)s months running, or with %(signals)s signals in one month;"
            " grows at %(rise)s%%."
        ),
        Stage.DECLINE: _("Recovers with %(recover)s%% or better for %(months)s months running without a signal."),
        Stage.EXIT: _("Returns with a bill of %(bill)s and %(days)s active days."),
    }.get(Stage(standing.stage) if standing.stage in Stage.values else None, "") % words


def moment_words(row: Mapping[str, Any], reader: Reader) -> Told:
    """Return one key moment in words: what made it fire, and what to do."""
    action = row["action_en"] if get_language() == "en" else row["action_zh"]
    said = evidence_words(row["code"], row["value"], row["reference"])
    return Told(f"{row['code']} {in_language(row)}", " · ".join(part for part in (said, action) if part), row["level"])


SOURCES = {"moment": Source(MOMENTS, "bell", moment_words)}
