"""The cohort of a year, its members, and its ledger."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Cohort(models.Model):
    """The snapshot cohort of one year and its parameters (DOMAIN 4.2, 4.3)."""

    year = models.SmallIntegerField(_("year"))
    threshold_fen = models.IntegerField(_("three-month sum from"), default=360_00)
    low_amount_fen = models.IntegerField(_("low month below"), default=50_00)
    low_months = models.SmallIntegerField(_("low months to be lost"), default=3)
    require_signed = models.BooleanField(_("signed only"), default=True)
    require_full_window = models.BooleanField(_("a bill in each month of the window"), default=True)
    count_from_january = models.BooleanField(_("count low months before entry"), default=False)
    delivered_at = models.DateTimeField(
        _("delivered at"), null=True, blank=True, help_text=_("The list as delivered by the group, not computed here.")
    )

    class Meta:
        verbose_name = _("cohort")
        verbose_name_plural = _("cohorts")
        constraints = [models.UniqueConstraint(fields=["year"], name="cohort_year_unique")]

    def __str__(self) -> str:
        return str(self.year)


class CohortMember(models.Model):
    """A customer entered the cohort once, in this month; frozen when the month is published."""

    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="members")
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+", db_index=False)
    entry_month = models.IntegerField(_("entry month"), help_text=_("Month ordinal; December before = base."))

    class Meta:
        verbose_name = _("cohort member")
        verbose_name_plural = _("cohort members")
        constraints = [
            # the night reads members by customer range
            models.UniqueConstraint(fields=["customer", "cohort"], name="cohort_member_once_per_year"),
        ]


class LedgerEntry(models.Model):
    """One month of one cohort as a run saw it, per county: counts balance, see queries.py."""

    run = models.ForeignKey("customers.Run", models.CASCADE, related_name="+")
    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="+")
    month = models.IntegerField(_("month"))
    county_id = models.IntegerField()
    base = models.IntegerField(_("base"))
    base_kept = models.IntegerField(_("base kept"))
    added = models.IntegerField(_("added this month"))
    members = models.IntegerField(_("members"))
    kept = models.IntegerField(_("kept"))
    lost_off_network = models.IntegerField(_("lost: off network"))
    lost_value = models.IntegerField(_("lost: value"))
    reached = models.IntegerField(_("reached"))
    base_revenue_fen = models.BigIntegerField(_("base revenue kept"))
    base_window_fen = models.BigIntegerField(_("base window revenue, three months"))

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        constraints = [
            models.UniqueConstraint(fields=["run", "cohort", "month", "county_id"], name="ledger_cell_once"),
            models.CheckConstraint(
                condition=models.Q(members=models.F("kept") + models.F("lost_off_network") + models.F("lost_value")),
                name="ledger_members_balance",
                violation_error_message=_("Members must equal kept and lost together."),
            ),
        ]
