"""What a draft ladder would do, exactly: the night's own rules on the published run's day, with the draft's values."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from customers.features import features
from customers.frame import Frame
from customers.frames import load_frame
from customers.models import Branch, Customer, Rollup, Run, RunBucket
from cvm.lib.months import month_of
from segmentation.actions import Ladder, live_policy
from segmentation.models import Band, TierPolicy
from segmentation.tiers import TierThresholds, bands, months_needed, tiers

SHOWN_MOVERS = 50
LADDER_BANDS = (Band.HIGH, Band.MID, Band.POTENTIAL, Band.LOW, Band.VERY_LOW)
VALUABLE = (Band.HIGH, Band.MID)

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Verdicts:
    """Both ladders' verdicts on some customers, as columns."""

    customer: Numbers
    county: Numbers
    revenue_fen: Numbers
    band_before: Numbers
    band_after: Numbers
    code_before: Numbers
    code_after: Numbers

    @classmethod
    def joined(cls, parts: list[Verdicts]) -> Verdicts:
        """Return the verdicts of all buckets as one."""
        names = cls.__dataclass_fields__
        none = np.zeros(0, np.int64)
        return cls(**{name: np.concatenate([none, *(getattr(part, name) for part in parts)]) for name in names})


@dataclass(frozen=True)
class BandEffect:
    band: int
    customers_before: int
    customers_after: int
    revenue_before_fen: int
    revenue_after_fen: int

    @property
    def change(self) -> str:
        return f"{self.customers_after - self.customers_before:+,}"


@dataclass(frozen=True)
class Move:
    before: int
    after: int
    customers: int
    revenue_fen: int


@dataclass(frozen=True)
class CountyMoves:
    name: str
    up: int
    down: int


@dataclass(frozen=True)
class Mover:
    customer_id: int
    msisdn: str
    county: str
    before: int
    after: int
    average_fen: int


@dataclass(frozen=True)
class Effect:
    """What a ladder would do to the customers in network. Revenue is the bill of three months, in fen."""

    run_id: int
    customers: int
    revenue_fen: int
    bands: list[BandEffect]
    codes_before: list[int]
    codes_after: list[int]
    moves: list[Move]
    counties: list[CountyMoves]
    movers: list[Mover]
    seconds: float

    @property
    def moved(self) -> int:
        return sum(move.customers for move in self.moves)

    @property
    def valuable(self) -> BandEffect:
        """Return mid and high together, under the mid band's number."""
        rows = [row for row in self.bands if row.band in VALUABLE]
        return BandEffect(
            band=Band.MID,
            customers_before=sum(row.customers_before for row in rows),
            customers_after=sum(row.customers_after for row in rows),
            revenue_before_fen=sum(row.revenue_before_fen for row in rows),
            revenue_after_fen=sum(row.revenue_after_fen for row in rows),
        )

    def as_record(self) -> dict[str, Any]:
        """Return what is kept with the published policy, to compare with the next night's result."""
        return {
            "run": self.run_id,
            "customers": self.customers,
            "bands": {str(row.band): row.customers_after for row in self.bands},
            "moved": self.moved,
        }


@dataclass(frozen=True)
class ComparedBand:
    band: int
    previewed: int
    resulted: int


@dataclass(frozen=True)
class Comparison:
    """The stored preview of the live policy beside what the published run made of it."""

    is_computed: bool
    rows: list[ComparedBand]

    @property
    def is_equal(self) -> bool:
        return all(row.previewed == row.resulted for row in self.rows)


def effect(*, run: Run, ladder: Ladder) -> Effect:
    """Return what the ladder would do on the day of the published run. Saves nothing."""
    started = time.perf_counter()
    verdicts = verdicts_of(run=run, ladder=ladder)
    return Effect(
        run_id=run.pk,
        customers=int((verdicts.band_after > Band.OFF).sum()),
        revenue_fen=int(verdicts.revenue_fen[verdicts.band_after > Band.OFF].sum()),
        bands=[_band_effect(verdicts, band) for band in LADDER_BANDS],
        codes_before=_code_counts(verdicts.code_before, verdicts.band_before),
        codes_after=_code_counts(verdicts.code_after, verdicts.band_after),
        moves=_moves(verdicts),
        counties=_counties(verdicts),
        movers=_movers(verdicts),
        seconds=time.perf_counter() - started,
    )


def verdicts_of(*, run: Run, ladder: Ladder) -> Verdicts:
    """Return both ladders' verdicts on every customer of the run's day, ordered by customer."""
    live = live_policy()
    before, after = thresholds(Ladder.of(live), like=live), thresholds(ladder, like=live)
    months = max(months_needed(before), months_needed(after))
    return Verdicts.joined([_judged(frame, before, after) for frame in _frames(run, months=months)])


