"""Monthly facts twice: as rows partitioned by month for pages, as packed columns for the night."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class MonthlyBill(models.Model):
    """Bill and usage of one customer in one month. Money in fen, exact. Range-partitioned by `month`."""

    pk = models.CompositePrimaryKey("month", "customer_id")
    month = models.DateField(_("month"), help_text=_("First day of the bill month."))
    customer = models.ForeignKey(
        "customers.Customer",
        models.DO_NOTHING,
        related_name="bills",
        db_index=False,
        db_constraint=False,
    )
    state = models.SmallIntegerField(_("state at month end"))
    is_signed = models.BooleanField(_("signed"), default=True)
    arpu_fen = models.IntegerField(_("billed income"))
    plan_fee_fen = models.IntegerField(_("plan fee"), default=0)
    voice_fee_fen = models.IntegerField(_("voice fee"), default=0)
    data_fee_fen = models.IntegerField(_("data fee"), default=0)
    sms_fee_fen = models.IntegerField(_("SMS fee"), default=0)
    vas_fee_fen = models.IntegerField(_("value-added fee"), default=0)
    roam_fee_fen = models.IntegerField(_("roaming fee"), default=0)
    over_fee_fen = models.IntegerField(_("fee beyond the plan"), default=0)
    over_voice_fee_fen = models.IntegerField(_("voice fee beyond the plan"), default=0)
    over_data_fee_fen = models.IntegerField(_("data fee beyond the plan"), default=0)
    discount_fen = models.IntegerField(_("discount"), default=0)
    owed_fen = models.IntegerField(_("owed"), default=0)
    voice_min = models.IntegerField(_("outgoing minutes"), default=0)
    data_mb = models.IntegerField(_("data MB"), default=0)
    sms_count = models.IntegerField(_("SMS count"), default=0)
    active_days = models.SmallIntegerField(_("active days"), default=0)
    batch_id = models.BigIntegerField(_("import batch"))

    class Meta:
        verbose_name = _("monthly bill")
        verbose_name_plural = _("monthly bills")


class HistoryBlock(models.Model):
    """The facts of one month for one bucket of customers, each fact as little-endian int32 bytes.

    Position i holds customer `bucket * bucket_size + i + 1`; see customers/history.py for the facts and flags.
    Derived from MonthlyBill in the same transaction; `manage.py rebuild_history` makes it again.
    """

    month = models.DateField(_("month"))
    bucket = models.IntegerField(_("bucket"))
    size = models.IntegerField(_("customers"))
    revision = models.IntegerField(_("revision"), default=1)
    checksum = models.CharField(_("checksum"), max_length=64)
    bill_count = models.IntegerField(_("bills"))
    arpu_sum_fen = models.BigIntegerField(_("sum of bills"))
    arpu_fen = models.BinaryField()
    flags = models.BinaryField()
    voice_min = models.BinaryField()
    data_mb = models.BinaryField()
    sms_count = models.BinaryField()
    active_days = models.BinaryField()
    over_fee_fen = models.BinaryField()

    class Meta:
        verbose_name = _("history block")
        verbose_name_plural = _("history blocks")
        constraints = [
            # the night reads by (bucket, month)
            models.UniqueConstraint(fields=["bucket", "month"], name="history_block_once_per_bucket_month"),
        ]


class HistoryCheck(models.Model):
    """One comparison of every packed month with its bill rows (`customers.tasks.check_history`, each night)."""

    checked_at = models.DateTimeField(_("checked at"))
    months = models.IntegerField(_("months"))
    differences = models.IntegerField(_("differences"), default=0)
    examples = models.JSONField(_("examples"), default=list, help_text=_("The first differences in words."))

    class Meta:
        verbose_name = _("history check")
        verbose_name_plural = _("history checks")
