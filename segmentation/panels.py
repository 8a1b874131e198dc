"""What segmentation offers the 360 page: band, code, layer and cohort, each with its reason; protection, stickiness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from customers.models import Standing, StandingChange
from customers.verdict import Evidence, Verdict
from cvm.lib.money import yuan_text
from cvm.lib.months import label
from segmentation import protection
from segmentation.models import Band, Code, CodeReason, CohortState, Layer
from segmentation.owners import department_words
from segmentation.stickiness import Part
from segmentation.tiers import NEW_BELOW_MONTHS

# a sub-select of the 360 page, as in customers/queries360.py
PARTS = {
    "channel_costs": "select json_agg(cost order by cost.id) from segmentation_channelcost cost",
    "layer_owners": "select json_object_agg(layer, department) from segmentation_layerowner",
}

# band -> field of the policy that opens it
LINES = {
    Band.LOW: "low_from_fen",
    Band.POTENTIAL: "potential_from_fen",
    Band.MID: "mid_from_fen",
    Band.HIGH: "high_from_fen",
}
PROTECTIONS = {
    protection.FAMILY_PAYER: gettext_lazy("pays for the family"),
    protection.KEY_PERSON: gettext_lazy("key person of the unit"),
    protection.GROUP_AB: gettext_lazy("belongs to a unit of class A or B"),
    protection.RELATIVE_A: gettext_lazy("somebody of the family is a code A customer"),
    protection.ELDERLY: gettext_lazy("aged 60 or older"),
    protection.OPEN_COMPLAINT: gettext_lazy("a complaint is open"),
    protection.CIRCLE_A: gettext_lazy("a code A customer talks with them a fifth of the time or more"),
}
STICKINESS = {
    "contract": (gettext_lazy("Running contract"), gettext_lazy("every month of the last year of it counts")),
    "family": (gettext_lazy("Family"), gettext_lazy("leaving would tear the others along")),
    "vnet": (gettext_lazy("V-net"), gettext_lazy("colleagues are called by short numbers; unused it holds little")),
    "autopay": (gettext_lazy("Pays by itself"), gettext_lazy("by bank, group or family")),
    "tenure": (gettext_lazy("Years with us"), gettext_lazy("each full year, up to five")),
    "benefits": (gettext_lazy("Benefits"), gettext_lazy("soft bundles, which others can match")),
}
# the verdicts of this app among StandingChange.Field, with their words
CHANGED = {
    StandingChange.Field.BAND: Band,
    StandingChange.Field.CODE: Code,
    StandingChange.Field.LAYER: Layer,
    StandingChange.Field.COHORT: CohortState,
}


def protections(bits: int, *, names_codes: bool) -> list[str]:
    """Return the clauses that protect a customer in words; who may not see codes reads of no relative's."""
    words = dict(PROTECTIONS)
    if not names_codes:
        words[protection.RELATIVE_A] = gettext_lazy("somebody of the family is protected")
        words[protection.CIRCLE_A] = gettext_lazy("somebody who is protected talks with them a lot")
    return [str(words[clause]) for clause in protection.clauses_in(bits)]


@dataclass(frozen=True)
class StickinessPart:
    """One part of the stickiness index in words."""

    label: str
    why: str
    points: int
    most: int


def stickiness_parts(parts: tuple[Part, ...]) -> list[StickinessPart]:
    """Return the parts of the index with their words."""
    words = {kind: (str(label), str(why)) for kind, (label, why) in STICKINESS.items()}
    return [StickinessPart(*words[part.kind], points=part.points, most=part.most) for part in parts]


def verdicts(
    standing: Standing, *, plan: dict[str, Any], cohort: dict[str, Any], version: Any, owners: Mapping[str, str]
) -> list[Verdict]:
    """Return band, code, layer and cohort with the values of this run and the policy it used (`Run.plan`).

    `owners`: the department of each layer, as the part `layer_owners` has it.
    """
    policy = _("Tier policy v%(version)s") % {"version": version}
    return [
        _band(standing, plan=plan, policy=policy),
        _code(standing, plan=plan, policy=policy),
        _layer(standing, terms=cohort, policy=policy, owners=owners),
        _cohort(standing, terms=cohort),
    ]


