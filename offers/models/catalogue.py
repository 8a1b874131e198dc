"""What we can give."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from lifecycle.models import Stage


class Offer(models.Model):
    """An offer of the catalogue (DOMAIN 5.1), with cost, binding and expected save rate."""

    class Family(models.TextChoices):
        CARE = "care", _("Care")
        CONTRACT = "contract", _("Contract")
        PREPAID = "prepaid", _("Prepaid credit")
        MIN_SPEND = "min_spend", _("Minimum-spend promise")
        PLAN = "plan", _("Plan change")
        BROADBAND = "broadband", _("Broadband")
        BENEFIT = "benefit", _("Benefit")

    code = models.CharField(_("code"), max_length=32, unique=True)
    family = models.CharField(_("family"), max_length=16, choices=Family.choices)
    name_zh = models.CharField(max_length=64)
    name_en = models.CharField(max_length=64)
    pitch_zh = models.CharField(max_length=200)
    pitch_en = models.CharField(max_length=200)
    cost_fen = models.IntegerField(_("cost"))
    binding_months = models.SmallIntegerField(_("binding months"), default=0)
    save_permille = models.SmallIntegerField(_("expected save rate, per mille"))
    moments = models.JSONField(_("for moments"), default=list, help_text=_("Moment codes it answers."))
    stages = ArrayField(
        models.SmallIntegerField(choices=Stage.choices),
        verbose_name=_("for stages"),
        default=list,
        blank=True,
        help_text=_("None: for every stage."),
    )
    priority = models.SmallIntegerField(_("priority"), default=100)
    is_active = models.BooleanField(_("active"), default=True)
    needs_tag = models.ForeignKey(
        "customers.Tag",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("only with tag"),
    )
    not_for_tag = models.ForeignKey(
        "customers.Tag",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("not with tag"),
    )

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(stages__contained_by=Stage.values),
                name="offer_stages_known",
                violation_error_message=_("An offer is for one or several of the five stages."),
            ),
            models.CheckConstraint(
                condition=models.Q(cost_fen__gte=0, save_permille__gte=0, save_permille__lte=1000),
                name="offer_cost_and_rate_sane",
                violation_error_message=_("Cost must not be negative and the save rate must lie between 0 and 1000."),
            ),
            models.CheckConstraint(
                condition=models.Q(needs_tag__isnull=True) | ~models.Q(needs_tag=models.F("not_for_tag")),
                name="offer_tags_differ",
                violation_error_message=_("An offer cannot ask for a tag and shut it out at once."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.name_en if get_language() == "en" else self.name_zh

    @property
    def pitch(self) -> str:
        return self.pitch_en if get_language() == "en" else self.pitch_zh
