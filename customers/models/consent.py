"""What a customer allowed, and what they asked us not to do."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.organisation import Staff


class Consent(models.Model):
    """The latest word of a customer on one channel for commercial contact."""

    class Channel(models.TextChoices):
        CALL = "call", _("Call")
        SMS = "sms", _("SMS")
        APP = "app", _("App message")

    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="consents")
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices)
    is_given = models.BooleanField(_("given"))
    said_at = models.DateTimeField(_("said at"))
    source = models.CharField(_("source"), max_length=32)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [models.UniqueConstraint(fields=["customer", "channel"], name="consent_once_per_channel")]


class DoNotDisturbQuerySet(models.QuerySet["DoNotDisturb"]):
    def in_force(self, at: dt.datetime) -> DoNotDisturbQuerySet:
        """Return the periods that cover this instant."""
        return self.filter(models.Q(ends_at__isnull=True) | models.Q(ends_at__gt=at), starts_at__lte=at)


class DoNotDisturb(models.Model):
    """A period in which a customer must not be contacted; who set it, when, and until when."""

    class Scope(models.IntegerChoices):
        MARKETING = 1, _("No marketing")
        CONTACT = 2, _("No contact at all")

    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="do_not_disturb")
    scope = models.SmallIntegerField(_("scope"), choices=Scope.choices)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=32)
    set_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")

    objects = DoNotDisturbQuerySet.as_manager()

    class Meta:
        verbose_name = _("do not disturb")
        verbose_name_plural = _("do not disturb")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__isnull=True) | models.Q(ends_at__gt=models.F("starts_at")),
                name="do_not_disturb_ends_after_start",
                violation_error_message=_("The period must end after it starts."),
            )
        ]
        # FK index on customer: asked by the gate at every claim
