"""Which one offer fits a customer today: it answers the moment that counts, is allowed, and is worth its cost.

Pure columns. An offer answers the moments named in it; an offer that names none answers a warning for which no
other offer is at hand. Whether an offer pays is `net_fen` (the save economics of DOMAIN 5.1); what a contact is
expected to keep, for the order of the queue, is `gain_fen`. Both stand here, so that they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from customers.frame import Frame
from offers.budget import allowance_fen, is_beyond, left_fen

Mask = npt.NDArray[np.bool_]
Fen = npt.NDArray[np.int64]

CODE_C = 3  # segmentation.Code
OWN_BROADBAND = 1  # customers.Customer.BroadbandCarrier

# What is answered first (DOMAIN 2.2): moments that save (category C), a warning, then what cares (A), what sells (B).
URGENCY = "C", "warning", "A", "B"
WARNED = 0  # stands for a warning among the masks of moments
OWN_ARM = -1  # place of the own arm's offer, before every place of URGENCY

CARE, BROADBAND = "care", "broadband"  # offers.models.Offer.Family

# Verdicts of `explain`; offers.queries.VERDICTS has the words.
SUGGESTED, OUTRANKED, NO_OCCASION, BOUND, HAS_BROADBAND = "suggested", "outranked", "no_occasion", "bound", "broadband"
COSTLY_FOR_C, ABOVE_AUTHORITY, NOT_WORTH = "costly_for_c", "above_authority", "not_worth"
BUDGET_SPENT = "budget_spent"
OTHER_STAGE, OTHER_ARM = "other_stage", "other_arm"
LACKS_TAG, HAS_TAG = "lacks_tag", "has_tag"


@dataclass(frozen=True)
class OfferTerms:
    """One active offer of the catalogue as plain values.

    `moment_bits` is the mask of the moments it answers; `answers_warning` is for offers made for no moment.
    `stage_bits` has the bit of each stage it is for. `needs_tags` and `not_for_tags` are masks of tag bits: who lacks one of the first, or has one of the second, does
    not get it.
    """

    id: int
    family: str
    cost_fen: int
    binding_months: int
    save_permille: int
    moment_bits: int
    priority: int
    answers_warning: bool
    needs_tags: int = 0
    not_for_tags: int = 0
    stage_bits: int = 0  # of the stages it is for; 0 = every stage


@dataclass(frozen=True)
class ArmTerms:
    """One arm of a running test of offers: what its members get (0: nothing, the control), and what the other arms get.

    The arm's own offer comes before anything else, whatever the occasion, but never past a refusal or the contact gate
    (`is_barred`); what only the others get is refused to its members as long as the test runs.
    """

    id: int
    offer_id: int
    rivals: tuple[int, ...]


@dataclass(frozen=True)
class Catalogue:
    """The active offers, and what they may answer from most to least urgent: masks of moments, WARNED for a warning.

    With `arms`, the frame brings `arm` (id, 0 for nobody's member) and `is_barred`.
    """

    offers: tuple[OfferTerms, ...]
    bits_by_urgency: tuple[int, ...]
    arms: tuple[ArmTerms, ...] = ()


@dataclass(frozen=True)
class Economics:
    """What keeping a customer is worth and what trying costs. Our planning figures, to be replaced by the branch's."""

    margin_permille: int = 500  # margin of 0.5 in the handbook's worked example of save economics (DOMAIN 5.1)
    contact_cost_fen: int = 6_00  # a phone manager's call (DOMAIN 4.9)
    default_save_permille: int = 300  # target save rate of a contact without a suggested offer (DOMAIN 5.3)
    unaided_save_permille: int = 150  # stay without an offer: worked example of DOMAIN 5.1, until a control group tells
    authority_percent: int = 10  # of the annual bill a phone manager may give away (DOMAIN 5.1)
    leader_percent: int = 20
    county_percent: int = 30  # above it the market department decides
    costly_from_fen: int = 10_00  # dearer than this only for code C with signals of potential (S-055)
    costly_signals: int = 2
    bound_days: int = 90  # who is bound longer than this is not bound again


@dataclass(frozen=True)
class Reasoning:
    """Why an offer was suggested or passed over for one customer: `verdict` is one of the constants above."""

    offer_id: int
    verdict: str
    net_fen: int


def catalogue_of(offers: Iterable[Mapping[str, Any]], *, bits: Mapping[str, int]) -> Catalogue:
    """Return the catalogue of rows with the fields of offers.models.Offer; `bits` is the bit number by moment code.

    A moment code without a bit is passed over. Tags come as their bits, `needs_tag__bit` and `not_for_tag__bit`.
    """
    terms = [
        OfferTerms(
            id=row["pk"],
            family=row["family"],
            cost_fen=row["cost_fen"],
            binding_months=row["binding_months"],
            save_permille=row["save_permille"],
            moment_bits=sum({1 << bits[code] for code in row["moments"] if code in bits}),
            priority=row["priority"],
            answers_warning=not row["moments"],
            needs_tags=_mask(row.get("needs_tag__bit")),
            not_for_tags=_mask(row.get("not_for_tag__bit")),
            stage_bits=sum(1 << stage for stage in set(row.get("stages") or ())),
        )
        for row in offers
    ]
    return Catalogue(tuple(terms), tuple(_by_urgency(bits)))


def catalogue_from(plan: Mapping[str, Any]) -> Catalogue:
    """Return the catalogue a night's plan holds as plain values; plans from before there were tests have no arms."""
    return Catalogue(
        offers=tuple(OfferTerms(**offer) for offer in plan["offers"]),
        bits_by_urgency=tuple(plan["bits_by_urgency"]),
        arms=tuple(ArmTerms(arm["id"], arm["offer_id"], tuple(arm["rivals"])) for arm in plan.get("arms", ())),
    )


def _mask(bit: int | None) -> int:
    return 0 if bit is None else 1 << bit


def _by_urgency(bits: Mapping[str, int]) -> Iterator[int]:
    for kind in URGENCY:
        if kind == "warning":
            yield WARNED
        yield from (1 << bits[code] for code in sorted(bits) if code[0] == kind)


def year_fen(frame: Frame, *, economics: Economics) -> Fen:
    """Return a year's margin per customer: average of three months x 12 (= cum3 x 4) x margin, rounded down."""
    return frame["cum3_fen"].astype(np.int64).clip(min=0) * 4 * economics.margin_permille // 1000


def gain_fen(frame: Frame, save_permille: npt.NDArray[np.int64] | int, *, economics: Economics) -> Fen:
    """Return churn probability x save rate x a year's margin, before any cost, in fen, each step rounded down."""
    saved_ppm = frame["churn_ppm"].astype(np.int64) * save_permille // 1000
    return saved_ppm * year_fen(frame, economics=economics) // 1_000_000


def net_fen(frame: Frame, offer: OfferTerms, *, economics: Economics) -> Fen:
    """Return what the offer is worth to a customer who is about to leave, in fen; to be offered, more than zero.

    (save rate with - save rate without the offer) x a year's margin - acceptance rate x cost; whoever is saved by the
    offer has accepted it, so the acceptance rate is the save rate. The contact costs the same with any offer.
    """
    more = offer.save_permille - economics.unaided_save_permille
    return (year_fen(frame, economics=economics) * more - offer.save_permille * offer.cost_fen) // 1000


def suggest(frame: Frame, catalogue: Catalogue, economics: Economics) -> npt.NDArray[np.int32]:
    """Return the id of the suggested offer per customer, 0 = none.

    Needs `is_in_network`, `moments` (bits), `warning`, `code`, `potential_signals`, `cum3_fen`, `sum12_fen`,
    `broadband_carrier`, `bundle_end_day`, `tags` (bits), `stage`, `given_fen` (cost of the offers accepted this calendar
    year). Among the allowed offers for the most urgent cause that has one, the
    greatest `net_fen` wins; ties go to the smaller `priority`, then the smaller id.
    """
    chosen = np.zeros(len(frame), dtype=np.int32)
    rows = _with_occasion(frame, catalogue)
    if len(rows) and catalogue.offers:
        chosen[rows] = _best(frame.take(rows), catalogue, economics)
    return chosen


def recommend(frame: Frame, catalogue: Catalogue, economics: Economics, *, most: int) -> npt.NDArray[np.int32]:
    """Return [most, customers] offer ids in the order `suggest` would choose them, 0 where there are no more.

    The first row is what `suggest` says; the next is what it would say without that offer, and so on.
    """
    found = np.zeros((most, len(frame)), dtype=np.int32)
    rows = _with_occasion(frame, catalogue)
    if len(rows) and catalogue.offers:
        found[:, rows] = _ranked(frame.take(rows), catalogue, economics, most=most)
    return found


def explain(frame: Frame, catalogue: Catalogue, economics: Economics) -> list[Reasoning]:
    """Return every offer with verdict and net gain for a frame of one row, the suggested one first."""
    chosen = int(suggest(frame, catalogue, economics)[0])
    told = [
        Reasoning(
            offer.id,
            SUGGESTED if offer.id == chosen else _why_not(frame, offer, catalogue, economics),
            int(net_fen(frame, offer, economics=economics)[0]),
        )
        for offer in _in_order(catalogue)
    ]
    return sorted(told, key=lambda reasoning: reasoning.offer_id != chosen)


def _with_occasion(frame: Frame, catalogue: Catalogue) -> npt.NDArray[np.int64]:
    """Return the rows of whom there is something to answer: a moment, a warning, a test with an offer for them."""
    occasion = (frame["moments"] != 0) | (frame["warning"] > 0)
    if catalogue.arms:
        occasion |= _is_in(frame, [arm.id for arm in catalogue.arms if arm.offer_id])
    return np.flatnonzero(frame["is_in_network"] & occasion)


def _in_order(catalogue: Catalogue) -> list[OfferTerms]:
    return sorted(catalogue.offers, key=lambda offer: (offer.priority, offer.id))


def _best(frame: Frame, catalogue: Catalogue, economics: Economics) -> npt.NDArray[np.int32]:
    return _ranked(frame, catalogue, economics, most=1)[0]


def _ranked(frame: Frame, catalogue: Catalogue, economics: Economics, *, most: int) -> npt.NDArray[np.int32]:
    """Lay the offers' answers below each other; among the most urgent answer of a customer the greatest net wins."""
    offers = _in_order(catalogue)
    nothing = _nothing(catalogue)
    answers = np.stack(
        [
            np.where(_is_refused(frame, offer, catalogue, economics), nothing, _answer(frame, offer, catalogue))
            for offer in offers
        ]
    )
    worth = np.stack([net_fen(frame, offer, economics=economics) for offer in offers])
    ids = np.array([offer.id for offer in offers], dtype=np.int32)
    found = np.zeros((most, len(frame)), dtype=np.int32)
    for place in range(most):
        urgency = answers.min(axis=0)
        chosen = np.where(answers > urgency, np.iinfo(np.int64).min, worth).argmax(axis=0)
        found[place] = np.where(urgency < nothing, ids[chosen], 0)
        answers[chosen, np.arange(len(frame))] = nothing
    return found


def _answer(frame: Frame, offer: OfferTerms, catalogue: Catalogue) -> npt.NDArray[np.int64]:
    """Return the place, in the order of urgency, of the most urgent thing the offer answers."""
    answer = np.full(len(frame), _nothing(catalogue))
    for place, bit in reversed(list(enumerate(catalogue.bits_by_urgency))):
        if bit == WARNED and offer.answers_warning:
            answer[frame["warning"] > 0] = place
        elif offer.moment_bits & bit:
            answer[(frame["moments"] & bit) != 0] = place
    if own := [arm.id for arm in catalogue.arms if arm.offer_id == offer.id]:
        answer[_is_in(frame, own) & ~frame["is_barred"]] = OWN_ARM
    return answer


def _is_in(frame: Frame, arms: list[int]) -> Mask:
    """Return who is a member of one of these arms."""
    members: Mask = np.isin(frame["arm"], arms)
    return members


def _nothing(catalogue: Catalogue) -> int:
    return len(catalogue.bits_by_urgency)


def _is_refused(frame: Frame, offer: OfferTerms, catalogue: Catalogue, economics: Economics) -> Mask:
    return np.logical_or.reduce([mask for _, mask in _refusals(frame, offer, catalogue, economics)])


def _refusals(frame: Frame, offer: OfferTerms, catalogue: Catalogue, economics: Economics) -> list[tuple[str, Mask]]:
    """Return each rule that can forbid the offer, with whom it forbids it to."""
    others = [arm.id for arm in catalogue.arms if offer.id in arm.rivals]
    is_bound = (frame["bundle_end_day"] > 0) & (frame["bundle_end_day"] - frame.today > economics.bound_days)
    is_general = (frame["code"] == CODE_C) & (frame["potential_signals"] < economics.costly_signals)
    year_bills, percent = frame["sum12_fen"].astype(np.int64), economics.authority_percent
    return [
        (OTHER_STAGE, _is_in_other_stage(frame, offer)),
        (LACKS_TAG, (frame["tags"] & offer.needs_tags) != offer.needs_tags),
        (HAS_TAG, (frame["tags"] & offer.not_for_tags) != 0),
        (BOUND, is_bound & (offer.binding_months > 0)),
        (HAS_BROADBAND, (frame["broadband_carrier"] == OWN_BROADBAND) & (offer.family == BROADBAND)),
        (COSTLY_FOR_C, is_general & (offer.cost_fen > economics.costly_from_fen)),
        (ABOVE_AUTHORITY, offer.cost_fen > allowance_fen(year_bills, percent=percent)),
        (BUDGET_SPENT, is_beyond(offer.cost_fen, left_fen(year_bills, frame["given_fen"], percent=percent))),
        (NOT_WORTH, (net_fen(frame, offer, economics=economics) <= 0) & (offer.family != CARE)),
        *([(OTHER_ARM, _is_in(frame, others))] if others else []),
    ]


def _is_in_other_stage(frame: Frame, offer: OfferTerms) -> Mask:
    if not offer.stage_bits:
        return np.zeros(len(frame), dtype=np.bool_)
    in_other: Mask = (offer.stage_bits >> frame["stage"].astype(np.int64) & 1) == 0
    return in_other


def _why_not(frame: Frame, offer: OfferTerms, catalogue: Catalogue, economics: Economics) -> str:
    if _answer(frame, offer, catalogue)[0] == _nothing(catalogue):
        return NO_OCCASION
    refused = [verdict for verdict, mask in _refusals(frame, offer, catalogue, economics) if mask[0]]
    return refused[0] if refused else OUTRANKED
