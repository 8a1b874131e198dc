"""Everything the card of one customer shows: read once, given to the template as plain data."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from callcenter.budgets import budget_of
from callcenter.dispatching import evidence_of, title_of
from callcenter.models import Contact, Dispatch, QueueItem
from callcenter.phrases import forbidden
from callcenter.verdicts import verdict_now
from callcenter.words import Spend, general_script, moment_sentence, reason_sentence, yuan
from customers.contact_panel import Known, known
from customers.masking import masked_number
from customers.models import Bundle, MonthlyBill, Run, Staff, Standing
from customers.surveys import Asked, asked, questions_in_use
from lifecycle.models import KeyMoment, MomentKind, Playbook
from lifecycle.playbooks import playbook_of
from offers.budget import is_beyond
from offers.budget_panel import Authority, Budget
from offers.models import Offer
from offers.panels import families
from retention.gate import Purpose, Verdict

CONTACTS, BILLS = 5, 6
MOMENT_BITS = 31  # Standing.moments is an int4
BAR_HEIGHT, BAR_STEP = 40, 24
# Retention before care before marketing, at the same level (DOMAIN 2.2, arbitration).
CATEGORY_ORDER = {"C": 0, "A": 1, "B": 2}


@dataclass(frozen=True)
class Happened:
    """A key moment with its evidence in words."""

    kind: MomentKind
    level: int
    evidence: str


@dataclass(frozen=True)
class Bar:
    """One month of the bill sparkline; x, y and height in the units of the drawing."""

    month: dt.date
    amount: str
    x: int
    y: int
    height: int


@dataclass(frozen=True)
class Relative:
    """Somebody of the household whose task this call serves as well."""

    number: str
    role: str
    moment: str
    evidence: str


@dataclass(frozen=True)
class Card:
    """One customer in hand."""

    item: QueueItem
    standing: Standing | None
    reasons: list[str]
    moments: list[Happened]
    script: list[str]
    offer: Offer | None
    budget: Budget | None
    bundles: list[Bundle]
    contacts: list[Contact]
    bars: list[Bar]
    verdict: Verdict
    beyond: Verdict | None  # of a service call: whether anything else may be spoken of
    known: Known
    survey: list[Asked]
    household: list[Relative]
    forbidden: list[str]
    playbook: Playbook | None
    families: list[str]

    @property
    def must_ask(self) -> bool:
        """Return whether the offer costs more than is left of the phone manager's budget."""
        return bool(self.offer and self.budget and is_beyond(self.offer.cost_fen, self.budget.own.left_fen))

    @property
    def asks(self) -> Authority | None:
        """Return the nearest desk whose budget covers the offer."""
        return self.budget.reaches(self.offer.cost_fen) if self.offer and self.budget else None


def card_of(item: QueueItem, *, user: Staff, at: dt.datetime) -> Card:
    """Return the card of an item as this person may read it; fourteen queries, whatever the customer has, four more for a service call."""
    run, today = item.run, timezone.localdate(at)
    standing = Standing.objects.filter(run_id=run.pk, customer_id=item.customer_id).first()
    bills = list(
        MonthlyBill.objects.filter(customer_id=item.customer_id, month__lte=run.month)
        .order_by("-month")
        .values_list("month", "arpu_fen")[:BILLS]
    )
    spend = Spend.of([arpu_fen for _month, arpu_fen in bills])
    reasons = _reasons(standing, run=run, today=today, spend=spend)
    moments = _moments(item, run=run, today=today, told=reasons)
    playbook = playbook_of(standing.stage) if standing else None
    offer = Offer.objects.filter(pk=item.offer_id).first() if item.offer_id else None
    return Card(
        item=item,
        standing=standing,
        reasons=reasons,
        moments=moments,
        script=_script(moments, offer=offer),
        offer=offer,
        budget=budget_of(standing, run=run, at=at) if standing else None,
        bundles=_bundles(item, today=today),
        contacts=list(_contacts(item)),
        bars=bars_of(bills[::-1]),
        verdict=verdict_now(item, at=at),
        beyond=verdict_now(item, at=at, purpose=Purpose.MARKETING) if item.serves else None,
        known=known(item.customer, user=user, now=at),
        survey=asked(questions_in_use()),
        household=_household(item, at=at),
        forbidden=forbidden(item.dispatch.kind.code if item.dispatch and item.dispatch.kind else ""),
        playbook=playbook,
        families=families(playbook),
    )


