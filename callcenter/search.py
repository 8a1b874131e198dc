"""Find contacts by what was noted in them."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from callcenter.models import Contact
from customers.models import Customer, Staff


def notes_with(words: str, *, user: Staff, limit: int) -> QuerySet[Contact]:
    """Return the newest contacts of visible customers whose note holds the words (index `contact_note_words`)."""
    visible = Customer.objects.visible_to(user).filter(pk=OuterRef("customer_id"), merged_into=None)
    return Contact.objects.filter(Exists(visible), note__contains=words).order_by("-started_at", "-pk")[:limit]
