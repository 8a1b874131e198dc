"""What a rule can say of a customer's worth: the numbers in Standing, with their words."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Band(models.IntegerChoices):
    """Value band by the average bill of three months (DOMAIN 4.1). 0 = off network.

    Their words are read by those who talk to customers: none of them calls anybody low in value.
    """

    OFF = 0, _("Off network")
    VERY_LOW = 1, _("Basic")
    LOW = 2, _("Ordinary")
    POTENTIAL = 3, _("Potential")
    MID = 4, _("Mid")
    HIGH = 5, _("High")


class Code(models.IntegerChoices):
    """Customer code. Never shown outside permitted roles."""

    A = 1, "A"
    B = 2, "B"
    C = 3, "C"


class CodeReason(models.IntegerChoices):
    A_STRATEGIC = 1, _("Mid/high-end and strategic")
    A_HIGH = 2, _("High band for a year or longer")
    B_VALUE = 3, _("Mid/high-end")
    B_POTENTIAL = 4, _("Near the line with signals of potential")
    C_GENERAL = 5, _("General")
    C_NEW = 6, _("New on the network")
    HELD = 7, _("Held: one month below is not yet a downgrade")


class Layer(models.IntegerChoices):
    STRATEGIC = 1, _("Strategic")
    GROUP = 2, _("Group mid/high-end")
    ORDINARY = 3, _("Ordinary mid/high-end")
    GENERAL = 4, _("General")


class CohortState(models.IntegerChoices):
    OUTSIDE = 0, _("Not in the cohort")
    RETAINED = 1, _("Retained")
    LOST_OFF_NETWORK = 2, _("Lost: off network")
    LOST_VALUE = 3, _("Lost: value")