def _household(item: QueueItem, *, at: dt.datetime) -> list[Relative]:
    """Return what the call should settle for others of the household, gravest first; no query where it covers nobody."""
    if not item.covers:
        return []
    tasks = Dispatch.objects.open().filter(customer__in=item.covers).select_related("customer", "kind", "call_list")
    found = [
        Relative(
            number=masked_number(task.customer.msisdn),
            role=str(task.customer.get_family_role_display()),
            moment=title_of(task),
            evidence=str(evidence_of(task, at=at)["words"]),
        )
        for task in tasks.order_by("-priority", "pk")
    ]
    if item.call_list:
        listed = item.call_list.entries.filter(customer__in=item.covers).select_related("customer").order_by("customer")
        found += [
            Relative(
                number=masked_number(entry.customer.msisdn),
                role=str(entry.customer.get_family_role_display()),
                moment=_("Call list “%(name)s”") % {"name": item.call_list},
                evidence=item.call_list.why,
            )
            for entry in listed
        ]
    return found


def bars_of(bills: list[tuple[dt.date, int]]) -> list[Bar]:
    """Return a bar per bill, oldest first; the tallest bill fills the height, an empty bill has none."""
    highest = max((arpu_fen for _month, arpu_fen in bills), default=0) or 1
    heights = [max(0, arpu_fen) * BAR_HEIGHT // highest for _month, arpu_fen in bills]
    return [
        Bar(month=month, amount=yuan(arpu_fen), x=place * BAR_STEP, y=BAR_HEIGHT - height, height=height)
        for place, ((month, arpu_fen), height) in enumerate(zip(bills, heights, strict=True))
    ]


def _reasons(standing: Standing | None, *, run: Run, today: dt.date, spend: Spend | None) -> list[str]:
    if standing is None:
        return []
    pairs = [(getattr(standing, f"reason_{n}"), getattr(standing, f"value_{n}")) for n in (1, 2, 3)]
    words = [reason_sentence(why, value, as_of=run.as_of, today=today, spend=spend) for why, value in pairs]
    return [text for text in words if text]


def _moments(item: QueueItem, *, run: Run, today: dt.date, told: list[str]) -> list[Happened]:
    """Return tonight's moments, those since, and those still open from nights before, gravest first.

    Evidence a reason already told is not said twice.
    """
    open_bits = [bit for bit in range(MOMENT_BITS) if item.moment_bits >> bit & 1]
    found = KeyMoment.objects.filter(Q(run=run) | Q(kind__bit__in=open_bits), customer_id=item.customer_id)
    newest = (
        found.filter(detected_on__lte=max(run.as_of, today))
        .select_related("kind")
        .order_by("kind", "-detected_on", "-pk")
    )
    last_of_kind = newest.distinct("kind")
    ordered = sorted(last_of_kind, key=lambda m: (-m.level, CATEGORY_ORDER.get(m.kind.category, 9), m.kind.code))
    return [_happened(moment, today=today, told=told) for moment in ordered]


def _happened(moment: KeyMoment, *, today: dt.date, told: list[str]) -> Happened:
    evidence = moment_sentence(moment, today=today)
    return Happened(kind=moment.kind, level=moment.level, evidence="" if evidence in told else evidence)


def _script(moments: list[Happened], *, offer: Offer | None) -> list[str]:
    """Return the steps of the gravest moment's script, one a line; the general script where no moment calls."""
    if not moments:
        return general_script(offer.name if offer else "")
    return [step for step in moments[0].kind.script.splitlines() if step.strip()]


def _bundles(item: QueueItem, *, today: dt.date) -> list[Bundle]:
    running = Q(end_date__isnull=True) | Q(end_date__gte=today)
    bundles = Bundle.objects.filter(running, customer_id=item.customer_id, status=Bundle.Status.ACTIVE)
    return list(bundles.order_by("end_date", "pk")[:6])


def _contacts(item: QueueItem) -> list[Contact]:
    return list(
        Contact.objects.filter(customer_id=item.customer_id).select_related("staff").order_by("-started_at")[:CONTACTS]
    )
