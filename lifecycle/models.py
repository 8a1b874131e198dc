"""Where in life a customer is, and which key moments exist and have happened."""

from __future__ import annotations

from django.db import models
from django.utils.translation import get_language
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


class MomentKind(models.Model):
    """The row beside each module in lifecycle/moments/: names, deadline, cool-down, script. Editable."""

    class Category(models.TextChoices):
        CARE = "A", _("Care")
        MARKETING = "B", _("Marketing")
        RETENTION = "C", _("Warning and retention")

    class Level(models.IntegerChoices):
        NORMAL = 0, _("Normal")
        YELLOW = 1, _("Yellow")
        ORANGE = 2, _("Orange")
        RED = 3, _("Red")

    code = models.CharField(_("code"), max_length=4, unique=True)
    bit = models.SmallIntegerField(_("bit in Standing.moments"), unique=True)
    category = models.CharField(_("category"), max_length=1, choices=Category.choices)
    name_zh = models.CharField(max_length=64)
    name_en = models.CharField(max_length=64)
    action_zh = models.CharField(max_length=200)
    action_en = models.CharField(max_length=200)
    script_zh = models.TextField()
    script_en = models.TextField()
    cool_down_days = models.SmallIntegerField(_("cool-down, days"))
    channel_ab = models.CharField(_("channel for A and B"), max_length=16, default="call")
    channel_c = models.CharField(_("channel for C"), max_length=16, default="sms")
    is_enabled = models.BooleanField(_("enabled"), default=True)

    class Meta:
        verbose_name = _("moment kind")
        verbose_name_plural = _("moment kinds")

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.name_en if get_language() == "en" else self.name_zh

    @property
    def action(self) -> str:
        return self.action_en if get_language() == "en" else self.action_zh

    @property
    def script(self) -> str:
        return self.script_en if get_language() == "en" else self.script_zh


class KeyMoment(models.Model):
    """A moment of one customer found by a run: what fired, with the values that fired it.

    The night writes them by the hundred thousand: no foreign key is checked per row, no index is there twice.
    """

    run = models.ForeignKey("customers.Run", models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    customer = models.ForeignKey(
        "customers.Customer",
        models.CASCADE,
        related_name="moments",
        db_index=False,
        db_constraint=False,
    )
    kind = models.ForeignKey(MomentKind, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    detected_on = models.DateField(_("detected on"))
    level = models.SmallIntegerField(_("level"), choices=MomentKind.Level.choices)
    deadline_hours = models.SmallIntegerField(_("deadline, hours"))
    value = models.IntegerField(_("evidence value"))
    reference = models.IntegerField(_("compared with"))

    class Meta:
        verbose_name = _("key moment")
        verbose_name_plural = _("key moments")
        constraints = [models.UniqueConstraint(fields=["run", "customer", "kind"], name="key_moment_once_per_run")]
        # the timeline and the night's cool-down read a customer range
        indexes = [models.Index(fields=["customer", "detected_on"], name="key_moment_by_customer")]
