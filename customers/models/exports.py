"""What left the house as a file, and the views people keep of lists."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.organisation import Staff
from customers.models.runs import Run


class Export(models.Model):
    """One requested file of a customer list: who, why, which filter, how many rows, until when it can be fetched."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting for approval")
        QUEUED = "queued", _("Waiting its turn")
        RUNNING = "running", _("Being written")
        READY = "ready", _("Ready")
        TAKEN = "taken", _("Downloaded")
        REFUSED = "refused", _("Refused")
        FAILED = "failed", _("Failed")
        EXPIRED = "expired", _("Expired")

    class Format(models.TextChoices):
        CSV = "csv", _("CSV")
        XLSX = "xlsx", _("Excel")

    requested_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name=_("requested by"))
    requested_at = models.DateTimeField(_("requested at"))
    purpose = models.CharField(_("purpose"), max_length=200)
    run = models.ForeignKey(Run, models.PROTECT, related_name="+")
    query = models.CharField(_("filter"), max_length=2000, blank=True)
    columns = models.JSONField(_("columns"), default=list)
    format = models.CharField(_("format"), max_length=4, choices=Format.choices)
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.QUEUED)
    language = models.CharField(_("language"), max_length=8, default="zh-hans")
    rows_expected = models.IntegerField(_("rows expected"))
    rows_written = models.IntegerField(_("rows written"), null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    # unguessable, made at random; it is also the key of the file's order of rows (cvm/exports/watermark.py)
    file_name = models.CharField(max_length=80, blank=True)
    # who decided: approved, or refused when the status says so
    approved_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", verbose_name=_("approved by"))
    approved_at = models.DateTimeField(null=True)
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(_("expires at"), null=True)
    taken_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(approved_by__isnull=True) | ~models.Q(approved_by=models.F("requested_by")),
                name="export_approved_by_another",
                violation_error_message=_("An export is approved by another person."),
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=["ready", "taken"])
                | models.Q(rows_written__isnull=False, rows_written=models.F("rows_expected")),
                name="export_is_whole",
                violation_error_message=_("The file must hold every row of the list."),
            ),
        ]
        # quota per person and the page of own exports
        indexes = [models.Index(fields=["requested_by", "-requested_at"], name="export_of_person")]


class SavedView(models.Model):
    """A named address of a list: filters, sort and columns; never a search for somebody."""

    owner = models.ForeignKey(Staff, models.CASCADE, related_name="saved_views")
    name = models.CharField(_("name"), max_length=64)
    query = models.CharField(_("address"), max_length=2000, blank=True)
    is_shared = models.BooleanField(_("shared with the branch"), default=False)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"],
                name="saved_view_name_unique",
                violation_error_message=_("You already have a view with this name."),
            )
        ]
