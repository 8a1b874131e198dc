"""The value ladder as policy rows."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class TierPolicy(models.Model):
    """One version of the value ladder, in fen of the three-month average. Published versions never change.

    draft → (waiting for a second person, when many would move) → (scheduled for a day) → live → retired. One version
    at a time is in the making. A roll-back is a new version that copies an old one.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PENDING = "pending", _("Waiting for approval")
        SCHEDULED = "scheduled", _("Scheduled")
        LIVE = "live", _("Live")
        RETIRED = "retired", _("Retired")

    version = models.IntegerField(_("version"))
    status = models.CharField(_("status"), max_length=9, choices=Status.choices, default=Status.DRAFT)
    low_from_fen = models.IntegerField(_("low band from"), default=50_00)
    potential_from_fen = models.IntegerField(_("potential band from"), default=80_00)
    mid_from_fen = models.IntegerField(_("mid band from"), default=120_00)
    high_from_fen = models.IntegerField(_("high band from"), default=200_00)
    grace_months = models.SmallIntegerField(
        _("months of grace"), default=1, help_text=_("Months below a line before a customer falls; 1 = at once.")
    )
    approval_movers = models.IntegerField(
        _("second person from"), default=500, help_text=_("Movers from which the next version needs a second person.")
    )
    code_a_tenure_months = models.SmallIntegerField(_("months on network for code A"), default=12)
    potential_signals = models.SmallIntegerField(_("signals for potential"), default=2)
    note = models.CharField(_("why"), max_length=200, blank=True)
    preview = models.JSONField(_("preview at publication"), default=dict)
    created_by = models.ForeignKey("customers.Staff", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(_("created at"))
    requested_by = models.ForeignKey("customers.Staff", models.PROTECT, null=True, related_name="+")
    requested_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey("customers.Staff", models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    returned_reason = models.CharField(_("sent back because"), max_length=200, blank=True)
    effective_on = models.DateField(_("from"), null=True, blank=True)
    published_by = models.ForeignKey("customers.Staff", models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(_("published at"), null=True)
    retired_at = models.DateTimeField(_("retired at"), null=True)
    copy_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", verbose_name=_("roll-back to"))

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
            models.UniqueConstraint(
                fields=["status"],
                condition=models.Q(status="pending"),
                name="tier_policy_one_pending",
                violation_error_message=_("Another version already waits for approval."),
            ),
            models.UniqueConstraint(
                fields=["status"],
                condition=models.Q(status="scheduled"),
                name="tier_policy_one_scheduled",
                violation_error_message=_("Another version is already scheduled."),
            ),
            models.CheckConstraint(
                condition=models.Q(approved_by__isnull=True) | ~models.Q(approved_by=models.F("requested_by")),
                name="tier_policy_approved_by_another",
                violation_error_message=_("A version is approved by another person than the one who asked."),
            ),
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

    def __str__(self) -> str:
        return f"v{self.version}"
