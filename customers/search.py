"""Find customers by what a person types: number, last four digits, user code, name or initials."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Right

from customers.access import can
from customers.models import Customer

NUMBER_DIGITS = 11
TAIL_DIGITS = 4


def is_full_number(words: str) -> bool:
    """Return whether somebody looks for one number; such a search is counted (customers.actions)."""
    text = words.strip()
    return text.isdigit() and len(text) >= NUMBER_DIGITS


def matching(words: str, *, user: Any) -> QuerySet[Customer, int]:
    """Return the ids of the visible customers that match.

    A full number and a user code match exactly; four digits match the end of a number; anything else is a name, its
    pinyin or its initials, and finds something only for roles that may see names. No prefix search of numbers.
    """
    text = words.strip()
    visible = Customer.objects.visible_to(user)
    if text.isdigit() and len(text) == TAIL_DIGITS:
        visible = visible.annotate(tail=Right("msisdn", TAIL_DIGITS)).filter(tail=text)
    elif is_full_number(text):
        visible = visible.filter(Q(msisdn=text) | Q(user_code=text))
    else:
        visible = visible.filter(Q(user_code=text) | _by_name(text, user=user))
    return visible.values_list("pk", flat=True)


def _by_name(text: str, *, user: Any) -> Q:
    if not text or not can(user, "customers.see_name"):
        return Q(pk__in=[])
    return (
        Q(name__startswith=text) | Q(name_initials__startswith=text.lower()) | Q(name_pinyin__startswith=text.lower())
    )
