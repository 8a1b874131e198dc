"""What a key moment would have done in the past year: asked for, worked out bucket by bucket, kept with its terms."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Run, Staff
from lifecycle.models.moments import MomentKind


class BackTest(models.Model):
    """One kind of moment under its live terms and a draft of them, over the days up to a published night.

    The same question asked twice (`key`) is one job. `plan` holds everything the buckets need; `result` the sums
    (cvm/backtests/bucket.py), by county.
    """

    class Status(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Failed")

    kind = models.ForeignKey(MomentKind, models.CASCADE, related_name="back_tests", verbose_name=_("key moment"))
    run = models.ForeignKey(Run, models.CASCADE, related_name="+")
    status = models.CharField(_("status"), max_length=9, choices=Status.choices, default=Status.RUNNING)
    key = models.CharField(max_length=64)
    draft = models.JSONField(_("draft"), help_text=_("Thresholds and cool-down that were tried."))
    live = models.JSONField(_("in force"), help_text=_("Thresholds and cool-down it was compared with."))
    first_day = models.DateField(_("from"))
    last_day = models.DateField(_("until"))
    plan = models.JSONField(_("plan"))
    buckets = models.IntegerField(_("buckets"))
    requested_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name=_("requested by"))
    requested_at = models.DateTimeField(_("requested at"))
    moved_at = models.DateTimeField(help_text=_("When a bucket last got done; what stands still is sent again."))
    finished_at = models.DateTimeField(_("finished at"), null=True)
    ended_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", verbose_name=_("cancelled by"))
    error = models.TextField(_("error"), blank=True)
    result = models.BinaryField(default=bytes)

    class Meta:
        verbose_name = _("back-test")
        verbose_name_plural = _("back-tests")
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=models.Q(status__in=["running", "done"]),
                name="back_test_once",
                violation_error_message=_("This back-test has been asked for already."),
            )
        ]
        # the page of a kind lists its back-tests, newest first
        indexes = [models.Index(fields=["kind", "-requested_at"], name="back_test_of_kind")]


class BackTestBucket(models.Model):
    """One bucket of one back-test: done once, however often it is delivered."""

    back_test = models.ForeignKey(BackTest, models.CASCADE, related_name="bucket_rows")
    bucket = models.IntegerField()
    is_done = models.BooleanField(default=False)
    attempts = models.SmallIntegerField(default=0)
    customers = models.IntegerField(default=0)
    seconds = models.FloatField(default=0)
    partial = models.BinaryField(default=bytes)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["back_test", "bucket"], name="back_test_bucket_once")]
