"""What we do for a customer in each stage of life (S-018): one playbook a stage, in versions."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from customers.models import PolicyVersion, way_constraints
from lifecycle.models.stages import Stage


class Playbook(PolicyVersion):
    """One version of the playbook of a stage: aim, offers, channels, what to say and not to say, contact rhythm.

    Offers are families of the catalogue by their plain names: the catalogue lives above this app, which must not know
    it. Published versions never change (customers/versioning.py).
    """

    class Channel(models.TextChoices):
        CALL = "call", _("Call")
        SMS = "sms", _("SMS")
        APP = "app", _("App message")
        CHAT = "chat", _("Enterprise chat")
        HALL = "hall", _("Hall")
        VISIT = "visit", _("Visit")

    stage = models.SmallIntegerField(_("stage"), choices=Stage.choices)
    aim_zh = models.CharField(_("aim, Chinese"), max_length=120)
    aim_en = models.CharField(_("aim, English"), max_length=160)
    talk_zh = models.TextField(_("talking points, Chinese"), help_text=_("One a line."))
    talk_en = models.TextField(_("talking points, English"), help_text=_("One a line."))
    avoid_zh = models.TextField(_("not to be done, Chinese"), blank=True, help_text=_("One a line."))
    avoid_en = models.TextField(_("not to be done, English"), blank=True, help_text=_("One a line."))
    offer_families = ArrayField(models.CharField(max_length=16), verbose_name=_("offers"), default=list)
    channels = ArrayField(
        models.CharField(max_length=8, choices=Channel.choices), verbose_name=_("channels"), default=list
    )
    rhythm_days = models.SmallIntegerField(_("a contact every, days"), default=60)

    class Meta:
        verbose_name = _("playbook")
        verbose_name_plural = _("playbooks")
        constraints = [
            *way_constraints(
                "playbook", another_live=_("This stage already has a playbook in force."), within=["stage"]
            ),
            models.CheckConstraint(
                condition=models.Q(stage__in=Stage.values),
                name="playbook_stage_known",
                violation_error_message=_("A playbook belongs to one of the five stages."),
            ),
            models.CheckConstraint(
                condition=models.Q(rhythm_days__range=(7, 365)),
                name="playbook_rhythm_sane",
                violation_error_message=_("The rhythm is between 7 and 365 days."),
            ),
            models.CheckConstraint(
                condition=~models.Q(aim_zh="") & ~models.Q(aim_en="") & ~models.Q(talk_zh="") & ~models.Q(talk_en=""),
                name="playbook_says_something",
                violation_error_message=_("Aim and talking points are written in both languages."),
            ),
        ]

    @property
    def aim(self) -> str:
        return self.aim_en if get_language() == "en" else self.aim_zh

    @property
    def talk(self) -> list[str]:
        """Return the talking points in the reader's language."""
        return lines(self.talk_en if get_language() == "en" else self.talk_zh)

    @property
    def avoid(self) -> list[str]:
        """Return what is not to be done, in the reader's language."""
        return lines(self.avoid_en if get_language() == "en" else self.avoid_zh)

    @property
    def channel_names(self) -> list[str]:
        return [str(self.Channel(channel).label) for channel in self.channels if channel in self.Channel.values]


def lines(text: str) -> list[str]:
    """Return the lines that say something."""
    return [line.strip() for line in text.splitlines() if line.strip()]
