"""The value ladder as policy rows."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import PolicyVersion, way_constraints


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
    potential_signals = models.SmallIntegerField(_("signals for potential"), default=2)

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
