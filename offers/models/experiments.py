"""Tests of offers: customers of a list, split by chance into arms, and what became of them."""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from customers import access
from customers.models import Staff

FEWEST_DAYS, MOST_DAYS = 7, 180


class ExperimentQuerySet(models.QuerySet["Experiment"]):
    def visible_to(self, user: Staff) -> ExperimentQuerySet:
        """Return the tests this person may open: all of the branch, else own ones and those with customers of the own counties."""
        scope = access.scope_of(user)
        if scope.is_everything:
            return self
        theirs = ExperimentMember.objects.filter(experiment=OuterRef("pk"), customer__county_id__in=scope.county_ids)
        return self.filter(Q(owner=user) | Exists(theirs))


class Experiment(models.Model):
    """One test of offers: whom it draws from, what it asks, how long it runs; its arms and members are rows of their own."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        RUNNING = "running", _("Running")
        ENDED = "ended", _("Ended")

    class Measure(models.TextChoices):
        KEPT = "kept", _("Share still on the network")
        REVENUE = "revenue", _("Change of the three-month bill")

    name = models.CharField(_("name"), max_length=64)
    question = models.CharField(_("question"), max_length=200)
    owner = models.ForeignKey("customers.Staff", models.PROTECT, related_name="+")
    query = models.CharField(_("drawn from"), max_length=2000, blank=True, help_text=_("Address of a customer list."))
    salt = models.CharField(max_length=32, help_text=_("Makes the draw of this test its own; never changes."))
    measure = models.CharField(_("main measure"), max_length=8, choices=Measure.choices, default=Measure.KEPT)
    days = models.SmallIntegerField(_("days"), help_text=_("From the start to the day the measure is read."))
    base_permille = models.SmallIntegerField(_("share expected without an offer, per mille"), default=0)
    effect_permille = models.SmallIntegerField(_("smallest difference worth knowing, per mille"), default=0)
    effect_fen = models.IntegerField(_("smallest difference worth knowing"), default=0)
    status = models.CharField(_("state"), max_length=8, choices=Status.choices, default=Status.DRAFT)
    created_at = models.DateTimeField(_("created at"))
    run = models.ForeignKey("customers.Run", models.PROTECT, null=True, related_name="+")
    chosen = models.IntegerField(_("customers of the list"), default=0)
    left_out = models.JSONField(_("left out"), default=dict)
    needed = models.IntegerField(_("members needed"), default=0)
    started_at = models.DateTimeField(null=True)
    started_by = models.ForeignKey("customers.Staff", models.PROTECT, null=True, related_name="+")
    started_on = models.DateField(_("first day"), null=True)
    last_day = models.DateField(_("last day"), null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey("customers.Staff", models.PROTECT, null=True, related_name="+")
    stop_reason = models.CharField(_("why it was stopped early"), max_length=200, blank=True)
    measured_run = models.ForeignKey("customers.Run", models.PROTECT, null=True, related_name="+")

    objects = ExperimentQuerySet.as_manager()

    class Meta:
        verbose_name = _("test of offers")
        verbose_name_plural = _("tests of offers")
        constraints = [
            models.CheckConstraint(
                condition=Q(days__range=(FEWEST_DAYS, MOST_DAYS)),
                name="experiment_days_sane",
                violation_error_message=_("A test runs 7 to 180 days."),
            ),
            models.CheckConstraint(
                condition=Q(
                    measure="kept",
                    base_permille__range=(1, 999),
                    effect_permille__gte=1,
                    effect_permille__lt=1000,
                )
                | Q(measure="revenue", effect_fen__gte=1),
                name="experiment_effect_given",
                violation_error_message=_("Say which difference is worth knowing, and the share it starts from."),
            ),
            models.CheckConstraint(
                condition=Q(status="draft", started_on=None, last_day=None, run=None)
                | Q(
                    ~Q(status="draft"),
                    started_on__isnull=False,
                    last_day__gt=F("started_on"),
                    run__isnull=False,
                    started_at__isnull=False,
                ),
                name="experiment_started_has_days",
                violation_error_message=_("A test that began has its night, first and last day."),
            ),
            models.CheckConstraint(
                condition=Q(status="ended", ended_at__isnull=False) | Q(~Q(status="ended"), ended_at=None),
                name="experiment_ended_has_instant",
                violation_error_message=_("Only a test that ended has an end."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def drawn(self) -> int:
        """Return how many members were drawn at the start."""
        return self.chosen - sum(self.left_out.values())

    @property
    def is_stopped(self) -> bool:
        return bool(self.stop_reason)


class ExperimentArm(models.Model):
    """One arm of a test: the offer its members get, or none (control), and its share of the members."""

    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="arms")
    position = models.SmallIntegerField()
    offer = models.ForeignKey("offers.Offer", models.PROTECT, null=True, related_name="+", verbose_name=_("offer"))
    share_permille = models.SmallIntegerField(_("share, per mille"))

    class Meta:
        verbose_name = _("arm of a test")
        verbose_name_plural = _("arms of a test")
        constraints = [
            models.UniqueConstraint(fields=["experiment", "position"], name="experiment_arm_position_once"),
            models.UniqueConstraint(
                fields=["experiment", "offer"],
                name="experiment_arm_offer_once",
                nulls_distinct=False,
                violation_error_message=_("Each offer, and the control, is one arm only."),
            ),
            models.CheckConstraint(
                condition=Q(share_permille__range=(1, 1000)),
                name="experiment_arm_share_sane",
                violation_error_message=_("The share of an arm lies between 1 and 1000 per mille."),
            ),
        ]

    @property
    def label(self) -> str:
        """Return the arm in words; only for those who may know that there is a test."""
        return self.offer.name if self.offer else str(_("Control: no offer"))


class MemberQuerySet(models.QuerySet["ExperimentMember"]):
    def counted(self) -> MemberQuerySet:
        """Return the members that count, with `main`: the record their customer is counted under today.

        Nothing is written when records are merged: the arm of an alias stands for the main record, unless that record
        was drawn itself (or is in another running test): then the main record's own arm stays, and the alias is left
        out until the merge is undone. Of two aliases the older one stays.
        """
        return self.with_main().exclude(Exists(_preferred()))

    def merged_away(self) -> MemberQuerySet:
        """Return the members that do not count because their record was merged with another member's."""
        return self.with_main().filter(Exists(_preferred()))

    def with_main(self) -> MemberQuerySet:
        """Return the members with `main`, the record that counts."""
        return self.annotate(main=Coalesce("customer__merged_into_id", "customer_id"))

    def visible_to(self, user: Staff) -> MemberQuerySet:
        """Return the members among the customers this person may see."""
        scope = access.scope_of(user)
        if scope.is_everything:
            return self
        if scope.manager_id is not None:
            return self.filter(customer__manager_id=scope.manager_id)
        return self.filter(customer__county_id__in=scope.county_ids)


