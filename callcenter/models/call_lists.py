"""Call lists: customers somebody wants called, beside those the night queues."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class CallList(models.Model):
    """Customers somebody wants called: a list or a segment as it stood, let through the gate, for some days.

    Its customers wait in the queues of their own managers: once a run, until somebody spoke to them, the last day has
    passed, or the list is closed (callcenter/call_lists.py).
    """

    name = models.CharField(_("name"), max_length=64)
    why = models.CharField(_("why"), max_length=200, help_text=_("What the caller reads on the card."))
    query = models.TextField(_("address of the list"))
    run = models.ForeignKey("customers.Run", models.PROTECT, related_name="+")
    created_by = models.ForeignKey("customers.Staff", models.PROTECT, related_name="+", verbose_name=_("made by"))
    created_at = models.DateTimeField(_("made at"))
    last_day = models.DateField(_("last day"))
    goes_first = models.BooleanField(_("before the night's customers"), default=False)
    chosen = models.IntegerField(_("customers of the list"))
    left_out = models.JSONField(_("left out by the gate"), default=dict)
    closed_at = models.DateTimeField(_("closed at"), null=True)
    closed_by = models.ForeignKey("customers.Staff", models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("call list")
        verbose_name_plural = _("call lists")

    def __str__(self) -> str:
        return self.name


class CallListEntry(models.Model):
    """One customer of a call list."""

    call_list = models.ForeignKey(CallList, models.CASCADE, related_name="entries")
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("customer of a call list")
        verbose_name_plural = _("customers of call lists")
        constraints = [models.UniqueConstraint(fields=["call_list", "customer"], name="call_list_customer_once")]
