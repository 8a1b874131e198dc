"""What people are told when they move a version of a policy on; the ladder, stages and playbooks say the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy

from customers import versioning
from customers.access import staff_of
from customers.models import PolicyVersion

REFUSALS = {
    versioning.NoDraft: gettext_lazy("There is no such version any more; somebody else has moved it on."),
    versioning.DraftChanged: gettext_lazy(
        "The draft differs from what you saw. Save it, look at its effect, publish again."
    ),
    versioning.VersionWaits: gettext_lazy("A version waits for approval or its day. Take it back first."),
    versioning.SecondPersonNeeded: gettext_lazy("Another administrator has to approve what you asked for."),
}
DONE = {
    PolicyVersion.Status.PENDING: gettext_lazy(
        "Version %(version)s moves many customers: another administrator has to approve it."
    ),
    PolicyVersion.Status.SCHEDULED: gettext_lazy("Version %(version)s comes into force with the night of %(day)s."),
    PolicyVersion.Status.LIVE: gettext_lazy("Version %(version)s is live. The next night uses it, or apply it now."),
    PolicyVersion.Status.DRAFT: gettext_lazy("Version %(version)s is a draft again."),
}


def tell(request: HttpRequest, deed: Callable[..., PolicyVersion | None]) -> bool:
    """Do the deed as the person before the page, and say what became of it; False when it was refused."""
    try:
        policy = deed(by=staff_of(request), at=timezone.now())
    except tuple(REFUSALS) as error:
        messages.error(request, str(REFUSALS[type(error)]))
        return False
    if policy is not None:
        words = str(DONE[PolicyVersion.Status(policy.status)])
        messages.success(request, words % {"version": policy.version, "day": policy.effective_on})
    return True


def day_in(text: str) -> dt.date | None:
    """Return the day somebody asks a version for, None where the text is none."""
    try:
        return parse_date(text)
    except ValueError:
        return None


def version_urls(page: str, number: int) -> dict[str, str]:
    """Return where the page of a version leads: to all of them, back to its values, to its effect."""
    return {
        "all": reverse(page),
        "roll_back": reverse(f"{page}-roll-back", args=[number]),
        "effect": reverse(f"{page}-version-effect", args=[number]),
    }
