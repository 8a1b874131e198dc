"""One schema for every task: phone desk, hall, account manager, hotline, message outbox and API (DOMAIN 2.3).

A row is one key moment of one customer (or a warning without a moment) handed to somebody, as it was decided then. Of
a customer's open tasks one leads and is shown; the others are its talking points.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from callcenter.models.desk import Contact
from callcenter.ways import MESSAGES
from customers import access
from customers.models import Staff
from lifecycle.models import MomentKind
from retention.gate import Purpose

OPEN_STATUSES = ("open", "accepted")
IS_OPEN = Q(status__in=OPEN_STATUSES)
OUTBOUND = ("call", "visit", "hotline")  # channels by which we go to the customer; the hotline that has a task calls


class DispatchQuerySet(models.QuerySet["Dispatch"]):
    def open(self) -> DispatchQuerySet:
        """Return the tasks that wait for a result."""
        return self.filter(IS_OPEN)

    def visible_to(self, user: Staff) -> DispatchQuerySet:
        """Return the tasks this person may see.

        A phone manager sees those of the own portfolio or handed to them, an account manager those handed or copied
        to them and a colleague's that are late, a hall clerk the hall tasks of the own hall (of the county where no hall is
        known), a hotline agent the hotline's of their counties, all others those of their counties.
        """
        scope = access.scope_of(user)
        if user.role == access.PHONE:
            return self.filter(Q(owner=user) | Q(manager_id=user.pk))
        if user.role == access.ACCOUNT:
            stands_in = Q(backup_owner=user, escalated_at__isnull=False)
            return self.filter(Q(owner=user) | Q(copied_to=user) | stands_in)
        if user.role == access.HALL:
            units = (user.branch_id, getattr(user.branch, "parent_id", None))
            return self.filter(owner_role=Dispatch.OwnerRole.HALL, owner_unit__in=[unit for unit in units if unit])
        found = self.filter(owner_role=Dispatch.OwnerRole.HOTLINE) if user.role == access.HOTLINE else self
        return found if scope.is_everything else found.filter(county_id__in=scope.county_ids)


class Dispatch(models.Model):
    """A task (派单任务): who does what for whom until when, why, and what came of it. Written once, closed once."""

    class Status(models.TextChoices):
        OPEN = "open", _("Issued")
        ACCEPTED = "accepted", _("Accepted")
        CLOSED = "closed", _("Closed")
        CONTROL = "control", _("Control group: not contacted")

    class Result(models.TextChoices):
        ACCEPTED = "accepted", _("Contacted, accepted")
        THINKING = "thinking", _("Thinking it over")
        REFUSED = "refused", _("Refused")
        DO_NOT_CALL = "do_not_call", _("Do not call")
        NOT_REACHED = "not_reached", _("Not reached")
        HANDLED = "handled", _("Handled")
        SENT = "sent", _("Message sent")
        RESOLVED = "resolved", _("Settled without us, by the data")
        LEFT = "left", _("Left the network")
        EXPIRED = "expired", _("Expired without a result")
        SUPERSEDED = "superseded", _("No longer true by a later night of the day")

    OwnerRole = MomentKind.Owner
    Channel = MomentKind.Channel

    # what it is about; the night writes many, so what it refers to for certain is not checked row by row
    run = models.ForeignKey(
        "customers.Run", models.CASCADE, null=True, related_name="+", db_index=False, db_constraint=False
    )
    event = models.ForeignKey("customers.Event", models.SET_NULL, null=True, related_name="+", db_index=False)
    customer = models.ForeignKey(
        "customers.Customer", models.CASCADE, related_name="tasks", db_index=False, db_constraint=False
    )
    kind = models.ForeignKey(
        MomentKind, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    # what the group department was given from a call list; no moment then (callcenter/group_tasks.py)
    call_list = models.ForeignKey("CallList", models.SET_NULL, null=True, related_name="tasks")
    # whom to speak with: the household's decision maker; empty means the customer
    receiver = models.ForeignKey(
        "customers.Customer", models.SET_NULL, null=True, related_name="+", db_index=False, db_constraint=False
    )
    is_lead = models.BooleanField(_("shown task"), default=False)
    priority = models.SmallIntegerField(_("priority"), default=0)  # callcenter/arbitration.py
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.OPEN)
    # the customer as the night knew them
    county_id = models.IntegerField(default=0)
    manager_id = models.IntegerField(default=0)
    code = models.SmallIntegerField(default=0)
    layer = models.SmallIntegerField(default=0)
    stage = models.SmallIntegerField(default=0)
    warning = models.SmallIntegerField(default=0)
    score = models.SmallIntegerField(default=0)
    reason_1 = models.SmallIntegerField(default=0)
    reason_2 = models.SmallIntegerField(default=0)
    reason_3 = models.SmallIntegerField(default=0)
    value_1 = models.IntegerField(default=0)
    value_2 = models.IntegerField(default=0)
    value_3 = models.IntegerField(default=0)
    kept_fen = models.IntegerField(default=0)
    arpu_fen = models.IntegerField(default=0)
    # the moment and its evidence
    level = models.SmallIntegerField(_("level"), choices=MomentKind.Level.choices)
    value = models.IntegerField(_("evidence value"), default=0)
    reference = models.IntegerField(_("compared with"), default=0)
    detected_at = models.DateTimeField(_("detected at"))
    due_at = models.DateTimeField(_("deadline"))
    expires_at = models.DateTimeField(_("expires at"))
    # who, by which way, with what
    channel = models.CharField(_("channel"), max_length=16, choices=MomentKind.Channel.choices)
    # the playbook's channel where the customer's consent forbade it and another was taken
    wanted_channel = models.CharField(
        _("channel wanted"), max_length=16, choices=MomentKind.Channel.choices, blank=True, default="", db_default=""
    )
    owner_role = models.CharField(_("owner"), max_length=16, choices=MomentKind.Owner.choices)
    owner = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", db_index=False)
    owner_unit = models.ForeignKey("customers.Branch", models.PROTECT, null=True, related_name="+", db_index=False)
    backup_owner = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", db_index=False)
    copied_to = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", db_index=False)
    script_version = models.IntegerField(_("script version"), default=1)
    # [{"offer": id, "cost_fen": …, "authority": the role that may grant it}], best first, at most three
    offers = models.JSONField(_("recommended offers"), default=list)
    gate_rule = models.CharField(_("contact rule"), max_length=16, blank=True)
    gate_next_at = models.DateTimeField(_("contact allowed from"), null=True)
    # what came of it
    related_orders = models.JSONField(_("related orders"), default=list)
    delivered_at = models.DateTimeField(_("delivered at"), null=True)  # on a desk, a list or in the outbox
    attempted_at = models.DateTimeField(_("first contact at"), null=True)
    accepted_at = models.DateTimeField(_("accepted at"), null=True)
    # whoever works it contacts the household on this day: nobody else does (callcenter/home_day.py)
    held_at = models.DateTimeField(_("contact held at"), null=True)
    escalated_at = models.DateTimeField(_("escalated at"), null=True)
    dials = models.SmallIntegerField(_("calls nobody took"), default=0)
    seconds = models.IntegerField(_("seconds spent"), default=0)
    result = models.CharField(_("result"), max_length=12, choices=Result.choices, blank=True)
    cause = models.CharField(_("cause"), max_length=32, choices=Contact.Cause.choices, blank=True)
    next_contact_at = models.DateTimeField(_("next contact"), null=True)
    closed_at = models.DateTimeField(_("closed at"), null=True)
    closed_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", db_index=False)
    satisfaction = models.SmallIntegerField(_("satisfaction"), null=True)

    objects = DispatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "kind"],
                condition=IS_OPEN,
                nulls_distinct=False,
                name="dispatch_open_once_per_kind",
                violation_error_message=_("This customer already has an open task of this kind."),
            ),
            models.UniqueConstraint(
                fields=["customer"],
                condition=IS_OPEN & Q(is_lead=True),
                name="dispatch_one_shown",
                violation_error_message=_("One open task of a customer is shown; the others are its talking points."),
            ),
            models.CheckConstraint(
                condition=~Q(status="closed") | (~Q(result="") & Q(closed_at__isnull=False)),
                name="dispatch_closed_with_result",
                violation_error_message=_("No task closes without a result."),
            ),
            models.CheckConstraint(
                condition=Q(status="closed") | Q(result="", closed_at__isnull=True),
                name="dispatch_result_only_when_closed",
            ),
            models.CheckConstraint(
                condition=Q(satisfaction__isnull=True) | Q(satisfaction__range=(1, 5)),
                name="dispatch_satisfaction_one_to_five",
            ),
        ]
        indexes = [
            # a person's list, and the team's: what is due first
            models.Index(fields=["owner", "due_at"], condition=IS_OPEN & Q(is_lead=True), name="dispatch_of_owner"),
            models.Index(
                fields=["owner_unit", "due_at"],
                condition=IS_OPEN & Q(is_lead=True, owner_unit__isnull=False),
                name="dispatch_of_unit",
            ),
            # the outbox: messages waiting for a sender; the leader's overdue list
            models.Index(fields=["channel", "due_at"], condition=IS_OPEN & Q(is_lead=True), name="dispatch_waiting"),
            # the night's range of customers, the timeline, the card
            models.Index(fields=["customer", "detected_at"], name="dispatch_by_customer"),
            # the scoreboard's period
            models.Index(fields=["detected_at", "kind"], name="dispatch_by_day"),
        ]

    @staticmethod
    def lead_filter() -> Q:
        """Return the condition of the tasks people see in their lists."""
        return IS_OPEN & Q(is_lead=True)

    @property
    def purpose(self) -> Purpose:
        """Return what a contact about this task is to the gate."""
        return Purpose.SERVICE if self.kind and self.kind.is_service else Purpose.MARKETING

    @property
    def is_message(self) -> bool:
        """Return whether the task waits in the outbox for a sender."""
        return self.channel in MESSAGES

    @property
    def may_wait(self) -> bool:
        """Return whether we go to the customer to sell: such a contact waits for the household's one of the day."""
        return self.channel in OUTBOUND and self.purpose == Purpose.MARKETING

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES

    def holds_today(self, at: Any) -> bool:
        """Return whether the household's contact of the day is this task's."""
        return self.is_open and self.held_at is not None and timezone.localdate(self.held_at) == timezone.localdate(at)

    def is_overdue(self, at: Any) -> bool:
        """Return whether the deadline passed before anybody closed it."""
        return bool((self.closed_at or at) > self.due_at)


