"""The five stages of a customer's life, the clauses that lead to them, and their thresholds as policy rows."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Stage(models.IntegerChoices):
    ACQUISITION = 1, _("Acquisition")
    GROWTH = 2, _("Growth")
    MATURITY = 3, _("Maturity")
    DECLINE = 4, _("Decline")
    EXIT = 5, _("Exit")


class StageReason(models.IntegerChoices):
    """Which clause of DOMAIN 4.6 put the customer there."""

    NEW = 1, _("First three months")
    FIRST_YEAR = 2, _("Months 4 to 12")
    RISING = 3, _("Spend rose 10 % two months running")
    STEADY = 4, _("Steady")
    FALLING = 5, _("Spend fell 20 % two months running")
    SIGNALS = 6, _("Two or more signals of decline in one month")
    PORTING = 7, _("Porting query or downgrade")
    LOW_MONTHS = 8, _("Two low months")
    OFF_NETWORK = 9, _("Off network")
    PRE_CANCELLED = 10, _("Pre-cancelled")
    SUSPENDED = 11, _("Suspended two months or longer")
    SILENT = 12, _("Silent two months running")
    RETURNED = 13, _("Returned")
    RECOVERED = 14, _("Recovered two months running")


class StagePolicy(models.Model):
    """One version of the stage thresholds (percent, DOMAIN 4.6)."""

    version = models.IntegerField(_("version"), unique=True)
    is_live = models.BooleanField(_("live"), default=False)
    decline_percent = models.SmallIntegerField(default=-20)
    recover_percent = models.SmallIntegerField(default=-5)
    rise_percent = models.SmallIntegerField(default=10)
    settle_percent = models.SmallIntegerField(default=3)
    usage_fall_percent = models.SmallIntegerField(default=-30)
    few_active_days = models.SmallIntegerField(default=10)
    acquisition_months = models.SmallIntegerField(default=3)
    growth_months = models.SmallIntegerField(default=12)

    class Meta:
        verbose_name = _("stage policy")
        verbose_name_plural = _("stage policies")
        constraints = [
            models.UniqueConstraint(fields=["is_live"], condition=models.Q(is_live=True), name="stage_policy_one_live")
        ]
