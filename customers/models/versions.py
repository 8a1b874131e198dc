"""What every policy that is kept in versions has in common: its way from draft to retired, and who took it there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class PolicyVersion(models.Model):
    """One version of a policy. Published versions never change (customers/versioning.py walks the way).

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
    approval_movers = models.IntegerField(
        _("second person from"), default=500, help_text=_("Movers from which the next version needs a second person.")
    )
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
        abstract = True

    def __str__(self) -> str:
        return f"v{self.version}"


def way_constraints(name: str, *, another_live: Any, within: Sequence[str] = ()) -> list[models.BaseConstraint]:
    """Return what holds for every policy in versions; `within` names the fields each of whose values has its own."""

    def one(status: str, message: Any) -> models.UniqueConstraint:
        return models.UniqueConstraint(
            fields=[*within, "status"],
            condition=models.Q(status=status),
            name=f"{name}_one_{status}",
            violation_error_message=message,
        )

    return [
        models.UniqueConstraint(fields=[*within, "version"], name=f"{name}_version_unique"),
        one("live", another_live),
        one("draft", _("There is already a draft; edit that one.")),
        one("pending", _("Another version already waits for approval.")),
        one("scheduled", _("Another version is already scheduled.")),
        models.CheckConstraint(
            condition=models.Q(approved_by__isnull=True) | ~models.Q(approved_by=models.F("requested_by")),
            name=f"{name}_approved_by_another",
            violation_error_message=_("A version is approved by another person than the one who asked."),
        ),
    ]
