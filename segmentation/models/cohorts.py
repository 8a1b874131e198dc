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


class CohortPath(models.Model):
    """The month ends of a member of an earlier year's cohort, as a run counted them (cvm/night/older.py).

    Kept for the runs whose standings are kept: a number of the ledger opens its customers by them. The members of the
    running year's cohort have theirs in the standing itself.
    """

    run = models.ForeignKey("customers.Run", models.CASCADE, related_name="+", db_index=False)
    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+", db_index=False)
    county_id = models.IntegerField()
    entry_month = models.IntegerField(_("entry month"))
    path = models.IntegerField(_("month ends"), help_text=_("Two bits a month end, the base month lowest."))

    class Meta:
        verbose_name = _("month ends of a member")
        verbose_name_plural = _("month ends of members")
        constraints = [
            # also the index by which a list and the vintages read a cohort of a run
            models.UniqueConstraint(fields=["run", "cohort", "customer"], name="cohort_path_once_per_run"),
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


class LedgerLine(models.Model):
    """The kept members of one month as a run saw them move, per county, and in each county per layer or manager.

    Layer and manager are those of the run, so that a line opens exactly its customers. The branch is the sum of its
    counties. Lines live as long as their run's standings; those of a closed month stay (cvm/night/publishing.py).
    """

    class By(models.IntegerChoices):
        COUNTY = 1, _("County")
        LAYER = 2, _("Layer")
        MANAGER = 3, _("Phone manager")

    run = models.ForeignKey("customers.Run", models.CASCADE, related_name="+", db_index=False)
    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="+")
    by = models.SmallIntegerField(_("by"), choices=By.choices)
    month = models.IntegerField(_("month"))
    county_id = models.IntegerField()
    key = models.IntegerField(help_text=_("The county again, a layer, or a phone manager (0 for none)."))
    opening = models.IntegerField(_("opening"))
    entered = models.IntegerField(_("entered"))
    returned = models.IntegerField(_("returned"))
    lost_off_network = models.IntegerField(_("lost: off network"))
    lost_value = models.IntegerField(_("lost: value"))
    closing = models.IntegerField(_("closing"))
    revenue_fen = models.BigIntegerField(_("bills of the kept"))

    class Meta:
        verbose_name = _("ledger line")
        verbose_name_plural = _("ledger lines")
        constraints = [
            # also the index by which the page reads a run's months
            models.UniqueConstraint(
                fields=["run", "cohort", "by", "month", "county_id", "key"], name="ledger_line_once_per_cohort"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    closing=models.F("opening")
                    + models.F("entered")
                    + models.F("returned")
                    - models.F("lost_off_network")
                    - models.F("lost_value")
                ),
                name="ledger_line_balance",
                violation_error_message=_("Opening, entered and returned less the lost must equal closing."),
            ),
        ]


class LedgerClose(models.Model):
    """The signature under one month of a cohort: who closed it, on which run's figures, and their checksum."""

    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="closes")
    month = models.IntegerField(_("month"))
    run = models.ForeignKey("customers.Run", models.PROTECT, related_name="+")
    closed_by = models.ForeignKey("customers.Staff", models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(_("closed at"))
    totals = models.JSONField(_("totals of the branch"))
    checksum = models.CharField(_("checksum"), max_length=64, help_text=_("sha256 of the month's lines."))

    class Meta:
        verbose_name = _("closed month")
        verbose_name_plural = _("closed months")
        constraints = [
            models.UniqueConstraint(
                fields=["cohort", "month"],
                name="ledger_close_once",
                violation_error_message=_("This month is closed already."),
            ),
        ]
