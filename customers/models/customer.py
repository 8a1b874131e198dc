"""One row per number in use by one user; the door to it is `Customer.objects.visible_to(user)`."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Right
from django.utils.translation import gettext_lazy as _

from customers import access
from customers.models.organisation import Branch, Staff
from customers.models.relations import Family, GroupAccount


class CustomerQuerySet(models.QuerySet["Customer"]):
    def visible_to(self, user: Staff) -> CustomerQuerySet:
        """Return the customers this person may see; nobody else's exist for them."""
        scope = access.scope_of(user)
        if scope.is_everything:
            return self
        if scope.manager_id is not None:
            return self.filter(manager_id=scope.manager_id)
        return self.filter(county_id__in=scope.county_ids)


class Customer(models.Model):
    """A customer's profile. `id` is dense from 1 and never reused: bucket and slot are computed from it."""

    class State(models.IntegerChoices):
        NORMAL = 1, _("In service")
        ONE_WAY = 2, _("One-way suspended")
        SUSPENDED = 3, _("Suspended")
        KEEP_NUMBER = 4, _("Number kept")
        PRE_CANCEL = 5, _("Pre-cancelled")
        CANCELLED_ACTIVE = 6, _("Cancelled on request")
        CANCELLED_ARREARS = 7, _("Cancelled for arrears")
        PORTED_OUT = 8, _("Ported out")

    IN_NETWORK = (State.NORMAL, State.ONE_WAY, State.SUSPENDED, State.KEEP_NUMBER, State.PRE_CANCEL)

    class VipCard(models.IntegerChoices):
        NONE = 0, _("No card")
        SILVER = 1, _("Silver card")
        GOLD = 2, _("Gold card")
        DIAMOND = 3, _("Diamond card")

    class Brand(models.IntegerChoices):
        OTHER = 0, _("Other brand")
        GOTONE = 1, _("GoTone")
        EASYOWN = 2, _("Easyown")
        MZONE = 3, _("M-Zone")

    class PayMode(models.IntegerChoices):
        UNKNOWN = 0, _("Unknown")
        CASH = 1, _("Cash")
        BANK_COLLECTION = 2, _("Bank collection")
        BANK_DEBIT = 3, _("Direct debit")
        GROUP_UNIFIED = 4, _("Paid by the group")
        FAMILY = 5, _("Paid by the family")

    class BroadbandCarrier(models.IntegerChoices):
        NONE = 0, _("No broadband")
        OWN = 1, _("Own broadband")
        COMPETITOR = 2, _("Competitor's broadband")

    class DualSim(models.IntegerChoices):
        UNKNOWN = 0, _("Unknown")
        SINGLE = 1, _("Single SIM")
        BOTH_OURS = 2, _("Two SIMs, both ours")
        OURS_MAIN = 3, _("Ours first, competitor second")
        OTHER_MAIN = 4, _("Competitor first, ours second")

    class FamilyRole(models.IntegerChoices):
        NONE = 0, _("No family")
        DECIDER = 1, _("Decision maker")
        PAYER = 2, _("Payer")
        MEMBER = 3, _("Member")

    class Vnet(models.IntegerChoices):
        NONE = 0, _("No V-net")
        ORDERED = 1, _("V-net, not used lately")
        ACTIVE = 2, _("V-net in use")

    class Answer(models.IntegerChoices):
        """A yes or no that a branch may not know."""

        UNKNOWN = 0, _("Unknown")
        NO = 1, _("No")
        YES = 2, _("Yes")

    class StopReason(models.IntegerChoices):
        """Why a line is suspended, as far as the state code says."""

        UNKNOWN = 0, _("Unknown")
        ARREARS = 1, _("Arrears")
        REQUEST = 2, _("On request")
        LOST = 3, _("Lost or stolen")
        HIGH_AMOUNT = 4, _("Unusually high amount")
        OPERATOR = 5, _("By the operator")

    class Loyalty(models.IntegerChoices):
        UNKNOWN = 0, _("Loyalty unknown")
        ACTIVE = 1, _("Active loyalty")
        PASSIVE = 2, _("Passive loyalty")

    id = models.IntegerField(primary_key=True)
    user_code = models.CharField(_("user code"), max_length=64)
    cust_code = models.CharField(_("customer number"), max_length=64, blank=True)
    msisdn = models.CharField(_("phone number"), max_length=20)
    number_hash = models.CharField(max_length=32, blank=True, help_text=_("Keyed hash of the number, for look-ups."))
    name = models.CharField(_("name"), max_length=64, blank=True)
    name_pinyin = models.CharField(max_length=128, blank=True)
    name_initials = models.CharField(max_length=32, blank=True)
    gender = models.SmallIntegerField(_("gender"), default=0)
    birth_date = models.DateField(_("birth date"), null=True, blank=True)
    join_date = models.DateField(_("joined on"))
    county = models.ForeignKey(Branch, models.PROTECT, related_name="+", verbose_name=_("county"))
    hall = models.ForeignKey(Branch, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("hall"))
    brand = models.SmallIntegerField(_("brand"), choices=Brand.choices, default=Brand.OTHER)
    plan_name = models.CharField(_("plan"), max_length=64, blank=True)
    plan_fee_fen = models.IntegerField(_("plan fee"), default=0)
    next_plan_fee_fen = models.IntegerField(_("plan fee from next month"), null=True, blank=True)
    data_quota_mb = models.IntegerField(_("data quota"), default=0)
    voice_quota_min = models.IntegerField(_("voice quota"), default=0)
    state = models.SmallIntegerField(_("state"), choices=State.choices, default=State.NORMAL)
    stop_reason = models.SmallIntegerField(
        _("reason of the suspension"), choices=StopReason.choices, default=StopReason.UNKNOWN
    )
    state_changed_on = models.DateField(_("state changed on"), null=True, blank=True)
    leave_date = models.DateField(_("left on"), null=True, blank=True)
    is_signed = models.BooleanField(_("signed"), default=True)
    is_real_name = models.BooleanField(_("real name registered"), default=True)
    vip_card = models.SmallIntegerField(_("card"), choices=VipCard.choices, default=VipCard.NONE)
    star_level = models.SmallIntegerField(_("star level"), default=0)
    credit_score = models.IntegerField(_("credit score"), null=True, blank=True)
    pay_mode = models.SmallIntegerField(_("payment"), choices=PayMode.choices, default=PayMode.UNKNOWN)
    balance_fen = models.IntegerField(_("balance"), null=True, blank=True, help_text=_("Empty: not known."))
    points = models.IntegerField(_("points"), null=True, blank=True)
    points_expiring = models.IntegerField(_("points about to expire"), default=0)
    points_expire_on = models.DateField(_("points expire on"), null=True, blank=True)
    is_special = models.BooleanField(_("special user"), default=False)
    is_red_listed = models.BooleanField(_("red list"), default=False)
    is_black_listed = models.BooleanField(_("black list"), default=False)
    is_sensitive = models.BooleanField(_("sensitive"), default=False)
    broadband_carrier = models.SmallIntegerField(
        _("broadband"), choices=BroadbandCarrier.choices, default=BroadbandCarrier.NONE
    )
    broadband_expires_on = models.DateField(_("broadband ends on"), null=True, blank=True)
    is_address_covered = models.SmallIntegerField(_("address covered"), choices=Answer.choices, default=Answer.UNKNOWN)
    plan_is_5g = models.SmallIntegerField(_("5G plan"), choices=Answer.choices, default=Answer.UNKNOWN)
    sim_is_5g = models.SmallIntegerField(_("5G SIM"), choices=Answer.choices, default=Answer.UNKNOWN)
    handset_is_5g = models.SmallIntegerField(_("5G handset"), choices=Answer.choices, default=Answer.UNKNOWN)
    handset_changed_on = models.DateField(_("handset changed on"), null=True, blank=True)
    handset_model = models.CharField(_("handset"), max_length=64, blank=True)
    handset_months = models.SmallIntegerField(_("months with this handset"), default=0)
    dual_sim = models.SmallIntegerField(_("dual SIM"), choices=DualSim.choices, default=DualSim.UNKNOWN)
    last_call_date = models.DateField(_("last call on"), null=True, blank=True)
    family = models.ForeignKey(
        Family,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="members",
        verbose_name=_("family"),
    )
    family_role = models.SmallIntegerField(_("family role"), choices=FamilyRole.choices, default=FamilyRole.NONE)
    group = models.ForeignKey(
        GroupAccount,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="members",
        verbose_name=_("group"),
    )
    is_key_person = models.BooleanField(_("key person"), default=False)
    duty = models.CharField(_("duty"), max_length=64, blank=True)
    vnet = models.SmallIntegerField(_("V-net"), choices=Vnet.choices, default=Vnet.NONE)
    occupation = models.CharField(_("occupation"), max_length=64, blank=True)
    industry = models.CharField(_("industry"), max_length=64, blank=True)
    interests = models.CharField(_("interests"), max_length=128, blank=True)
    loyalty = models.SmallIntegerField(_("loyalty"), choices=Loyalty.choices, default=Loyalty.UNKNOWN)
    manager = models.ForeignKey(
        Staff,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="portfolio",
        verbose_name=_("phone manager"),
    )

    missing_since = models.DateField(_("missing in extracts since"), null=True, blank=True)
    # A second record of the same person's same line: everything of it is shown and counted with the other one.
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="aliases", verbose_name=_("merged into")
    )

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        constraints = [
            models.UniqueConstraint(
                fields=["user_code"],
                name="customer_user_code_unique",
                violation_error_message=_("Another customer already has this user code."),
            ),
            models.UniqueConstraint(
                fields=["msisdn"],
                condition=models.Q(state__lte=5),
                name="customer_number_in_use_once",
                violation_error_message=_("This number is already in use by another customer."),
            ),
            models.CheckConstraint(
                condition=models.Q(id__gte=1),
                name="customer_id_from_one",
                violation_error_message=_("Customer ids start at 1."),
            ),
            models.CheckConstraint(
                condition=models.Q(merged_into__isnull=True) | ~models.Q(merged_into=models.F("id")),
                name="customer_not_merged_into_itself",
                violation_error_message=_("A customer cannot be merged into itself."),
            ),
            models.CheckConstraint(
                condition=models.Q(leave_date__isnull=True) | models.Q(state__gte=5),
                name="customer_leave_date_only_when_left",
                violation_error_message=_("Only a customer who left has a leaving date."),
            ),
        ]
        indexes = [
            # the desk's portfolio and the phone manager's scope
            models.Index(fields=["manager", "id"], name="customer_by_manager"),
            # the analyst's county scope
            models.Index(fields=["county", "id"], name="customer_by_county"),
            # an import's look-up of a number, also of somebody who left
            models.Index(fields=["msisdn"], name="customer_by_number"),
            # the search box (customers/search.py): a full number by its hash; the last four digits; names by prefix
            models.Index(fields=["number_hash"], name="customer_by_number_hash"),
            models.Index(fields=["name"], opclasses=["varchar_pattern_ops"], name="customer_by_name"),
            models.Index(fields=["name_pinyin"], opclasses=["varchar_pattern_ops"], name="customer_by_pinyin"),
            models.Index(fields=["name_initials"], opclasses=["varchar_pattern_ops"], name="customer_by_initials"),
            # the other numbers of a person
            models.Index(fields=["cust_code"], condition=~models.Q(cust_code=""), name="customer_by_person"),
            models.Index(Right("msisdn", 4), name="customer_by_number_tail"),
            # the night asks who left a group or a family lately
            models.Index(
                fields=["leave_date"], condition=models.Q(leave_date__isnull=False), name="customer_by_leave_date"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
