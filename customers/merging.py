"""Declare two records the same customer, and take it back.

A merge is one row and one pointer. What follows from it (history, consent, lists, the night's totals) is derived where
it is read, so that undoing leaves nothing behind.
"""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers import audit
from customers.models import Customer, CustomerMerge, Run, Staff


class MergeRefused(Exception):
    """The two records cannot be merged, or the merge cannot be undone; `str` says why."""

    sentence: ClassVar[Promise | str] = ""

    def __str__(self) -> str:
        return str(self.sentence)


class SameRecord(MergeRefused):
    sentence = _("A record cannot be merged into itself. Choose two records.")


class OutOfScope(MergeRefused):
    sentence = _("Both records must be in your own counties. Ask a leader whose scope holds both.")


class AlreadyMerged(MergeRefused):
    sentence = _("This record is already merged into another one. Undo that first.")


class HasAliases(MergeRefused):
    sentence = _("Other records are merged into this one. Undo those first, or merge the other way round.")


class IntoAlias(MergeRefused):
    sentence = _("The record to stay is itself merged into another one. Choose that one.")


class IntoLeaver(MergeRefused):
    sentence = _("The record to stay has left the network, the other one has not. Merge the other way round.")


class NightRuns(MergeRefused):
    sentence = _("A night is counting the customers at this moment. Do it when the night has ended.")


class AlreadyUndone(MergeRefused):
    sentence = _("Somebody else has already undone this merge.")


@transaction.atomic
def merge(alias: Customer, into: Customer, *, by: Staff, at: dt.datetime, reason: str) -> CustomerMerge:
    """Count `alias` with `into` from now on. Raises a MergeRefused that names what stands in the way."""
    if alias.pk == into.pk:
        raise SameRecord
    alias, into = _locked(alias.pk, into.pk, by=by)
    if alias.merged_into_id is not None:
        raise AlreadyMerged
    if Customer.objects.filter(merged_into=alias).exists():
        raise HasAliases
    if into.merged_into_id is not None:
        raise IntoAlias
    if alias.state in Customer.IN_NETWORK and into.state not in Customer.IN_NETWORK:
        raise IntoLeaver
    Customer.objects.filter(pk=alias.pk).update(merged_into=into)
    made = CustomerMerge.objects.create(alias=alias, customer=into, reason=reason, merged_at=at, merged_by=by)
    audit.record("customer.merge", actor=by, at=at, subject=into, reason=reason, alias=alias.pk)
    return made


@transaction.atomic
def undo_merge(merge: CustomerMerge, *, by: Staff, at: dt.datetime) -> None:
    """Let the two records stand for themselves again. Raises OutOfScope, NightRuns or AlreadyUndone."""
    alias, into = _locked(merge.alias_id, merge.customer_id, by=by)
    undone = CustomerMerge.objects.filter(pk=merge.pk, undone_at=None).update(undone_at=at, undone_by=by)
    if undone != 1:
        raise AlreadyUndone
    Customer.objects.filter(pk=alias.pk, merged_into=into).update(merged_into=None)
    audit.record("customer.merge_undone", actor=by, at=at, subject=into, alias=alias.pk)


def _locked(alias_id: int, into_id: int, *, by: Staff) -> tuple[Customer, Customer]:
    """Return the two records, locked in the order of their ids; both must be in this person's scope."""
    # A night counts its customers when it opens; until it ends nobody may appear or disappear.
    if Run.objects.filter(status=Run.Status.RUNNING).exists():
        raise NightRuns
    visible = Customer.objects.visible_to(by).filter(pk__in=(alias_id, into_id))
    found = {one.pk: one for one in visible.select_for_update().order_by("pk")}
    if len(found) != 2:
        raise OutOfScope
    return found[alias_id], found[into_id]
