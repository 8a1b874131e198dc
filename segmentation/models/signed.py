"""Who was in a cohort when somebody signed its months: kept for good, so that a signed number opens its customers."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SignedMembers(models.Model):
    """The members of a cohort in one bucket of customers as the night of a signature knew them, packed as columns.

    All arrays are little-endian and of one length (segmentation/signed.py). Written with the signature, never changed:
    the bills and the standings they were counted from leave, these stay. About 18 bytes a member and signing night.
    """

    cohort = models.ForeignKey("segmentation.Cohort", models.PROTECT, related_name="+", db_index=False)
    run = models.ForeignKey("customers.Run", models.PROTECT, related_name="+", db_index=False)
    bucket = models.IntegerField()
    size = models.IntegerField(_("members"))
    customer_id = models.BinaryField(help_text="int32, rising")
    county_id = models.BinaryField(help_text="int32")
    layer = models.BinaryField(help_text="int8")
    manager_id = models.BinaryField(help_text="int32, 0 = nobody")
    entry_month = models.BinaryField(help_text="int32, month ordinal")
    path = models.BinaryField(help_text="int32, two bits a month end, the base month lowest")

    class Meta:
        verbose_name = _("members at a signature")
        verbose_name_plural = _("members at signatures")
        constraints = [
            # also the index by which a list reads a cohort of a signing night
            models.UniqueConstraint(fields=["cohort", "run", "bucket"], name="signed_members_once_per_bucket"),
        ]