def _band(standing: Standing, *, plan: dict[str, Any], policy: str) -> Verdict:
    return Verdict(
        kind="band",
        title=_("Value band"),
        value=standing.band,
        label=str(Band(standing.band).label),
        clause=_band_clause(standing, plan),
        policy=policy,
        evidence=[
            Evidence(_("Sum of three months"), standing.cum3_fen, "yuan"),
            Evidence(_("Three months before"), standing.previous_cum3_fen, "yuan"),
            Evidence(_("Band a month earlier"), str(Band(standing.previous_band).label)),
        ],
        change=_band_change(standing, plan),
    )


def _band_clause(standing: Standing, plan: dict[str, Any]) -> str:
    if standing.band == Band.OFF:
        return _("Off the network at the end of the newest month.")
    words = {"average": yuan_text(standing.cum3_fen, divisor=3)}
    if standing.band == Band.VERY_LOW:
        return _("Three-month average %(average)s, below every line.") % words
    words["line"] = yuan_text(plan[LINES[Band(standing.band)]])
    if _spare_fen(standing, plan) < 0:
        words["months"] = plan["grace_months"]
        return _("Three-month average %(average)s, below the line of %(line)s for less than %(months)s months.") % words
    return _("Three-month average %(average)s, at or above the line of %(line)s.") % words


def _band_change(standing: Standing, plan: dict[str, Any]) -> str:
    """Return the distance to the next line above and to the own line, per month."""
    if standing.band == Band.OFF:
        return ""
    parts = []
    above = Band(standing.band + 1) if standing.band < Band.HIGH else None
    if above:
        missing = 3 * plan[LINES[above]] - standing.cum3_fen
        words = {"amount": yuan_text(missing, divisor=3), "band": above.label}
        parts.append(_("%(amount)s a month below the line of “%(band)s”.") % words)
    if standing.band in LINES:
        spare = _spare_fen(standing, plan)
        words = {"amount": yuan_text(abs(spare), divisor=3)}
        above_it, below_it = _("%(amount)s a month above its own line."), _("%(amount)s a month below its own line.")
        parts.append((above_it if spare >= 0 else below_it) % words)
    return " ".join(parts)


def _spare_fen(standing: Standing, plan: dict[str, Any]) -> int:
    """Return by how much the three-month sum stands above the line of its band; below zero within the grace."""
    return int(standing.cum3_fen - 3 * plan[LINES[Band(standing.band)]])


def _code(standing: Standing, *, plan: dict[str, Any], policy: str) -> Verdict:
    return Verdict(
        kind="code",
        title=_("Customer code"),
        value=standing.code,
        label=str(Code(standing.code).label),
        clause=str(CodeReason(standing.code_reason).label),
        policy=policy,
        evidence=[
            Evidence(_("Months on network"), standing.tenure_months, "count"),
            Evidence(_("Layer"), str(Layer(standing.layer).label)),
        ],
        change=_code_change(standing, plan),
    )


def _code_change(standing: Standing, plan: dict[str, Any]) -> str:
    if standing.code == Code.A:
        return _("Falls to B or C after two months below its conditions.")
    if standing.code == Code.B:
        return _("Becomes A when strategic or in the high band, after %(months)s months on the network.") % {
            "months": plan["code_a_tenure_months"]
        }
    missing = 3 * plan["mid_from_fen"] - standing.cum3_fen
    if standing.band == Band.OFF:
        return _("Judged by its bills again when back on the network.")
    if standing.code_reason == CodeReason.C_NEW:
        return _("Judged by its bills from month %(months)s on the network.") % {
            "months": plan.get("new_below_months", NEW_BELOW_MONTHS)
        }
    if missing <= 0:
        return ""
    return _("Becomes B at %(amount)s more in three months.") % {"amount": yuan_text(missing)}


