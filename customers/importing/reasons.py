"""Why a row is rejected: one code per reason, with its words for people."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Reason(models.TextChoices):
    RAGGED = "ragged", _("The row has more or fewer cells than the header")
    MISSING = "missing", _("The value is missing")
    NOT_A_NUMBER = "not_a_number", _("Not a number")
    LOST_DIGITS = "lost_digits", _("Excel has dropped digits of this number")
    NOT_WHOLE = "not_whole", _("Not a whole number")
    OUT_OF_RANGE = "out_of_range", _("Outside the possible range")
    NOT_A_DATE = "not_a_date", _("Not a date")
    NOT_A_MONTH = "not_a_month", _("Not a month")
    NOT_YES_OR_NO = "not_yes_or_no", _("Neither yes nor no")
    UNKNOWN_WORD = "unknown_word", _("A word the mapping template does not know")
    NOT_A_PHONE_NUMBER = "not_a_phone_number", _("Not a phone number")
    NOT_AN_ID = "not_an_id", _("Not a resident ID: its check digit is wrong")
    CONTROL_CHARACTER = "control_character", _("Holds a character that cannot be stored")
    TOO_LONG = "too_long", _("Longer than the field")
    UNKNOWN_CUSTOMER = "unknown_customer", _("No customer has this code")
    UNKNOWN_STAFF = "unknown_staff", _("No staff member has this login")
    UNKNOWN_GROUP = "unknown_group", _("No group has this code")
    UNKNOWN_OFFER = "unknown_offer", _("No offer of the catalogue has this code")
    SAME_CUSTOMER = "same_customer", _("Both numbers are the same customer's")
    CONFLICT = "conflict", _("A different row for the same key came earlier in the file")
    NUMBER_IN_USE = "number_in_use", _("The number is still in use by another customer")
    OUT_OF_ORDER = "out_of_order", _("The end lies before the beginning")
    OUTSIDE_PERIOD = "outside_period", _("Outside the months this file may fill")
    COHORT_CLOSED = "cohort_closed", _("The list of this year is closed and says otherwise")
    STATE_AND_LEAVING = "state_and_leaving", _("A leaving date for a customer who has not left")
