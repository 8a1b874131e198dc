"""Which key moments exist, and which have happened to whom."""

from __future__ import annotations

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


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
