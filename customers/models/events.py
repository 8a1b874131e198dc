"""What happened to a customer: events from channels and systems, complaints."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    """Something a channel or system reported about a customer at an instant."""

    class Kind(models.IntegerChoices):
        PORTING_ELIGIBLE = 1, _("Porting query: eligible")
        PORTING_BLOCKED = 2, _("Porting query: not eligible")
        PORTING_CODE = 3, _("Porting code issued")
        DOWNGRADE_REQUEST = 4, _("Downgrade requested")
        CANCEL_REQUEST = 5, _("Cancellation requested")
        SUSPEND_REQUEST = 6, _("Suspension requested")
        HOTLINE_IN = 7, _("Called the hotline")
        HALL_VISIT = 8, _("Visited a hall")
        APP_CHAT = 9, _("Chatted online")
        ROAM_START = 10, _("Started roaming abroad")
        NUMBER_REISSUED = 11, _("Number re-issued")
        PAYMENT_DELAY = 12, _("Payment delayed")
        ORDER = 13, _("Ordered")
        OWNER_CHANGED = 14, _("Transferred to another owner")
        ARREARS_STOP = 15, _("Suspended for arrears")
        COMPLAINT_OPENED = 16, _("Complaint opened")
        COMPLAINT_CLOSED = 17, _("Complaint closed")
        STATE_CHANGED = 18, _("User state changed")
        OUTAGE_ENDED = 19, _("Outage ended")

    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="events", db_index=False)
    kind = models.SmallIntegerField(_("kind"), choices=Kind.choices)
    occurred_at = models.DateTimeField(_("occurred at"))
    channel = models.CharField(_("channel"), max_length=32, blank=True)
    detail = models.CharField(_("detail"), max_length=200, blank=True)
    source_key = models.CharField(_("source key"), max_length=96)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [
            models.UniqueConstraint(
                fields=["source_key"],
                name="event_source_key_unique",
                violation_error_message=_("This event has already been received."),
            )
        ]
        # the night and the timeline read a customer range in time order
        indexes = [
            models.Index(fields=["customer", "occurred_at"], name="event_by_customer_time"),
            # the night asks two years back for eligible porting queries, codes and downgrades; few have any
            models.Index(
                fields=["customer", "occurred_at"],
                condition=models.Q(kind__in=(1, 3, 4)),
                name="event_leaving_signals",
            ),
        ]


class Complaint(models.Model):
    """A complaint case."""

    class Level(models.IntegerChoices):
        NORMAL = 1, _("Normal")
        IMPORTANT = 2, _("Important")
        MAJOR = 3, _("Major")

    class Status(models.IntegerChoices):
        OPEN = 1, _("Open")
        CLOSED = 2, _("Closed")

    case_code = models.CharField(_("case"), max_length=64)
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="complaints", db_index=False)
    opened_at = models.DateTimeField(_("opened at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    channel = models.CharField(_("channel"), max_length=32, blank=True)
    category = models.CharField(_("category"), max_length=64, blank=True)
    content = models.TextField(_("content"), blank=True)
    level = models.SmallIntegerField(_("level"), choices=Level.choices, default=Level.NORMAL)
    status = models.SmallIntegerField(_("status"), choices=Status.choices, default=Status.OPEN)
    satisfaction = models.SmallIntegerField(_("satisfaction"), null=True, blank=True)

    class Meta:
        verbose_name = _("complaint")
        verbose_name_plural = _("complaints")
        constraints = [
            models.UniqueConstraint(
                fields=["case_code"],
                name="complaint_case_unique",
                violation_error_message=_("Another complaint already has this case code."),
            ),
            models.CheckConstraint(
                condition=models.Q(closed_at__isnull=True) | models.Q(closed_at__gte=models.F("opened_at")),
                name="complaint_closed_after_opened",
                violation_error_message=_("A complaint cannot be closed before it was opened."),
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "opened_at"], name="complaint_by_customer_time"),
            # the search box: words of three characters or more, newest first for shorter ones
            GinIndex(fields=["content"], opclasses=["gin_trgm_ops"], name="complaint_words"),
            GinIndex(fields=["category"], opclasses=["gin_trgm_ops"], name="complaint_category_words"),
            models.Index(fields=["-opened_at", "-id"], name="complaint_newest"),
        ]


class ServiceLog(models.Model):
    """What a hotline, hall or online agent wrote down about one service."""

    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="service_logs", db_index=False)
    served_at = models.DateTimeField(_("served at"))
    channel = models.CharField(_("channel"), max_length=32, blank=True)
    category = models.CharField(_("category"), max_length=64, blank=True)
    content = models.TextField(_("content"), blank=True)
    agent = models.CharField(_("agent"), max_length=64, blank=True)
    source_key = models.CharField(_("source key"), max_length=96)

    class Meta:
        verbose_name = _("service log")
        verbose_name_plural = _("service logs")
        constraints = [models.UniqueConstraint(fields=["source_key"], name="service_log_once")]
        indexes = [
            models.Index(fields=["customer", "served_at"], name="service_log_by_customer_time"),
            # the search box: words of three characters or more, newest first for shorter ones
            GinIndex(fields=["content"], opclasses=["gin_trgm_ops"], name="service_log_words"),
            models.Index(fields=["-served_at", "-id"], name="service_log_newest"),
        ]


class NetworkQuality(models.Model):
    """How well the network served one customer over a period, as the network department reports it."""

    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="network_quality")
    measured_on = models.DateField(_("measured on"), help_text=_("Last day of the period."))
    poor_voice = models.IntegerField(_("poor calls"), default=0)
    poor_data = models.IntegerField(_("poor data sessions"), default=0)
    outage_ended_at = models.DateTimeField(_("outage ended at"), null=True, blank=True)
    cell = models.CharField(_("cell"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("network quality")
        verbose_name_plural = _("network quality")
        constraints = [models.UniqueConstraint(fields=["customer", "measured_on"], name="network_quality_once_a_day")]
