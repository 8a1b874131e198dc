"""What customers are worth: the value ladder as policy rows, the cohort and its ledger."""

from __future__ import annotations

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class Band(models.IntegerChoices):
    """Value band by the average bill of three months (DOMAIN 4.1). 0 = off network."""

    OFF = 0, _("Off network")
    VERY_LOW = 1, _("Very low")
    LOW = 2, _("Low")
    POTENTIAL = 3, _("Potential")
    MID = 4, _("Mid")
    HIGH = 5, _("High")


class Code(models.IntegerChoices):
    """Customer code. Never shown outside permitted roles."""

    A = 1, "A"
    B = 2, "B"
    C = 3, "C"


class CodeReason(models.IntegerChoices):
    A_STRATEGIC = 1, _("Mid/high-end and strategic")
    A_HIGH = 2, _("High band for a year or longer")
    B_VALUE = 3, _("Mid/high-end")
    B_POTENTIAL = 4, _("Near the line with signals of potential")
    C_GENERAL = 5, _("General")
    C_NEW = 6, _("New on the network")
    HELD = 7, _("Held: one month below is not yet a downgrade")


class Layer(models.IntegerChoices):
    STRATEGIC = 1, _("Strategic")
    GROUP = 2, _("Group mid/high-end")
    ORDINARY = 3, _("Ordinary mid/high-end")
    GENERAL = 4, _("General")


class CohortState(models.IntegerChoices):
    OUTSIDE = 0, _("Not in the cohort")
    RETAINED = 1, _("Retained")
    LOST_OFF_NETWORK = 2, _("Lost: off network")
    LOST_VALUE = 3, _("Lost: value")


class TierPolicy(models.Model):
    """One version of the value ladder, in fen of the three-month average. Published versions never change."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        LIVE = "live", _("Live")
        RETIRED = "retired", _("Retired")

    version = models.IntegerField(_("version"))
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.DRAFT)
    low_from_fen = models.IntegerField(_("low band from"), default=50_00)
    potential_from_fen = models.IntegerField(_("potential band from"), default=80_00)
    mid_from_fen = models.IntegerField(_("mid band from"), default=120_00)
    high_from_fen = models.IntegerField(_("high band from"), default=200_00)
    code_a_tenure_months = models.SmallIntegerField(_("months on network for code A"), default=12)
    potential_signals = models.SmallIntegerField(_("signals for potential"), default=2)
    note = models.CharField(_("why"), max_length=200, blank=True)
    preview = models.JSONField(_("preview at publication"), default=dict)
    created_by = models.ForeignKey("customers.Staff", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(_("created at"))
    published_by = models.ForeignKey("customers.Staff", models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(_("published at"), null=True)

    class Meta:
        verbose_name = _("tier policy")
        verbose_name_plural = _("tier policies")
        constraints = [
            models.UniqueConstraint(fields=["version"], name="tier_policy_version_unique"),
            models.UniqueConstraint(
                fields=["status"],
                condition=models.Q(status="live"),
                name="tier_policy_one_live",
                violation_error_message=_("Another tier policy is already live."),
            ),
            models.UniqueConstraint(
                fields=["status"],
                condition=models.Q(status="draft"),
                name="tier_policy_one_draft",
                violation_error_message=_("There is already a draft; edit that one."),
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

    def __str__(self) -> str:
        return f"v{self.version}"


class Cohort(models.Model):
    """The snapshot cohort of one year and its parameters (DOMAIN 4.2, 4.3)."""

    year = models.SmallIntegerField(_("year"))
    threshold_fen = models.IntegerField(_("three-month sum from"), default=360_00)
    low_amount_fen = models.IntegerField(_("low month below"), default=50_00)
    low_months = models.SmallIntegerField(_("low months to be lost"), default=3)
    require_signed = models.BooleanField(_("signed only"), default=True)
    require_full_window = models.BooleanField(_("a bill in each month of the window"), default=True)
    count_from_january = models.BooleanField(_("count low months before entry"), default=False)

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


class ChannelCost(models.Model):
    """What one contact on a channel costs us, and how systems write the channel. A complaint is a row too."""

    code = models.CharField(_("code"), max_length=16)
    name_zh = models.CharField(_("Chinese name"), max_length=32)
    name_en = models.CharField(_("English name"), max_length=32)
    unit_fen = models.IntegerField(_("unit cost"))
    spellings = models.JSONField(_("spellings"), default=list, help_text=_("Parts of the channel's name in files."))

    class Meta:
        verbose_name = _("channel cost")
        verbose_name_plural = _("channel costs")
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                name="channel_cost_code_unique",
                violation_error_message=_("Another channel already has this code."),
            ),
            models.CheckConstraint(
                condition=models.Q(unit_fen__gte=0),
                name="channel_cost_not_negative",
                violation_error_message=_("A contact cannot cost less than nothing."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.name_en if get_language() == "en" else self.name_zh
