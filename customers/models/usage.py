"""What a customer uses while the month runs, and the value-added services they subscribe to."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class UsageMonth(models.Model):
    """Use of one customer in one month so far; a later file of the month replaces an earlier one.

    Once the month is over the last file stands for all of it.
    """

    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="usage_months", db_index=False)
    month = models.DateField(_("month"), help_text=_("First day of the month."))
    measured_on = models.DateField(_("measured on"), help_text=_("Last day counted."))
    data_used_mb = models.IntegerField(_("data used"), default=0)
    data_quota_mb = models.IntegerField(_("data quota"), default=0, help_text=_("0: that of the profile."))
    voice_used_min = models.IntegerField(_("minutes used"), default=0)
    voice_quota_min = models.IntegerField(_("voice quota"), default=0, help_text=_("0: that of the profile."))
    zero_call_days = models.SmallIntegerField(
        _("days without a call"), default=0, help_text=_("Without a break up to the day measured.")
    )
    competitor_forward_days = models.SmallIntegerField(_("days forwarded to a competitor"), default=0)
    competitor_hotline_calls = models.SmallIntegerField(
        _("calls to a competitor's hotline"), default=0, help_text=_("In the last seven days.")
    )
    onnet_bp = models.SmallIntegerField(_("share of calls within our network"), null=True, blank=True)
    province_roam_days = models.SmallIntegerField(_("days in other provinces"), default=0)
    abroad_roam_days = models.SmallIntegerField(_("days abroad"), default=0)

    class Meta:
        verbose_name = _("use of a month")
        verbose_name_plural = _("use by month")
        constraints = [
            # the night reads one month of a customer range by this index
            models.UniqueConstraint(fields=["month", "customer"], name="usage_month_once"),
        ]
        # the 360 page reads one customer
        indexes = [models.Index(fields=["customer", "-month"], name="usage_month_by_customer")]


class Subscription(models.Model):
    """A value-added service or benefit a customer subscribes to."""

    class Kind(models.IntegerChoices):
        VALUE_ADDED = 1, _("Value-added service")
        BENEFIT = 2, _("Benefit")

    class Status(models.IntegerChoices):
        ACTIVE = 1, _("Active")
        ENDED = 2, _("Ended")
        CANCELLED = 3, _("Cancelled")

    code = models.CharField(_("subscription code"), max_length=64)
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="subscriptions")
    product_name = models.CharField(_("product"), max_length=128)
    kind = models.SmallIntegerField(_("kind"), choices=Kind.choices, default=Kind.VALUE_ADDED)
    is_trial = models.BooleanField(_("free trial"), default=False)
    fee_fen = models.IntegerField(_("monthly fee"), default=0)
    start_date = models.DateField(_("starts on"))
    end_date = models.DateField(_("ends on"), null=True, blank=True, help_text=_("Empty: never ends."))
    status = models.SmallIntegerField(_("status"), choices=Status.choices, default=Status.ACTIVE)

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                name="subscription_code_unique",
                violation_error_message=_("Another subscription already has this code."),
            ),
            models.CheckConstraint(
                condition=models.Q(end_date__isnull=True) | models.Q(end_date__gte=models.F("start_date")),
                name="subscription_ends_after_start",
                violation_error_message=_("A subscription cannot end before it starts."),
            ),
        ]
        # FK index on customer: the 360 page and the night read subscriptions by customer range
