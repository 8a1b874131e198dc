"""Who calls, when, and with what result."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _


class PhoneManager(models.Model):
    """The desk side of a staff member with a portfolio (Customer.manager)."""

    staff = models.OneToOneField("customers.Staff", models.PROTECT, related_name="phone_manager")
    employee_no = models.CharField(_("staff number"), max_length=16, unique=True)
    daily_capacity = models.SmallIntegerField(_("calls a day"), default=80)
    is_absent = models.BooleanField(_("absent"), default=False)

    class Meta:
        verbose_name = _("phone manager")
        verbose_name_plural = _("phone managers")

    def __str__(self) -> str:
        return str(self.staff)


class QueueItem(models.Model):
    """One customer to call today. Items of a run become real when that run is published."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        LEASED = "leased", _("In hand")
        DONE = "done", _("Done")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    run = models.ForeignKey("customers.Run", models.CASCADE, related_name="+", db_index=False)
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")
    manager = models.ForeignKey("customers.Staff", models.CASCADE, related_name="+", db_index=False)
    rank = models.IntegerField(_("rank"))
    level = models.SmallIntegerField(_("level"))
    moment_bits = models.IntegerField(_("moments"), default=0)
    offer_id = models.IntegerField(_("suggested offer"), default=0)
    kept_fen = models.IntegerField(_("expected kept revenue"))
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.PENDING)
    lease_token = models.UUIDField(null=True)
    lease_expires_at = models.DateTimeField(null=True)
    leased_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    withdrawn_reason = models.CharField(max_length=32, blank=True)
    # Put in, or raised, by an event since the night; the desk shows it as just in.
    arrived_at = models.DateTimeField(_("arrived at"), null=True)
    # A promise that fell due is one more item, ranked below zero, so that it is claimed and leased like all others.
    callback = models.OneToOneField("Callback", models.CASCADE, null=True, related_name="queue_item")
    # The task this call is for; it stays open across nights, the item is tonight's view of it.
    dispatch = models.ForeignKey("Dispatch", models.SET_NULL, null=True, related_name="queue_items")
    call_list = models.ForeignKey("CallList", models.SET_NULL, null=True, related_name="+", verbose_name=_("call list"))
    # Queued for its list alone: it goes with the list. The night's own items only carry the list's words.
    is_for_list = models.BooleanField(default=False, db_default=False)
    # A call about the customer's own suspension, complaint or fault: it needs no consent to marketing (retention/gate.py).
    is_service = models.BooleanField(_("service"), default=False, db_default=False)
    # Others of the household whose tasks this call serves as well: customer ids.
    covers = ArrayField(models.IntegerField(), default=list, db_default=[])

    @property
    def serves(self) -> bool:
        """Return whether the call is a service to the customer: promised, or about their own case."""
        return self.callback_id is not None or self.is_service

    class Meta:
        verbose_name = _("queue item")
        verbose_name_plural = _("queue items")
        constraints = [
            models.UniqueConstraint(
                fields=["run", "customer"],
                # one that is done stays, and an event may bring the customer back
                condition=models.Q(callback__isnull=True) & ~models.Q(status="done"),
                name="queue_item_once_per_run",
            ),
            models.UniqueConstraint(
                fields=["customer"],
                condition=models.Q(status="leased"),
                name="queue_customer_leased_once",
                violation_error_message=_("Somebody else is already serving this customer."),
            ),
            models.CheckConstraint(
                condition=~models.Q(status="leased")
                | models.Q(lease_token__isnull=False, lease_expires_at__isnull=False),
                name="queue_lease_complete",
            ),
        ]
        indexes = [
            # the claim: the next pending item of one manager
            models.Index(
                fields=["manager", "run", "rank"],
                condition=models.Q(status="pending"),
                name="queue_next_of_manager",
            ),
            # the desk's counts and the team page
            models.Index(fields=["manager", "run", "status"], name="queue_of_manager_by_status"),
            # heartbeat, outcome and skip find the item by the browser's token
            models.Index(
                fields=["lease_token"],
                condition=models.Q(lease_token__isnull=False),
                name="queue_by_lease_token",
            ),
        ]


