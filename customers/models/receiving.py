"""Events that other systems report as they happen: who may sign, what arrived, what became of each."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from customers.models.events import Event
from customers.models.organisation import Staff


class SigningKey(models.Model):
    """A secret an API client signs its events with. Several may be in use at once, so that a change needs no pause.

    The secret itself is stored nowhere: it is derived from `salt` and the installation's own secret
    (customers/receiving/keys.py), so a copy of the database signs nothing.
    """

    client = models.ForeignKey(Staff, models.PROTECT, related_name="signing_keys", verbose_name=_("API client"))
    code = models.CharField(_("key"), max_length=24, unique=True)
    salt = models.CharField(max_length=64)
    note = models.CharField(_("note"), max_length=100, blank=True)
    created_at = models.DateTimeField(_("created at"))
    created_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", verbose_name=_("created by"))
    last_used_at = models.DateTimeField(_("last used at"), null=True)
    retired_at = models.DateTimeField(_("retired at"), null=True)
    retired_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", verbose_name=_("retired by"))

    class Meta:
        verbose_name = _("signing key")
        verbose_name_plural = _("signing keys")


class EventDelivery(models.Model):
    """One batch of events as it arrived, with the answer it got: asked again, it gets the same one."""

    class Source(models.TextChoices):
        API = "api", _("API")
        INBOX = "inbox", _("Inbox")

    source = models.CharField(_("source"), max_length=8, choices=Source.choices)
    client = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", verbose_name=_("API client"))
    signing_key = models.ForeignKey(SigningKey, models.PROTECT, null=True, related_name="+")
    file_name = models.CharField(_("file"), max_length=200, blank=True)
    idempotency_key = models.CharField(max_length=80)
    sha256 = models.CharField(max_length=64)
    received_at = models.DateTimeField(_("received at"))
    rows = models.IntegerField(_("rows"), default=0)
    accepted = models.IntegerField(_("accepted"), default=0)
    duplicates = models.IntegerField(_("duplicates"), default=0)
    rejected = models.IntegerField(_("rejected"), default=0)

    class Meta:
        verbose_name = _("event delivery")
        verbose_name_plural = _("event deliveries")
        constraints = [
            models.UniqueConstraint(
                fields=["client", "idempotency_key"],
                name="event_delivery_once",
                nulls_distinct=False,
                violation_error_message=_("This delivery has already been received."),
            ),
            models.CheckConstraint(
                condition=models.Q(rows=models.F("accepted") + models.F("duplicates") + models.F("rejected")),
                name="event_delivery_adds_up",
            ),
        ]
        # the log, newest first, and forgetting the old ones
        indexes = [models.Index(fields=["-received_at", "-id"], name="event_delivery_newest")]


class EventReceipt(models.Model):
    """One event of a delivery: taken, known already or refused, and what we did about it."""

    class Status(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        DUPLICATE = "duplicate", _("Known already")
        REJECTED = "rejected", _("Rejected")

    class Outcome(models.TextChoices):
        WAITING = "", _("Waiting")
        TASK = "task", _("New task on the desk")
        RAISED = "raised", _("Added to a task on the desk")
        MOMENT = "moment", _("Key moment, no call")
        NOTHING = "nothing", _("No new key moment")
        NO_NIGHT = "no_night", _("Stored; no night is published yet")
        FAILED = "failed", _("Could not be judged")

    delivery = models.ForeignKey(EventDelivery, models.CASCADE, related_name="receipts")
    position = models.SmallIntegerField()
    source_key = models.CharField(_("source key"), max_length=96)
    kind = models.SmallIntegerField(_("kind"), choices=Event.Kind.choices, null=True)
    customer = models.ForeignKey(Customer, models.CASCADE, null=True, related_name="+", db_index=False)
    # unchecked: the undoing of an import may take away an event that came here a second time
    event = models.ForeignKey(
        Event, models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False
    )
    status = models.CharField(_("status"), max_length=10, choices=Status.choices)
    reason = models.CharField(_("reason"), max_length=32, blank=True)
    field = models.CharField(max_length=24, blank=True)
    # what the event says beyond its row; emptied once it has been acted upon
    said = models.JSONField(default=dict)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices, blank=True)
    moments = models.IntegerField(_("key moments"), default=0)
    attempts = models.SmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(_("settled at"), null=True)
    problem = models.CharField(_("problem"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("event receipt")
        verbose_name_plural = _("event receipts")
        constraints = [models.UniqueConstraint(fields=["delivery", "position"], name="event_receipt_once")]
        indexes = [
            # what the workers still have to act upon, in the order of arrival
            models.Index(
                fields=["id"],
                condition=models.Q(status="accepted", outcome=""),
                name="event_receipt_waiting",
            ),
        ]


class EventRefusal(models.Model):
    """Requests that were not even read, counted by client, reason and day."""

    class Reason(models.TextChoices):
        UNSIGNED = "unsigned", _("The signature headers are missing or malformed")
        UNKNOWN_KEY = "unknown_key", _("The signing key is unknown or retired")
        STALE = "stale", _("The timestamp is too old or in the future")
        BAD_SIGNATURE = "bad_signature", _("The signature does not fit the body")
        TOO_LARGE = "too_large", _("The body is too large")
        NOT_JSON = "not_json", _("The body is not the JSON that is expected")
        TOO_MANY = "too_many", _("Too many events in one delivery")
        KEY_USED = "key_used", _("The idempotency key was used for other events")

    client = models.ForeignKey(Staff, models.CASCADE, related_name="+", verbose_name=_("API client"))
    reason = models.CharField(_("reason"), max_length=16, choices=Reason.choices)
    day = models.DateField(_("day"))
    times = models.IntegerField(_("times"), default=0)
    last_at = models.DateTimeField(_("last at"))

    class Meta:
        verbose_name = _("refused request")
        verbose_name_plural = _("refused requests")
        constraints = [models.UniqueConstraint(fields=["client", "reason", "day"], name="event_refusal_counted")]
