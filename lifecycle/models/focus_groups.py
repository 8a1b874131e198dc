"""Customers of one stage, drawn at random and convened to develop products with us (客户座谈, S-022)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from lifecycle.models.stages import Stage


class FocusGroup(models.Model):
    """One drawing: stage, size and seed say who was drawn from which night; the same three draw the same again."""

    name = models.CharField(_("name"), max_length=80)
    topic = models.CharField(_("topic"), max_length=200)
    stage = models.SmallIntegerField(_("stage"), choices=Stage.choices)
    size = models.SmallIntegerField(_("size"))
    seed = models.IntegerField(_("seed"))
    run = models.ForeignKey("customers.Run", models.PROTECT, related_name="+")
    candidates = models.IntegerField(_("customers of the stage"))
    passed_over = models.IntegerField(_("passed over: not to be contacted"))
    meets_on = models.DateField(_("meets on"), null=True, blank=True)
    created_by = models.ForeignKey("customers.Staff", models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("focus group")
        verbose_name_plural = _("focus groups")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(size__range=(3, 50)),
                name="focus_group_size_sane",
                violation_error_message=_("A focus group has 3 to 50 members."),
            ),
            models.CheckConstraint(
                condition=models.Q(stage__in=Stage.values),
                name="focus_group_stage_known",
                violation_error_message=_("A focus group is drawn from one of the five stages."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class FocusGroupMember(models.Model):
    """One customer drawn: invited or not, there or not, and the need recorded."""

    class Status(models.TextChoices):
        DRAWN = "drawn", _("Drawn")
        INVITED = "invited", _("Invited")
        DECLINED = "declined", _("Declined")
        ATTENDED = "attended", _("Was there")
        ABSENT = "absent", _("Did not come")

    group = models.ForeignKey(FocusGroup, models.CASCADE, related_name="members")
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")
    position = models.SmallIntegerField(_("drawn as number"))
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.DRAWN)
    changed_at = models.DateTimeField(null=True)
    needs = models.ManyToManyField("customers.Need", related_name="+")

    class Meta:
        verbose_name = _("member of a focus group")
        verbose_name_plural = _("members of a focus group")
        constraints = [
            models.UniqueConstraint(fields=["group", "customer"], name="focus_group_member_once"),
            models.UniqueConstraint(fields=["group", "position"], name="focus_group_position_once"),
        ]


class OfferIdea(models.Model):
    """What could answer a kind of need the group spoke of; an offer of the catalogue by its plain code, if one does."""

    group = models.ForeignKey(FocusGroup, models.CASCADE, related_name="ideas")
    kind = models.ForeignKey("customers.NeedKind", models.PROTECT, related_name="+")
    words = models.CharField(_("idea"), max_length=200)
    offer_code = models.CharField(_("offer"), max_length=32, blank=True)
    created_by = models.ForeignKey("customers.Staff", models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("offer idea")
        verbose_name_plural = _("offer ideas")
