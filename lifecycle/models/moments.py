"""Which key moments exist, and which have happened to whom."""

from __future__ import annotations

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class MomentKind(models.Model):
    """The row beside each module in lifecycle/moments/: names, deadline, cool-down, script. Editable."""

    class Category(models.TextChoices):
        CARE = "A", _("Care")
        MARKETING = "B", _("Marketing")
        RETENTION = "C", _("Warning and retention")

    class Level(models.IntegerChoices):
        NORMAL = 0, _("Normal")
        YELLOW = 1, _("Yellow")
        ORANGE = 2, _("Orange")
        RED = 3, _("Red")

    class Repeats(models.TextChoices):
        PLAIN = "plain", _("Silent for the whole cool-down")
        STEPWISE = "stepwise", _("A graver level speaks during the cool-down")
        PER_CASE = "case", _("Another case or change speaks during the cool-down")

    class Owner(models.TextChoices):
        PHONE_MANAGER = "phone_manager", _("Phone manager")
        ACCOUNT_MANAGER = "account_manager", _("Account manager")
        HALL = "hall", _("Hall")
        HOTLINE = "hotline", _("Hotline")
        NETWORK = "network", _("Network department")
        SYSTEM = "system", _("Automatic")

    class Channel(models.TextChoices):
        CALL = "call", _("Call")
        SMS = "sms", _("SMS")
        APP = "app", _("App message")
        CHAT = "chat", _("Enterprise chat")
        IVR = "ivr", _("Voice menu")
        VISIT = "visit", _("Visit")
        IN_CONTACT = "in_contact", _("In the same contact")
        HOTLINE = "hotline", _("Hotline 10086")
        NONE = "none", _("No contact")

    code = models.CharField(_("code"), max_length=4, unique=True)
    bit = models.SmallIntegerField(_("bit in Standing.moments"), unique=True)
    category = models.CharField(_("category"), max_length=1, choices=Category.choices)
    name_zh = models.CharField(max_length=64)
    name_en = models.CharField(max_length=64)
    action_zh = models.CharField(max_length=200)
    action_en = models.CharField(max_length=200)
    script_zh = models.TextField()
    script_en = models.TextField()
    closing_zh = models.CharField(max_length=200, blank=True)
    closing_en = models.CharField(max_length=200, blank=True)
    evidence_zh = models.CharField(max_length=120, blank=True)
    evidence_en = models.CharField(max_length=120, blank=True)
    cool_down_days = models.SmallIntegerField(_("cool-down, days"))
    repeats = models.CharField(_("within the cool-down"), max_length=8, choices=Repeats.choices, default=Repeats.PLAIN)
    thresholds = models.JSONField(
        _("thresholds"), default=dict, blank=True, help_text=_("Only those that differ from the defaults.")
    )
    owner_role = models.CharField(_("owner"), max_length=16, choices=Owner.choices, default=Owner.PHONE_MANAGER)
    backup_role = models.CharField(_("next in line"), max_length=16, choices=Owner.choices, blank=True)
    channel_ab = models.CharField(
        _("channel for A and B"), max_length=16, choices=Channel.choices, default=Channel.CALL
    )
    channel_c = models.CharField(_("channel for C"), max_length=16, choices=Channel.choices, default=Channel.SMS)
    channel_strategic = models.CharField(
        _("channel for the strategic layer"),
        max_length=16,
        choices=Channel.choices,
        blank=True,
        help_text=_("Empty: that of A and B."),
    )
    # suspension, complaint, fault: the contact serves the customer and needs no consent to marketing (DOMAIN 5.2);
    # laid with the catalogue and not editable, so that nobody calls selling a service
    is_service = models.BooleanField(_("service"), default=False, db_default=False)
    is_enabled = models.BooleanField(_("enabled"), default=True)
    counties = models.ManyToManyField(
        "customers.Branch",
        related_name="+",
        blank=True,
        verbose_name=_("counties"),
        help_text=_("Where it is on; none: everywhere."),
    )
    needs_tag = models.ForeignKey(
        "customers.Tag", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("only with tag")
    )
    not_for_tag = models.ForeignKey(
        "customers.Tag", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("not with tag")
    )
    version = models.IntegerField(_("version"), default=1)
    updated_at = models.DateTimeField(_("changed at"), null=True, blank=True)
    updated_by = models.ForeignKey(
        "customers.Staff", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("changed by")
    )

    class Meta:
        verbose_name = _("moment kind")
        verbose_name_plural = _("moment kinds")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(cool_down_days__gte=0),
                name="moment_kind_cool_down_not_negative",
                violation_error_message=_("A cool-down cannot be shorter than no day."),
            ),
            models.CheckConstraint(
                condition=models.Q(needs_tag__isnull=True) | ~models.Q(needs_tag=models.F("not_for_tag")),
                name="moment_kind_tags_differ",
                violation_error_message=_("A key moment cannot ask for a tag and shut it out at once."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.name_en if get_language() == "en" else self.name_zh

    @property
    def action(self) -> str:
        return self.action_en if get_language() == "en" else self.action_zh

    @property
    def script(self) -> str:
        return self.script_en if get_language() == "en" else self.script_zh

    @property
    def closing(self) -> str:
        return self.closing_en if get_language() == "en" else self.closing_zh

    @property
    def evidence(self) -> str:
        return self.evidence_en if get_language() == "en" else self.evidence_zh


class KeyMoment(models.Model):
    """A moment of one customer: what fired, with the values that fired it.

    Found by a night, or within seconds of an event: then `event` and `found_at` say so, and `run` is the published
    night it was judged against.

    The night writes them by the hundred thousand: no foreign key is checked per row, no index is there twice.
    """

    run = models.ForeignKey("customers.Run", models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    customer = models.ForeignKey(
        "customers.Customer",
        models.CASCADE,
        related_name="moments",
        db_index=False,
        db_constraint=False,
    )
    kind = models.ForeignKey(MomentKind, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    detected_on = models.DateField(_("detected on"))
    level = models.SmallIntegerField(_("level"), choices=MomentKind.Level.choices)
    deadline_hours = models.SmallIntegerField(_("deadline, hours"))
    value = models.IntegerField(_("evidence value"))
    reference = models.IntegerField(_("compared with"))
    event = models.ForeignKey(
        "customers.Event", models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False
    )
    found_at = models.DateTimeField(_("found at"), null=True)

    class Meta:
        verbose_name = _("key moment")
        verbose_name_plural = _("key moments")
        constraints = [
            models.UniqueConstraint(
                fields=["run", "customer", "kind"],
                condition=models.Q(found_at__isnull=True),
                name="key_moment_once_per_run",
            ),
            # the publication looks at what was found while its night was at work
            models.UniqueConstraint(
                fields=["found_at", "customer", "kind"],
                condition=models.Q(found_at__isnull=False),
                name="key_moment_once_per_event",
            ),
        ]
        # the timeline and the night's cool-down read a customer range
        indexes = [
            models.Index(fields=["customer", "detected_on"], name="key_moment_by_customer"),
            # the detection log, newest first
            models.Index(fields=["-detected_on", "-id"], name="key_moment_newest"),
        ]