class Contact(models.Model):
    """One contact and its result: the contact log of every channel."""

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", _("Contacted, accepted")
        THINKING = "thinking", _("Thinking it over")
        REFUSED = "refused", _("Refused")
        NO_ANSWER = "no_answer", _("No answer")
        DO_NOT_CALL = "do_not_call", _("Do not call")

    class Cause(models.TextChoices):
        """Why a customer refuses or wants to leave (DOMAIN 3.9)."""

        FEE = "fee", _("Fee too high")
        COMPETITOR = "competitor", _("Competitor's offer")
        NETWORK = "network", _("Network quality")
        SERVICE = "service", _("Service or complaint not settled")
        CONTRACT_END = "contract_end", _("No offer at the end of the contract")
        UNIT_CHANGE = "unit_change", _("The unit changes as a whole")
        CIRCLE = "circle", _("Family and friends use another network")
        SECOND_SIM = "second_sim", _("Gives up a second SIM")
        HANDSET = "handset", _("New handset")
        MOVED = "moved", _("Moves away or goes abroad")
        WRONG_CHARGE = "wrong_charge", _("Wrong charge or value-added service")
        OTHER = "other", _("Other, written in the note")

    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="contacts", db_index=False)
    staff = models.ForeignKey("customers.Staff", models.PROTECT, null=True, related_name="+")
    queue_item = models.OneToOneField(QueueItem, models.PROTECT, null=True, related_name="contact")
    channel = models.CharField(_("channel"), max_length=8, default="call")
    is_outbound = models.BooleanField(default=True)
    # A promised call, or one about the customer's own case: the gate's windows do not count it.
    is_service = models.BooleanField(_("service"), default=False, db_default=False)
    started_at = models.DateTimeField(_("started at"))
    ended_at = models.DateTimeField(_("ended at"))
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome.choices)
    cause = models.CharField(_("cause"), max_length=32, choices=Cause.choices, blank=True)
    offer_id = models.IntegerField(_("offer"), default=0)
    note = models.TextField(_("note"), blank=True)
    source_key = models.CharField(max_length=96, blank=True)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.UniqueConstraint(
                fields=["source_key"],
                condition=~models.Q(source_key=""),
                name="contact_source_key_unique",
            )
        ]
        # the gate counts recent contacts of a customer; the timeline reads them
        indexes = [
            models.Index(fields=["customer", "started_at"], name="contact_by_customer_time"),
            # today's results of one manager
            models.Index(fields=["staff", "ended_at"], name="contact_by_staff_time"),
            # what was given to a customer this year: the night, the card, the 360 page
            models.Index(
                fields=["customer", "started_at"],
                condition=models.Q(outcome="accepted") & ~models.Q(offer_id=0),
                name="contact_given",
            ),
            # the day's contacts of everybody: which households were spoken to
            BrinIndex(fields=["started_at"], name="contact_by_day"),
            # the search box: words of three characters or more
            GinIndex(fields=["note"], opclasses=["gin_trgm_ops"], name="contact_note_words"),
        ]


class Callback(models.Model):
    """A promise to call back at a time; promises outrank everything in the queue."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        KEPT = "kept", _("Kept")
        CANCELLED = "cancelled", _("Cancelled")

    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="callbacks")
    manager = models.ForeignKey("customers.Staff", models.PROTECT, related_name="+", db_index=False)
    due_at = models.DateTimeField(_("due at"))
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.OPEN)
    note = models.CharField(_("note"), max_length=200, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("callback")
        verbose_name_plural = _("callbacks")
        indexes = [
            # due promises of one manager
            models.Index(fields=["manager", "due_at"], condition=models.Q(status="open"), name="callback_due")
        ]
