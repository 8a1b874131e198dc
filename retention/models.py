"""Who may leave, and what may be done about it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class WarningLevel(models.IntegerChoices):
    NONE = 0, _("No warning")
    YELLOW = 1, _("Yellow")
    ORANGE = 2, _("Orange")
    RED = 3, _("Red")


class Reason(models.IntegerChoices):
    """Why a warning stands (DOMAIN 4.5); beside each stands the value that crossed the line."""

    NONE = 0, _("No reason")
    PORTING_ELIGIBLE = 1, _("Porting query: eligible, days ago")
    CANCEL_REQUEST = 2, _("Asked to cancel, days ago")
    SCORE = 3, _("Churn score of 100")
    SILENT_DAYS = 4, _("Days without a call")
    BUNDLE_ENDS = 5, _("Bundle ends in days")
    MAJOR_COMPLAINT = 6, _("Major complaint open, days")
    PORTING_BLOCKED = 7, _("Porting query: not eligible, days ago")
    LOW_MONTHS = 8, _("Low months this year")
    SPEND_DROP = 9, _("Spend against the three months before, percent")
    DOWNGRADE_REQUEST = 10, _("Asked for a cheaper plan, days ago")
    ARREARS = 11, _("Suspended for arrears")
    COMPLAINTS = 12, _("Complaints in 30 days")
    PRE_CANCEL = 13, _("Pre-cancelled")
    HELD = 14, _("Held since the cause went, days ago")


class WarningPolicy(models.Model):
    """One version of the warning thresholds (DOMAIN 4.5)."""

    version = models.IntegerField(_("version"), unique=True)
    is_live = models.BooleanField(_("live"), default=False)
    red_score = models.SmallIntegerField(default=80)
    orange_score = models.SmallIntegerField(default=60)
    yellow_score = models.SmallIntegerField(default=40)
    bundle_red_score = models.SmallIntegerField(default=50)
    extra_score = models.SmallIntegerField(default=10, help_text=_("Added for passive loyalty or an ended bundle."))
    hold_days = models.SmallIntegerField(default=14)

    class Meta:
        verbose_name = _("warning policy")
        verbose_name_plural = _("warning policies")
        constraints = [
            models.UniqueConstraint(
                fields=["is_live"], condition=models.Q(is_live=True), name="warning_policy_one_live"
            )
        ]


class ContactPolicy(models.Model):
    """One version of the contact rules the gate applies (DOMAIN 5.2)."""

    version = models.IntegerField(_("version"), unique=True)
    is_live = models.BooleanField(_("live"), default=False)
    monthly_cap = models.SmallIntegerField(default=2)
    five_star_cap = models.SmallIntegerField(default=1)
    cap_days = models.SmallIntegerField(default=30)
    refusal_days = models.SmallIntegerField(default=15)
    hours = models.JSONField(
        default=dict,
        help_text=_("Calling windows: {'workday': [['09:00','12:00'],…], 'restday': […]}."),
    )

    class Meta:
        verbose_name = _("contact policy")
        verbose_name_plural = _("contact policies")
        constraints = [
            models.UniqueConstraint(
                fields=["is_live"], condition=models.Q(is_live=True), name="contact_policy_one_live"
            )
        ]


class ChurnModel(models.Model):
    """A fitted churn model (or the documented score card) and how well it did on a later time."""

    class Kind(models.TextChoices):
        BOOSTING = "boosting", _("Gradient boosting")
        LOGISTIC = "logistic", _("Logistic regression")
        SCORE_CARD = "score_card", _("Score card: not enough history to learn from")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    trained_at = models.DateTimeField(_("trained at"))
    month = models.DateField(_("newest bill month"))
    train_month = models.DateField(_("learned as of"), null=True)
    valid_month = models.DateField(_("checked as of"), null=True)
    features = models.JSONField(default=list)
    metrics = models.JSONField(default=dict)
    note = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    artifact = models.BinaryField(default=bytes, help_text=_("skops file."))

    class Meta:
        verbose_name = _("churn model")
        verbose_name_plural = _("churn models")
        indexes = [models.Index(fields=["month", "-trained_at"], name="churn_model_by_month")]