class DispatchDraft(models.Model):
    """A task a night proposes; becomes a Dispatch when the run is published. Fixed width, 0 = none: written by COPY."""

    run = models.ForeignKey("customers.Run", models.CASCADE, related_name="+", db_constraint=False)
    customer_id = models.IntegerField()
    kind_id = models.BigIntegerField()
    is_lead = models.BooleanField()
    is_control = models.BooleanField()
    priority = models.SmallIntegerField()
    county_id = models.IntegerField()
    manager_id = models.IntegerField()
    code = models.SmallIntegerField()
    layer = models.SmallIntegerField()
    stage = models.SmallIntegerField()
    warning = models.SmallIntegerField()
    score = models.SmallIntegerField()
    reason_1 = models.SmallIntegerField()
    reason_2 = models.SmallIntegerField()
    reason_3 = models.SmallIntegerField()
    value_1 = models.IntegerField()
    value_2 = models.IntegerField()
    value_3 = models.IntegerField()
    kept_fen = models.IntegerField()
    arpu_fen = models.IntegerField()
    level = models.SmallIntegerField()
    value = models.IntegerField()
    reference = models.IntegerField()
    deadline_hours = models.SmallIntegerField()
    channel = models.SmallIntegerField()  # place in task_terms.CHANNELS
    wanted_channel = models.SmallIntegerField(default=0, db_default=0)  # the place refused, 0 = the one taken
    owner_role = models.SmallIntegerField()  # place in task_terms.ROLES
    owner_id = models.IntegerField()
    unit_id = models.IntegerField()
    copied_id = models.IntegerField()
    offer_1 = models.IntegerField()
    offer_2 = models.IntegerField()
    offer_3 = models.IntegerField()
    is_resting = models.BooleanField()
    settles = models.BooleanField(default=False)  # no new task: the data show that the open one of this kind is settled

    class Meta:
        verbose_name = _("proposed task")
        verbose_name_plural = _("proposed tasks")
