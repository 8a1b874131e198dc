"""What serving a customer costs."""

from __future__ import annotations

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


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
