"""Which members a number of a results page counts: the same conditions for the number and for the list behind it."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from callcenter.models import Contact
from customers.models import Staff
from offers.models import Experiment, ExperimentMember

OUTCOME = Contact.Outcome
PARTS: dict[str, tuple[Promise, Q]] = {
    "members": (_("members"), Q()),
    "offered": (_("offer suggested"), Q(offered_on__isnull=False)),
    "refused": (_("offer never suggested: not eligible, or not to be contacted"), Q(offered_on=None, is_kept__isnull=False, arm__offer__isnull=False)),
    "reached": (_("reached"), Q(is_reached=True)),
    "accepted": (_("accepted"), Q(is_accepted=True)),
    "kept": (_("still on the network"), Q(is_kept=True)),
    "lost": (_("left the network"), Q(is_kept=False)),
}  # fmt: skip


def members_of(experiment: Experiment, *, user: Staff) -> QuerySet[ExperimentMember]:
    """Return the members that count and that this person may see, with `main`, `is_reached`, `is_accepted`.

    Calls count under whichever record of the customer they were made, from the start to the end of the test.
    """
    members = ExperimentMember.objects.filter(experiment=experiment).visible_to(user).counted()
    calls = Contact.objects.filter(started_at__gte=experiment.started_at)
    if experiment.ended_at is not None:
        calls = calls.filter(started_at__lte=experiment.ended_at)
    reached = calls.exclude(outcome=OUTCOME.NO_ANSWER)
    accepted = calls.filter(outcome=OUTCOME.ACCEPTED, offer_id=OuterRef("arm__offer_id"))
    return members.annotate(is_reached=_by_any_record(reached), is_accepted=_by_any_record(accepted))


def mains_in(value: str, *, user: Staff) -> QuerySet[Any] | None:
    """Return the customers behind ID:ARM:PART of an address (ARM empty: every arm); None for what no page says."""
    pk, _colon, rest = value.partition(":")
    arm, _colon, part = rest.partition(":")
    if not pk.isdecimal() or (arm and not arm.isdecimal()) or (part or "members") not in (*PARTS, "merged"):
        return None
    found = Experiment.objects.visible_to(user).exclude(status=Experiment.Status.DRAFT).filter(pk=int(pk)).first()
    if found is None:
        return None
    if part == "merged":
        return merged_away(found, user=user).values("main")
    members = members_of(found, user=user).filter(PARTS[part or "members"][1])
    return (members.filter(arm__position=int(arm)) if arm else members).values("main")


def merged_away(experiment: Experiment, *, user: Staff) -> QuerySet[ExperimentMember]:
    """Return the members that no longer count for themselves: their record is merged with another member's."""
    return ExperimentMember.objects.filter(experiment=experiment).visible_to(user).merged_away()


def in_words(value: str) -> str:
    """Return ID:ARM:PART in words, for the chip above a list."""
    pk, _colon, rest = value.partition(":")
    arm, _colon, part = rest.partition(":")
    found = Experiment.objects.filter(pk=int(pk)).first() if pk.isdecimal() else None
    if found is None:
        return value
    row = found.arms.select_related("offer").filter(position=int(arm)).first() if arm.isdecimal() else None
    words = str(PARTS[part][0]) if part in PARTS else str(_("counted with another member")) if part == "merged" else ""
    return " · ".join(filter(None, (found.name, row.label if row else "", words)))


def _by_any_record(calls: QuerySet[Contact]) -> Any:
    main = OuterRef("main")
    own = Exists(calls.filter(customer_id=OuterRef("customer_id")))
    return own | Exists(calls.filter(customer_id=main)) | Exists(calls.filter(customer__merged_into_id=main))