def _layer(standing: Standing, *, terms: dict[str, Any], policy: str, owners: Mapping[str, str]) -> Verdict:
    clauses = {
        Layer.STRATEGIC: _("Holds a card, or is a key person of a class A or B group."),
        Layer.GROUP: _("Cohort member in a group."),
        Layer.ORDINARY: _("Cohort member without a group."),
        Layer.GENERAL: _("Not in the cohort, no card, no key person."),
    }
    layer = Layer(standing.layer)
    return Verdict(
        kind="layer",
        title=_("Layer"),
        value=layer,
        label=str(layer.label),
        clause=clauses[layer],
        policy=policy,
        evidence=[
            Evidence(_("Owner department"), department_words(owners.get(str(int(layer)), ""))),
            Evidence(_("Cohort"), str(CohortState(standing.cohort_state).label)),
            Evidence(_("Sum of three months"), standing.cum3_fen, "yuan"),
        ],
        change=_layer_change(layer, standing, terms),
    )


def _layer_change(layer: Layer, standing: Standing, terms: dict[str, Any]) -> str:
    if layer == Layer.STRATEGIC:
        return _("Leaves the layer without card and without being a key person of a class A or B group.")
    if layer == Layer.GROUP:
        return _("Becomes ordinary mid/high-end on leaving the group; strategic with a card or as a key person.")
    if layer == Layer.ORDINARY:
        return _("Becomes group mid/high-end on joining a group; strategic with a card or as a key person.")
    missing = terms["threshold_fen"] - standing.cum3_fen
    if missing <= 0:
        return _("Rises as soon as the cohort takes the customer in.")
    return _("Rises with the cohort, at %(amount)s more in three months.") % {"amount": yuan_text(missing)}


def _cohort(standing: Standing, *, terms: dict[str, Any]) -> Verdict:
    state = CohortState(standing.cohort_state)
    evidence = [Evidence(_("Low months this year"), standing.low_months, "count")]
    if standing.cohort_entry:
        evidence.insert(0, Evidence(_("Entered in"), label(standing.cohort_entry)))
    return Verdict(
        kind="cohort",
        title=_("Cohort"),
        value=state,
        label=str(state.label),
        clause=_cohort_clause(state, terms),
        policy=_("Cohort %(year)s") % {"year": terms["year"]},
        evidence=evidence,
        change=_cohort_change(standing, terms),
    )


def _cohort_clause(state: CohortState, terms: dict[str, Any]) -> str:
    low = {"amount": yuan_text(terms["low_amount_fen"]), "months": terms["low_months"]}
    return {
        CohortState.OUTSIDE: _("Never reached %(amount)s in three months of the window.")
        % {"amount": yuan_text(terms["threshold_fen"])},
        CohortState.RETAINED: _("On the network, fewer than %(months)s months below %(amount)s.") % low,
        CohortState.LOST_OFF_NETWORK: _("Off the network at the end of the newest month."),
        CohortState.LOST_VALUE: _("%(months)s or more months below %(amount)s.") % low,
    }[state]


def _cohort_change(standing: Standing, terms: dict[str, Any]) -> str:
    if standing.cohort_state == CohortState.OUTSIDE:
        missing = terms["threshold_fen"] - standing.cum3_fen
        if missing <= 0:
            return _("The amount is reached; enters when signed and billed in each month of the window.")
        return _("Enters at %(amount)s more in three months.") % {"amount": yuan_text(missing)}
    if standing.cohort_state == CohortState.RETAINED:
        months = terms["low_months"] - standing.low_months
        return ngettext(
            "%(months)s more low month this year would count as lost.",
            "%(months)s more low months this year would count as lost.",
            months,
        ) % {"months": months}
    if standing.cohort_state == CohortState.LOST_OFF_NETWORK:
        return _("Counts as retained again when back on the network at the end of a month.")
    return _("Stays lost for this year's cohort; later high bills do not undo the low months.")
