"""Who of code C could be served another way, as a night found it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ChannelSteering(models.Model):
    """A code C customer whom people served in the twelve months before a run (segmentation/steering.py).

    Kept for the runs whose standings are kept; the others' are never needed again.
    """

    run = models.ForeignKey("customers.Run", models.CASCADE, related_name="+", db_index=False)
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+", db_index=False)
    county_id = models.IntegerField()
    way = models.CharField(_("cheaper way"), max_length=8, blank=True, help_text=_("Code of a channel; empty: people."))
    protection = models.SmallIntegerField(_("protected by"))
    services = models.IntegerField(_("services"))
    cost_fen = models.BigIntegerField(_("cost to serve"))
    saving_fen = models.BigIntegerField(_("saving"))

    class Meta:
        verbose_name = _("channel steering")
        verbose_name_plural = _("channel steering")
        constraints = [
            models.UniqueConstraint(fields=["run", "customer"], name="channel_steering_once_per_run"),
            models.CheckConstraint(
                condition=models.Q(protection=0) | models.Q(way=""),
                name="channel_steering_spares_protected",
                violation_error_message=_("Who is protected is never moved to a cheaper way."),
            ),
        ]
