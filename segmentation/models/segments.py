"""Segments people make: a rule in versions, the members of the last nights, the size of every night."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers import access
from customers.models import Staff


class SegmentQuerySet(models.QuerySet["Segment"]):
    def visible_to(self, user: Staff) -> SegmentQuerySet:
        """Return the segments this person may open: a phone manager sees common ones and the own circles."""
        if access.scope_of(user).manager_id is None:
            return self
        return self.filter(models.Q(is_circle=False) | models.Q(owner=user))

    def with_rule(self) -> SegmentQuerySet:
        """Add `rule`, the tree of the version in force."""
        current = SegmentVersion.objects.filter(segment=models.OuterRef("pk"), number=models.OuterRef("version"))
        return self.annotate(rule=models.Subquery(current.values("rule")))


class Segment(models.Model):
    """A named group of customers by rule; `version` is the number of the rule in force."""

    name = models.CharField(_("name"), max_length=64)
    meaning = models.CharField(_("meaning"), max_length=200, blank=True)
    owner = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name=_("owner"))
    is_locked = models.BooleanField(_("locked"), default=False, help_text=_("Only its owner may change it."))
    locked_until = models.DateField(
        _("locked until"), null=True, blank=True, help_text=_("The last day of the lock; empty: until it is unlocked.")
    )
    is_active = models.BooleanField(_("in use"), default=True)
    is_circle = models.BooleanField(
        _("circle"), default=False, help_text=_("A phone manager's own: customers of that portfolio only.")
    )
    version = models.IntegerField(_("version"), default=1)

    rule: dict[str, Any]  # by `with_rule`

    objects = SegmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        constraints = [
            models.UniqueConstraint(
                fields=["name", "owner"],
                condition=models.Q(is_active=True),
                name="segment_name_once_per_owner",
                violation_error_message=_("You already have a segment with this name."),
            ),
            models.CheckConstraint(
                condition=models.Q(is_locked=True) | models.Q(locked_until=None), name="segment_open_has_no_last_day"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def is_locked_on(self, day: dt.date) -> bool:
        """Return whether the lock holds that day; one with a last day opens by itself the day after."""
        return self.is_locked and (self.locked_until is None or day <= self.locked_until)


class SegmentVersion(models.Model):
    """One rule of a segment, as it was saved; never changed afterwards."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="versions")
    number = models.IntegerField(_("version"))
    rule = models.JSONField(_("rule"), help_text=_("Tree of segmentation/segments.py."))
    created_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name=_("created by"))
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("version of a segment")
        verbose_name_plural = _("versions of segments")
        constraints = [models.UniqueConstraint(fields=["segment", "number"], name="segment_version_once")]


class SegmentMember(models.Model):
    """A customer was in a segment in a run. Kept for the current run and the last one of an earlier day.

    Written by the hundred thousand in one statement: no foreign key is checked per row.
    """

    pk = models.CompositePrimaryKey("segment_id", "run_id", "customer_id")
    segment = models.ForeignKey(Segment, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False)
    run = models.ForeignKey("customers.Run", models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False)
    customer = models.ForeignKey(
        "customers.Customer", models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        verbose_name = _("member of a segment")
        verbose_name_plural = _("members of segments")


class SegmentSize(models.Model):
    """Customers of a segment in one county on one day, exact; who came and went since the day before it."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="sizes")
    run = models.ForeignKey("customers.Run", models.CASCADE, related_name="+")
    as_of = models.DateField(_("as of"))
    version = models.IntegerField(_("version"))
    county_id = models.IntegerField(help_text=_("0: the segment was counted, and nobody is in it."))
    customers = models.IntegerField(_("customers"))
    entered = models.IntegerField(_("entered"))
    left = models.IntegerField(_("left"))
    # on the network on the counted day before, and of them still: members then, and everybody else
    members_before = models.IntegerField(_("members before"), default=0)
    members_stayed = models.IntegerField(_("members who stayed"), default=0)
    others_before = models.IntegerField(_("others before"), default=0)
    others_stayed = models.IntegerField(_("others who stayed"), default=0)
    reasons = models.JSONField(
        _("reasons"), default=dict, help_text=_("entered and left -> reason -> customers, see cvm/segments/reasons.py")
    )

    class Meta:
        verbose_name = _("size of a segment")
        verbose_name_plural = _("sizes of segments")
        constraints = [
            models.UniqueConstraint(fields=["segment", "as_of", "county_id"], name="segment_size_once_a_day"),
            models.CheckConstraint(
                condition=models.Q(customers__gte=models.F("entered")), name="segment_size_holds_who_entered"
            ),
            models.CheckConstraint(
                condition=models.Q(members_before__gte=models.F("members_stayed"))
                & models.Q(others_before__gte=models.F("others_stayed")),
                name="segment_size_stayed_of_before",
            ),
        ]
