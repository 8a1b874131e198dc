"""The one door before any contact: may this customer be contacted on this channel, for this purpose, now?

`judge` is the rule, pure over facts; `may_contact` reads the facts and asks it. The contact log belongs to the app
above, so the caller hands in what it knows of it as a `ContactHistory`. Rules and defaults: DOMAIN 5.2.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from customers.aliases import records_of
from customers.frame import Frame
from customers.loading.profile import LISTS
from customers.models import Consent, Customer, DoNotDisturb
from cvm.lib.workdays import SHANGHAI
from retention.policies import ContactTerms, contact_terms_of, live_contact_policy
from retention.quiet_hours import Windows, is_first_day_of_spring_festival, is_open, next_open

CALL = Consent.Channel.CALL.value
FIVE_STARS = 5


class Purpose(models.TextChoices):
    MARKETING = "marketing", _("Care, retention, selling")
    SERVICE = "service", _("Service (promised call, suspension, complaint, fault)")


class Rule(models.TextChoices):
    """Which rule decided, in order of severity; ALLOWED when none said no."""

    ALLOWED = "allowed", _("Contact allowed")
    CONTACT_DND = "contact_dnd", _("No contact at all")
    BLACK_LIST = "black_list", _("Black list")
    RED_LIST = "red_list", _("Red list")
    SPECIAL_USER = "special_user", _("Special user")
    SENSITIVE = "sensitive", _("Sensitive customer")
    MARKETING_DND = "marketing_dnd", _("No marketing")
    NO_CONSENT = "no_consent", _("No consent")
    REFUSED = "refused", _("Refused lately")
    MONTHLY_CAP = "monthly_cap", _("Contacted often enough")
    NOT_REACHED = "not_reached", _("Not reached lately")
    HOUSEHOLD = "household", _("Household spoken to today")
    HOME_TAKEN = "home_taken", _("A colleague contacts the household")
    SPRING_FESTIVAL = "spring_festival", _("Spring Festival")
    QUIET_HOURS = "quiet_hours", _("Quiet hours")


MESSAGES = {
    Rule.ALLOWED: _("This customer may be contacted now."),
    Rule.CONTACT_DND: _("The customer asked not to be contacted at all."),
    Rule.BLACK_LIST: _("The customer is on the black list: service only."),
    Rule.RED_LIST: _("The customer is on the red list: service only."),
    Rule.SPECIAL_USER: _("Special users are contacted for service only."),
    Rule.SENSITIVE: _("Sensitive customers are contacted for service only."),
    Rule.MARKETING_DND: _("The customer asked not to get marketing."),
    Rule.NO_CONSENT: _("The customer has not agreed to this channel; silence counts as no."),
    Rule.REFUSED: _("The customer refused on %(refused_on)s; wait %(days)d days."),
    Rule.MONTHLY_CAP: _("Contacted %(contacts)d times in %(days)d days; at most %(cap)d are allowed."),
    Rule.NOT_REACHED: _("Tried %(tries)d times without an answer; give the customer a pause."),
    Rule.HOUSEHOLD: _("The household was spoken to today at %(spoken_at)s; one contact a day is enough."),
    Rule.HOME_TAKEN: _("A colleague is about to contact this household today."),
    Rule.SPRING_FESTIVAL: _("On the first day of the Spring Festival nobody is disturbed."),
    Rule.QUIET_HOURS: _("Customers are not disturbed at this hour."),
}


@dataclass(frozen=True)
class ContactHistory:
    """What the contact log knows of one customer and channel, outbound and commercial only; instants, any order.

    `contacts`: answered or sent, at least the policy's cap window back. `refusals`: the customer said no.
    `unanswered`: calls nobody took. Service contacts belong in none of them. Of the household, whoever spoke with
    whom about what: `home_spoken_at`, the first conversation of today, and `home_taken_until`, when a colleague who
    has it in hand will be through.
    """

    contacts: tuple[dt.datetime, ...] = ()
    refusals: tuple[dt.datetime, ...] = ()
    unanswered: tuple[dt.datetime, ...] = ()
    home_spoken_at: dt.datetime | None = None
    home_taken_until: dt.datetime | None = None


@dataclass(frozen=True)
class Facts:
    """What the customer tables say about one customer and one channel at one instant."""

    is_special: bool = False
    is_red_listed: bool = False
    is_black_listed: bool = False
    is_sensitive: bool = False
    star_level: int = 0
    has_consent: bool = False
    do_not_disturb: tuple[tuple[int, dt.datetime | None], ...] = ()  # in force: (scope, until; None = for ever)


@dataclass(frozen=True)
class Verdict:
    """Yes or no, the rule that decided, its values, and when to try again (None: not before something changes)."""

    allowed: bool
    rule: Rule
    evidence: Mapping[str, Any] = field(default_factory=dict)
    next_allowed_at: dt.datetime | None = None

    @property
    def message(self) -> str:
        """Return the verdict as a sentence in the reader's language."""
        return str(MESSAGES[self.rule]) % self.evidence


