"""Why an event is rejected: one code per reason, with its words in both languages."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

LANGUAGES = {"zh": "zh-hans", "en": "en"}


class EventReason(models.TextChoices):
    NOT_AN_OBJECT = "not_an_object", _("The event is not an object")
    MISSING = "missing", _("The value is missing")
    WRONG_TYPE = "wrong_type", _("The value has the wrong type")
    TOO_LONG = "too_long", _("Longer than the field")
    CONTROL_CHARACTER = "control_character", _("Holds a character that cannot be stored")
    UNKNOWN_KIND = "unknown_kind", _("No such kind of event is taken")
    UNKNOWN_WORD = "unknown_word", _("None of the words this field takes")
    NOT_A_TIME = "not_a_time", _("Not a time like 2026-11-29T10:15:00+08:00")
    IN_FUTURE = "in_future", _("Lies in the future")
    TOO_OLD = "too_old", _("Lies more than a year back")
    OUT_OF_ORDER = "out_of_order", _("The end lies before the beginning")
    OUT_OF_RANGE = "out_of_range", _("Outside the possible range")
    NOT_A_PHONE_NUMBER = "not_a_phone_number", _("Not a phone number")
    UNKNOWN_CUSTOMER = "unknown_customer", _("No customer within your reach has this code or number")
    KEY_USED = "key_used", _("The source key belongs to another event")
    CASE_OF_ANOTHER = "case_of_another", _("The complaint case belongs to another customer")


def in_both_languages(code: str) -> dict[str, str]:
    """Return the words of a reason by language."""
    words = {}
    for name, language in LANGUAGES.items():
        with override(language):
            words[name] = str(EventReason(code).label)
    return words
