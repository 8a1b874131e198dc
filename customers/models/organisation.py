"""The branch → county → hall tree and the people who work in it."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class Branch(models.Model):
    """A unit of the organisation tree: the branch itself, a county or a hall."""

    class Kind(models.IntegerChoices):
        BRANCH = 1, _("Branch")
        COUNTY = 2, _("County")
        HALL = 3, _("Hall")

    code = models.CharField(_("code"), max_length=32)
    name = models.CharField(_("name"), max_length=64)
    kind = models.SmallIntegerField(_("kind"), choices=Kind.choices)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent"),
    )

    class Meta:
        verbose_name = _("branch")
        verbose_name_plural = _("branches")
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                name="branch_code_unique",
                violation_error_message=_("Another unit already has this code."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Staff(AbstractUser):
    """A person (or an API client) who logs in; exactly one role, so duties stay separate."""

    class Role(models.TextChoices):
        ANALYST = "analyst", _("Marketing analyst")
        PHONE_MANAGER = "phone_manager", _("Phone manager")
        TEAM_LEADER = "team_leader", _("Team leader")
        HALL_CLERK = "hall_clerk", _("Hall clerk")
        HOTLINE_AGENT = "hotline_agent", _("Hotline agent")
        ACCOUNT_MANAGER = "account_manager", _("Account manager")
        ADMIN = "admin", _("Administrator")
        AUDITOR = "auditor", _("Auditor")
        API_CLIENT = "api_client", _("API client")

    role = models.CharField(_("role"), max_length=16, choices=Role.choices, default=Role.ANALYST)
    branch = models.ForeignKey(
        Branch,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="staff",
        verbose_name=_("branch"),
    )
    display_name = models.CharField(_("display name"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("staff member")
        verbose_name_plural = _("staff")

    def __str__(self) -> str:
        return self.display_name or self.username