@dataclass(frozen=True)
class Block:
    """One rule that says no, and when it stops to; `until` None = it does not by itself."""

    rule: Rule
    until: dt.datetime | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)


def may_contact(customer: Customer, *, channel: str, purpose: str, at: dt.datetime, history: ContactHistory) -> Verdict:
    """Return the verdict for one customer at one instant, from three queries: policy, consent, do-not-disturb."""
    terms = contact_terms_of(live_contact_policy())
    return judge(facts_of(customer, channel=channel, at=at), history, terms, channel=channel, purpose=purpose, at=at)


def facts_of(customer: Customer, *, channel: str, at: dt.datetime) -> Facts:
    """Return the facts the gate needs about one customer, and the records merged into it, at an instant."""
    records = _records(customer, channel=channel)
    periods = DoNotDisturb.objects.in_force(at).filter(customer_id__in=records_of(customer.pk))
    in_force = periods.order_by("scope", "id").values_list("scope", "ends_at")
    said = [record["said"] for record in records]
    return Facts(
        **{name: getattr(customer, name) or any(record[name] for record in records) for name in LISTS},
        star_level=customer.star_level,
        has_consent=any(said) and False not in said,
        do_not_disturb=tuple(in_force),
    )


def _records(customer: Customer, *, channel: str) -> list[dict[str, Any]]:
    """Return lists and consent of the customer's records, merged ones too: the strictest of them decides."""
    consent = Consent.objects.filter(customer=models.OuterRef("pk"), channel=channel).values("is_given")[:1]
    records = Customer.objects.filter(pk__in=records_of(customer.pk)).annotate(said=models.Subquery(consent))
    return list(records.values(*LISTS, "said"))


def judge(
    facts: Facts, history: ContactHistory, terms: ContactTerms, *, channel: str, purpose: str, at: dt.datetime
) -> Verdict:
    """Return the verdict over plain facts: the most severe rule speaks, `next_allowed_at` satisfies all of them.

    Service contacts pass every rule but "no contact at all" and the quiet hours.
    """
    blocks = [*_standing_blocks(facts, Purpose(purpose))]
    if purpose == Purpose.MARKETING:
        blocks += _history_blocks(facts, history, terms, channel, at)
    hours = terms.hours if channel == CALL else terms.message_hours
    return _verdict([*blocks, *_clock_blocks(hours, at)], hours, at)


def judge_home(history: ContactHistory, terms: ContactTerms, *, at: dt.datetime) -> Verdict:
    """Return what the household's one contact of the day alone says of a conversation we begin; see `judge`."""
    return _verdict([*_home_blocks(history, at)], terms.hours, at)


def hard_block_columns(frame: Frame, *, purpose: Purpose = Purpose.MARKETING) -> npt.NDArray[np.bool_]:
    """Return who must not be called for the purpose whatever the hour."""
    return ~may_reach_columns(frame, purpose=purpose, has_consent=frame["has_call_consent"].astype(bool))