def thresholds(ladder: Ladder, *, like: TierPolicy) -> TierThresholds:
    """Return the rule's values: the ladder's limits with the other values of a stored policy."""
    return TierThresholds(
        low_from_fen=ladder.low_from_fen,
        potential_from_fen=ladder.potential_from_fen,
        mid_from_fen=ladder.mid_from_fen,
        high_from_fen=ladder.high_from_fen,
        code_a_tenure_months=like.code_a_tenure_months,
        potential_signals=like.potential_signals,
        grace_months=ladder.grace_months,
    )


def preview_against_result(*, run: Run | None) -> Comparison | None:
    """Compare the live policy's preview with the published run; None when it was published without a preview."""
    live = live_policy()
    if run is None or not live.preview:
        return None
    if run.policies.get("tier") != live.version:
        return Comparison(is_computed=False, rows=[])
    cells = Rollup.objects.filter(run=run, kind="band_stage", row__gt=Band.OFF).values_list("row", "customers")
    resulted = dict.fromkeys(LADDER_BANDS, 0)
    for band, customers in cells:
        resulted[Band(band)] += customers
    previewed = live.preview["bands"]
    return Comparison(
        True,
        [ComparedBand(band, previewed[str(int(band))], resulted[band]) for band in LADDER_BANDS],
    )


def _frames(run: Run, *, months: int) -> Iterator[Frame]:
    buckets = RunBucket.objects.filter(run=run).order_by("bucket").values_list("bucket", flat=True)
    for bucket in buckets:
        frame = features(load_frame(bucket=bucket, as_of=run.as_of, month=month_of(run.month), months=months))
        # Membership of the cohort decides between layers below the strategic one, which no code depends on.
        yield frame.with_columns(cohort_state=np.zeros(len(frame), dtype=np.int8))


def _judged(frame: Frame, before: TierThresholds, after: TierThresholds) -> Verdicts:
    old, new = tiers(bands(frame, before), before), tiers(bands(frame, after), after)
    columns = {
        "customer": frame["id"],
        "county": frame["county_id"],
        "revenue_fen": frame["cum3_fen"],
        "band_before": old["band"],
        "band_after": new["band"],
        "code_before": old["code"],
        "code_after": new["code"],
    }
    return Verdicts(**{name: column.astype(np.int64) for name, column in columns.items()})


def _band_effect(verdicts: Verdicts, band: int) -> BandEffect:
    was, will_be = verdicts.band_before == band, verdicts.band_after == band
    return BandEffect(
        band=int(band),
        customers_before=int(was.sum()),
        customers_after=int(will_be.sum()),
        revenue_before_fen=int(verdicts.revenue_fen[was].sum()),
        revenue_after_fen=int(verdicts.revenue_fen[will_be].sum()),
    )


def _code_counts(codes: Numbers, band: Numbers) -> list[int]:
    return [int(count) for count in np.bincount(codes[band > Band.OFF], minlength=4)[1:4]]


def _moves(verdicts: Verdicts) -> list[Move]:
    moved = verdicts.band_before != verdicts.band_after
    pairs = verdicts.band_before[moved] * 10 + verdicts.band_after[moved]
    revenue = verdicts.revenue_fen[moved]
    return [
        Move(
            int(pair) // 10,
            int(pair) % 10,
            int((pairs == pair).sum()),
            int(revenue[pairs == pair].sum()),
        )
        for pair in np.unique(pairs)[::-1]
    ]


def _counties(verdicts: Verdicts) -> list[CountyMoves]:
    names = dict(Branch.objects.filter(kind=Branch.Kind.COUNTY).order_by("code").values_list("pk", "name"))
    step = verdicts.band_after - verdicts.band_before
    return [
        CountyMoves(
            name,
            int((step[verdicts.county == pk] > 0).sum()),
            int((step[verdicts.county == pk] < 0).sum()),
        )
        for pk, name in names.items()
    ]


def _movers(verdicts: Verdicts) -> list[Mover]:
    moved = np.flatnonzero(verdicts.band_before != verdicts.band_after)
    top = moved[np.lexsort((verdicts.customer[moved], -verdicts.revenue_fen[moved]))][:SHOWN_MOVERS]
    people = Customer.objects.select_related("county").in_bulk([int(pk) for pk in verdicts.customer[top]])
    return [_mover(verdicts, place, people) for place in top]


def _mover(verdicts: Verdicts, place: int, people: dict[int, Customer]) -> Mover:
    customer = people[int(verdicts.customer[place])]
    return Mover(
        customer_id=customer.pk,
        msisdn=customer.msisdn,
        county=customer.county.name,
        before=int(verdicts.band_before[place]),
        after=int(verdicts.band_after[place]),
        average_fen=int(verdicts.revenue_fen[place]) // 3,
    )
