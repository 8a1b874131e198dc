"""The live policies as plain values for the pure rules."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from retention.models import ContactPolicy, WarningPolicy
from retention.quiet_hours import RESTDAY, WORKDAY, Windows
from retention.warnings import WarningTerms


class NoLivePolicy(LookupError):
    """No version of the policy is live, not even the default one the migrations lay."""


def _message_hours() -> Windows:
    return {WORKDAY: [["09:00", "20:00"]], RESTDAY: [["09:00", "20:00"]]}


@dataclass(frozen=True)
class ContactTerms:
    """The contact rules of one version (retention.models.ContactPolicy) and what no branch may change (DOMAIN 5.2)."""

    monthly_cap: int
    five_star_cap: int
    cap_days: int
    refusal_days: int
    hours: Windows  # of calls
    message_hours: Windows = field(default_factory=_message_hours)
    message_cap: int = 4  # messages per `cap_days`
    tries: int = 3  # unanswered calls in `try_days`, then no more
    try_days: int = 5
    try_gap_hours: int = 2


def warning_terms_of(policy: WarningPolicy) -> WarningTerms:
    """Return one version's thresholds, draft or live."""
    return WarningTerms(**{term.name: getattr(policy, term.name) for term in fields(WarningTerms)})


def contact_terms_of(policy: ContactPolicy) -> ContactTerms:
    """Return one version's contact rules."""
    return ContactTerms(
        monthly_cap=policy.monthly_cap,
        five_star_cap=policy.five_star_cap,
        cap_days=policy.cap_days,
        refusal_days=policy.refusal_days,
        hours=policy.hours,
    )


def live_contact_policy() -> ContactPolicy:
    """Return the live version; raises NoLivePolicy."""
    policy = ContactPolicy.objects.filter(is_live=True).first()
    if policy is None:
        raise NoLivePolicy("No contact policy is live. Run the migrations, or make a version live.")
    return policy
