"""What binds a customer: group account, family, calling circle, bundles."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.organisation import Branch, Staff


class GroupAccount(models.Model):
    """A unit (company, office, school) whose members are customers."""

    class GroupClass(models.IntegerChoices):
        A = 1, "A"
        B = 2, "B"
        C = 3, "C"
        D = 4, "D"

    code = models.CharField(_("group code"), max_length=64)
    name = models.CharField(_("group name"), max_length=128)
    name_pinyin = models.CharField(max_length=128, blank=True)
    name_initials = models.CharField(max_length=32, blank=True)
    group_class = models.SmallIntegerField(_("group class"), choices=GroupClass.choices)
    county = models.ForeignKey(Branch, models.PROTECT, null=True, blank=True, related_name="+")
    account_manager = models.ForeignKey(
        Staff,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="group_accounts",
        verbose_name=_("account manager"),
    )

    class Meta:
        verbose_name = _("group account")
        verbose_name_plural = _("group accounts")
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                name="group_code_unique",
                violation_error_message=_("Another group already has this code."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Family(models.Model):
    """A household paying or deciding together."""

    code = models.CharField(_("family code"), max_length=64)

    class Meta:
        verbose_name = _("family")
        verbose_name_plural = _("families")
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                name="family_code_unique",
                violation_error_message=_("Another family already has this code."),
            )
        ]

    def __str__(self) -> str:
        return self.code


class CircleTie(models.Model):
    """Two customers of ours who talk with each other: one row per pair, the lower id first, as of a month.

    Whom a customer talks with is shown to nobody (docs/imports.md); rules and pages read sums over ties only.
    """

    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+", db_index=False)
    peer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")
    month = models.DateField(_("month"), help_text=_("First day of the month they were counted in."))
    calls = models.IntegerField(_("calls"), default=0)
    minutes = models.IntegerField(_("minutes"))

    class Meta:
        verbose_name = _("tie of a calling circle")
        verbose_name_plural = _("calling circles")
        constraints = [
            # also what the 360 page walks from the lower id; from the higher one it walks the index of `peer`
            models.UniqueConstraint(fields=["customer", "peer"], name="circle_tie_once"),
            models.CheckConstraint(
                condition=models.Q(customer__lt=models.F("peer")),
                name="circle_tie_lower_id_first",
                violation_error_message=_("A tie names the lower id first."),
            ),
            models.CheckConstraint(
                condition=models.Q(calls__gte=0, minutes__gte=0),
                name="circle_tie_not_negative",
                violation_error_message=_("Nobody talks less than nothing."),
            ),
        ]


class Bundle(models.Model):
    """A contract or soft bundle of one customer; several may run side by side."""

    class Kind(models.IntegerChoices):
        PREPAID_CREDIT = 1, _("Prepaid credit")
        MINIMUM_SPEND = 2, _("Minimum spend")
        HANDSET = 3, _("Handset contract")
        GIFT = 4, _("Gift")
        DIRECT_DEBIT = 5, _("Direct debit bonus")
        GROUP_PAY = 6, _("Paid by the group")
        FAMILY_PAY = 7, _("Paid by the family")
        BROADBAND = 8, _("Broadband")
        VNET = 9, _("V-net")
        SOFT = 10, _("Soft bundle")

    class Status(models.IntegerChoices):
        ACTIVE = 1, _("Active")
        ENDED = 2, _("Ended")
        CANCELLED = 3, _("Cancelled")

    code = models.CharField(_("bundle code"), max_length=64)
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="bundles")
    product_name = models.CharField(_("product"), max_length=128)
    kind = models.SmallIntegerField(_("kind"), choices=Kind.choices)
    start_date = models.DateField(_("starts on"))
    end_date = models.DateField(_("ends on"), null=True, blank=True, help_text=_("Empty: never ends."))
    rebate_end_month = models.DateField(_("last rebate month"), null=True, blank=True)
    min_spend_fen = models.IntegerField(_("minimum spend"), default=0)
    status = models.SmallIntegerField(_("status"), choices=Status.choices, default=Status.ACTIVE)
    is_deep = models.BooleanField(_("deep contract"), default=False)

    class Meta:
        verbose_name = _("bundle")
        verbose_name_plural = _("bundles")
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                name="bundle_code_unique",
                violation_error_message=_("Another bundle already has this code."),
            ),
            models.CheckConstraint(
                condition=models.Q(end_date__isnull=True) | models.Q(end_date__gte=models.F("start_date")),
                name="bundle_ends_after_start",
                violation_error_message=_("A bundle cannot end before it starts."),
            ),
        ]
        # FK index on customer: the 360 page and the night read bundles by customer range
