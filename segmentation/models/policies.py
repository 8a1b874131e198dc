"""The value ladder as policy rows."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import PolicyVersion, way_constraints

WEIGHT = (0, 5)
# least and most of what decides beside the bands' lines, for the table and for whoever types them
RANGES = {
    "code_a_tenure_months": (0, 120),
    "potential_signals": (1, 25),
    "arrears_months": (1, 12),
    "low_score_below": (0, 1000),
    "new_below_months": (0, 12),
    "rise_percent": (1, 100),
    "saturation_percent": (10, 100),
    "old_handset_months": (1, 120),
    "weight_rise": WEIGHT,
    "weight_saturation": WEIGHT,
    "weight_broadband": WEIGHT,
    "weight_handset": WEIGHT,
    "weight_sim": WEIGHT,
}


class TierPolicy(PolicyVersion):
    """One version of the value ladder, in fen of the three-month average. Published versions never change."""

    low_from_fen = models.IntegerField(_("low band from"), default=50_00)
    potential_from_fen = models.IntegerField(_("potential band from"), default=80_00)
    mid_from_fen = models.IntegerField(_("mid band from"), default=120_00)
    high_from_fen = models.IntegerField(_("high band from"), default=200_00)
    grace_months = models.SmallIntegerField(
        _("months of grace"), default=1, help_text=_("Months below a line before a customer falls; 1 = at once.")
    )
    code_a_tenure_months = models.SmallIntegerField(_("months on network for code A"), default=12)
    potential_signals = models.SmallIntegerField(_("points of potential for code B"), default=2)
    # code and credit
    arrears_months = models.SmallIntegerField(_("months without arrears for code A"), default=6)
    low_score_below = models.SmallIntegerField(_("credit score is low below"), default=450)
    new_below_months = models.SmallIntegerField(_("new customer below months on network"), default=3)
    # signs of potential: where they begin, and their weights
    rise_percent = models.SmallIntegerField(_("bills rose by, percent"), default=10)
    saturation_percent = models.SmallIntegerField(_("allowance used from, percent"), default=80)
    old_handset_months = models.SmallIntegerField(_("handset is old from, months"), default=24)
    weight_rise = models.SmallIntegerField(_("weight of rising bills"), default=1)
    weight_saturation = models.SmallIntegerField(_("weight of a used-up allowance"), default=1)
    weight_broadband = models.SmallIntegerField(_("weight of no broadband of ours"), default=1)
    weight_handset = models.SmallIntegerField(_("weight of an old handset"), default=1)
    weight_sim = models.SmallIntegerField(_("weight of a second SIM elsewhere"), default=1)
    # stickiness: points of each tie, 100 together
    stick_contract = models.SmallIntegerField(_("running contract"), default=30)
    stick_family = models.SmallIntegerField(_("family"), default=15)
    stick_vnet = models.SmallIntegerField(_("V-net in use"), default=15)
    stick_idle_vnet = models.SmallIntegerField(_("V-net, not used"), default=5)
    stick_autopay = models.SmallIntegerField(_("pays by itself"), default=15)
    stick_year = models.SmallIntegerField(_("each full year, up to five"), default=3)
    stick_benefit = models.SmallIntegerField(_("each benefit, up to two"), default=5)

    class Meta:
        verbose_name = _("tier policy")
        verbose_name_plural = _("tier policies")
        constraints = [
            *way_constraints("tier_policy", another_live=_("Another tier policy is already live.")),
            models.CheckConstraint(
                condition=models.Q(grace_months__gte=1, grace_months__lte=6),
                name="tier_policy_grace_sane",
                violation_error_message=_("Grace lasts one to six months."),
            ),
            models.CheckConstraint(
                condition=models.Q(**{f"{name}__range": limits for name, limits in RANGES.items()}),
                name="tier_policy_weights_sane",
                violation_error_message=_("A weight or a line of the customer code lies outside its range."),
            ),
            models.CheckConstraint(
                condition=models.Q(
                    stick_contract=100
                    - models.F("stick_family")
                    - models.F("stick_vnet")
                    - models.F("stick_autopay")
                    - 5 * models.F("stick_year")
                    - 2 * models.F("stick_benefit"),
                    stick_contract__gte=0,
                    stick_family__gte=0,
                    stick_vnet__gte=models.F("stick_idle_vnet"),
                    stick_idle_vnet__gte=0,
                    stick_autopay__gte=0,
                    stick_year__gte=0,
                    stick_benefit__gte=0,
                ),
                name="tier_policy_stickiness_whole",
                violation_error_message=_("The ties of the stickiness index must add up to 100."),
            ),
            models.CheckConstraint(
                condition=models.Q(
                    low_from_fen__gt=0,
                    potential_from_fen__gt=models.F("low_from_fen"),
                    mid_from_fen__gt=models.F("potential_from_fen"),
                    high_from_fen__gt=models.F("mid_from_fen"),
                ),
                name="tier_policy_ladder_rises",
                violation_error_message=_("Each band must start above the one below it."),
            ),
        ]
