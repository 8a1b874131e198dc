"""The five stages of a customer's life, the clauses that lead to them, and their thresholds as policy rows."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import PolicyVersion, way_constraints


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


class StageDetail(models.IntegerChoices):
    """The sub-state of a stage: how somebody has left, or that he came back. Rule: lifecycle/details.py."""

    LEFT = 1, _("Left")
    CANCELLED_ACTIVE = 2, _("Cancelled on request")
    CANCELLED_ARREARS = 3, _("Cancelled for arrears")
    PORTED_OUT = 4, _("Ported out")
    PRE_CANCELLED = 5, _("Pre-cancelled")
    SUSPENDED = 6, _("Suspended")
    SUSPENDED_ARREARS = 7, _("Suspended for arrears")
    NUMBER_KEPT = 8, _("Number kept")
    SILENT = 9, _("Silent")
    WITHOUT_CALLS = 10, _("No calls")
    WITHOUT_ANY_USE = 11, _("No call, SMS or data")
    RETURNED = 12, _("Returned")


class StagePolicy(PolicyVersion):
    """One version of the stage thresholds (DOMAIN 4.6); changes in percent, months at their ends.

    Its way is that of all policies (customers/versioning.py); a version never changes once it has been live.
    """

    class SilentKind(models.IntegerChoices):
        ZERO_CALLS = 1, _("No calls in the month")
        THREE_ZEROS = 2, _("No call, SMS or data in the month")
        QUIET = 3, _("No call or SMS, and less data than the limit")

    decline_percent = models.SmallIntegerField(_("decline at or below, %"), default=-20)
    recover_percent = models.SmallIntegerField(_("recovered at or above, %"), default=-5)
    rise_percent = models.SmallIntegerField(_("growth at or above, %"), default=10)
    settle_percent = models.SmallIntegerField(_("settled below, %"), default=3)
    usage_fall_percent = models.SmallIntegerField(_("signal: use at or below, %"), default=-30)
    few_active_days = models.SmallIntegerField(_("signal: active days at most"), default=10)
    acquisition_months = models.SmallIntegerField(_("acquisition lasts, months"), default=3)
    growth_months = models.SmallIntegerField(_("first growth lasts to month"), default=12)
    confirm_months = models.SmallIntegerField(_("months running that count"), default=2)
    enough_signals = models.SmallIntegerField(_("signals of decline in a month"), default=2)
    low_months = models.SmallIntegerField(_("low months of a cohort member"), default=2)
    event_days = models.SmallIntegerField(_("a porting query or downgrade counts for, days"), default=60)
    silent_kind = models.SmallIntegerField(
        _("what counts as silent"), choices=SilentKind.choices, default=SilentKind.QUIET
    )
    silent_data_mb = models.IntegerField(_("silent: data below, MB"), default=1)
    silent_months = models.SmallIntegerField(_("silent months running"), default=2)
    suspended_months = models.SmallIntegerField(_("suspended month ends running"), default=2)
    return_bill_fen = models.IntegerField(_("back with a bill from"), default=10_00)
    return_active_days = models.SmallIntegerField(_("back with active days from"), default=5)
    returned_months = models.SmallIntegerField(_("counts as returned for, months"), default=12)

    class Meta:
        verbose_name = _("stage policy")
        verbose_name_plural = _("stage policies")
        constraints = [
            *way_constraints("stage_policy", another_live=_("Another stage policy is already live.")),
            models.CheckConstraint(
                condition=models.Q(
                    decline_percent__gte=-90,
                    recover_percent__gt=models.F("decline_percent"),
                    settle_percent__gt=models.F("recover_percent"),
                    rise_percent__gt=models.F("settle_percent"),
                    rise_percent__lte=100,
                ),
                name="stage_policy_changes_rise",
                violation_error_message=_("Decline, recovery, settling and growth must rise in this order."),
            ),
            models.CheckConstraint(
                condition=models.Q(decline_percent__lt=0, usage_fall_percent__range=(-90, -1)),
                name="stage_policy_falls_negative",
                violation_error_message=_("A fall is at most -1 % and at least -90 %."),
            ),
            models.CheckConstraint(
                condition=models.Q(acquisition_months__gte=1, growth_months__gt=models.F("acquisition_months"))
                & models.Q(growth_months__lte=36),
                name="stage_policy_tenure_rises",
                violation_error_message=_("Growth must end after acquisition, at the latest in month 36."),
            ),
            models.CheckConstraint(
                condition=models.Q(
                    confirm_months__range=(1, 6),
                    enough_signals__range=(1, 4),
                    low_months__range=(1, 12),
                    event_days__range=(1, 60),
                    few_active_days__range=(0, 31),
                ),
                name="stage_policy_decline_sane",
                violation_error_message=_("A limit of the decline stage is out of its range."),
            ),
            models.CheckConstraint(
                condition=models.Q(
                    silent_kind__range=(1, 3),
                    silent_data_mb__range=(1, 1024),
                    silent_months__range=(1, 12),
                    suspended_months__range=(1, 12),
                ),
                name="stage_policy_exit_sane",
                violation_error_message=_("A limit of the exit stage is out of its range."),
            ),
            models.CheckConstraint(
                condition=models.Q(
                    return_bill_fen__range=(0, 1000_00),
                    return_active_days__range=(0, 31),
                    returned_months__range=(1, 24),
                ),
                name="stage_policy_return_sane",
                violation_error_message=_("A limit of the return is out of its range."),
            ),
        ]