def may_reach_columns(frame: Frame, *, purpose: Purpose, has_consent: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return whom a channel may reach at some hour, given who agreed to it: the standing rules of `judge` as columns.

    Marketing: no do-not-disturb, no list, and consent. Service: anybody who did not forbid all contact.
    """
    if purpose == Purpose.SERVICE:
        return ~frame["do_not_contact"].astype(bool)
    blocked = np.logical_or.reduce([frame[name].astype(bool) for name in ("do_not_call", *LISTS)])
    may: npt.NDArray[np.bool_] = ~blocked & has_consent
    return may


def _verdict(blocks: Sequence[Block], hours: Windows, at: dt.datetime) -> Verdict:
    if not blocks:
        return Verdict(allowed=True, rule=Rule.ALLOWED, next_allowed_at=at)
    speaker = min(blocks, key=lambda block: list(Rule).index(block.rule))
    ends = [block.until for block in blocks if block.until is not None]
    later = next_open(max(ends), hours) if len(ends) == len(blocks) else None
    return Verdict(allowed=False, rule=speaker.rule, evidence=speaker.evidence, next_allowed_at=later)


def _standing_blocks(facts: Facts, purpose: Purpose) -> Iterator[Block]:
    for scope, until in facts.do_not_disturb:
        if scope == DoNotDisturb.Scope.CONTACT:
            yield Block(Rule.CONTACT_DND, until)
        elif purpose == Purpose.MARKETING:
            yield Block(Rule.MARKETING_DND, until)
    if purpose == Purpose.SERVICE:
        return
    stands = {
        Rule.BLACK_LIST: facts.is_black_listed,
        Rule.RED_LIST: facts.is_red_listed,
        Rule.SPECIAL_USER: facts.is_special,
        Rule.SENSITIVE: facts.is_sensitive,
        Rule.NO_CONSENT: not facts.has_consent,
    }
    yield from (Block(rule) for rule, holds in stands.items() if holds)


def _history_blocks(
    facts: Facts, history: ContactHistory, terms: ContactTerms, channel: str, at: dt.datetime
) -> Iterator[Block]:
    if history.refusals:
        refused_at = max(history.refusals)
        calm_from = refused_at + dt.timedelta(days=terms.refusal_days)
        if at < calm_from:
            yield Block(Rule.REFUSED, calm_from, {"refused_on": _date(refused_at), "days": terms.refusal_days})
    cap = _cap(facts, terms, channel)
    counted = _within(history.contacts, days=terms.cap_days, at=at)
    if len(counted) >= cap:
        until = counted[-cap] + dt.timedelta(days=terms.cap_days) if cap else None
        yield Block(Rule.MONTHLY_CAP, until, {"contacts": len(counted), "days": terms.cap_days, "cap": cap})
    if channel == CALL:
        yield from _tries(history, terms, at)
        yield from _home_blocks(history, at)


def _home_blocks(history: ContactHistory, at: dt.datetime) -> Iterator[Block]:
    """One contact a household and day: not after its conversation of today, nor while a colleague is about to have it."""
    spoken_at, taken_until = history.home_spoken_at, history.home_taken_until
    today = at.astimezone(SHANGHAI).date()
    if spoken_at and spoken_at <= at and spoken_at.astimezone(SHANGHAI).date() == today:
        tomorrow = dt.datetime.combine(today + dt.timedelta(days=1), dt.time(), SHANGHAI)
        yield Block(Rule.HOUSEHOLD, tomorrow, {"spoken_at": f"{spoken_at.astimezone(SHANGHAI):%H:%M}"})
    if taken_until and at < taken_until:
        yield Block(Rule.HOME_TAKEN, taken_until)


def _cap(facts: Facts, terms: ContactTerms, channel: str) -> int:
    if channel != CALL:
        return terms.message_cap
    return terms.five_star_cap if facts.star_level >= FIVE_STARS else terms.monthly_cap


def _tries(history: ContactHistory, terms: ContactTerms, at: dt.datetime) -> Iterator[Block]:
    """So many unanswered calls in so many days, then a pause; and never two within the gap."""
    tried = _within(history.unanswered, days=terms.try_days, at=at)
    ends = [tried[-1] + dt.timedelta(hours=terms.try_gap_hours)] if tried else []
    if len(tried) >= terms.tries:
        ends.append(tried[-terms.tries] + dt.timedelta(days=terms.try_days))
    if ends and at < max(ends):
        yield Block(Rule.NOT_REACHED, max(ends), {"tries": len(tried)})


def _clock_blocks(hours: dict[str, list[list[str]]], at: dt.datetime) -> Iterator[Block]:
    if is_first_day_of_spring_festival(at.astimezone(SHANGHAI).date()):
        yield Block(Rule.SPRING_FESTIVAL, next_open(at, hours))
    elif not is_open(at, hours):
        yield Block(Rule.QUIET_HOURS, next_open(at, hours))


def _within(instants: tuple[dt.datetime, ...], *, days: int, at: dt.datetime) -> list[dt.datetime]:
    """Return the instants of the last so many days in order: exactly so many days ago no longer counts."""
    return sorted(instant for instant in instants if at - dt.timedelta(days=days) < instant <= at)


def _date(instant: dt.datetime) -> str:
    return date_format(instant.astimezone(SHANGHAI).date(), "Y-m-d")
