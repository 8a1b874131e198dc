"""Keeping customer data true: fields verified or corrected in a contact; records merged as aliases."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.organisation import Staff


class FieldCheck(models.Model):
    """A profile field confirmed or corrected with the customer: the correction log, never changed afterwards.

    A correction outlives imports that still carry the old value (`before`); a file with a third value wins again.
    """

    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="field_checks", db_index=False)
    field = models.CharField(_("field"), max_length=32)
    checked_at = models.DateTimeField(_("verified at"))
    checked_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", verbose_name=_("verified by"))
    is_correction = models.BooleanField(_("corrected"), default=False)
    before = models.CharField(_("before"), max_length=200, blank=True)
    after = models.CharField(_("after"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("verified field")
        verbose_name_plural = _("verified fields")
        indexes = [
            # the newest word on each field of one customer
            models.Index(fields=["customer", "field", "-checked_at"], name="field_check_newest"),
        ]


class CustomerMerge(models.Model):
    """Somebody declared two records the same: `alias` is counted with `customer` until the merge is undone."""

    alias = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    reason = models.CharField(_("reason"), max_length=200)
    merged_at = models.DateTimeField(_("merged at"))
    merged_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    undone_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("merged records")
        verbose_name_plural = _("merged records")
        constraints = [
            models.UniqueConstraint(
                fields=["alias"],
                condition=models.Q(undone_at__isnull=True),
                name="merge_alias_once",
                violation_error_message=_("This record is already merged into another one."),
            ),
            models.CheckConstraint(
                condition=~models.Q(alias=models.F("customer")),
                name="merge_two_records",
                violation_error_message=_("A customer cannot be merged into itself."),
            ),
        ]