class ExperimentMember(models.Model):
    """One customer drawn, with the arm fixed at the start, and what the newest night of the test said of him.

    `is_held` while the test runs: a customer is in at most one running test.
    """

    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="members")
    arm = models.ForeignKey(ExperimentArm, models.PROTECT, related_name="members")
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")
    is_held = models.BooleanField(default=True)
    base_cum3_fen = models.BigIntegerField(_("three-month bill at the start"))
    offered_on = models.DateField(_("first suggested on"), null=True)
    is_kept = models.BooleanField(_("on the network"), null=True)
    cum3_fen = models.BigIntegerField(_("three-month bill"), null=True)

    objects = MemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("member of a test")
        verbose_name_plural = _("members of a test")
        constraints = [
            models.UniqueConstraint(fields=["experiment", "customer"], name="experiment_member_once"),
            # also the index by which the night reads a range of customers
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(is_held=True),
                name="experiment_member_one_running_test",
                violation_error_message=_("This customer is in another running test."),
            ),
        ]


def _preferred() -> MemberQuerySet:
    """Return the members that stand before another one of the same customer, for a subquery on it."""
    same_test = Q(experiment=OuterRef("experiment"))
    both_run = Q(is_held=True) & Q(is_held=OuterRef("is_held"))
    main = OuterRef("customer__merged_into")
    itself = Q(customer_id=main)
    older_alias = Q(customer__merged_into=main, customer_id__lt=OuterRef("customer_id"))
    return ExperimentMember.objects.filter(same_test | both_run, itself | older_alias)
