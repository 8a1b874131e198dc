"""What a draft ladder would do, exactly: the night's own rules on the published run's day, with the draft's values."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from customers.frame import Frame
from customers.models import Branch, Rollup, Run
from customers.versioning import Compared, Comparison
from segmentation import workload
from segmentation.actions import Ladder, live_policy
from segmentation.ladder_frame import ladder_frame
from segmentation.models import Band, Code
from segmentation.tiers import TierThresholds, band_of, held_sum
from segmentation.workload import Work

NEAR_FEN = 10_00  # a month below the mid line: near enough that one more service would lift the customer over it
DENSITY_FEN, DENSITY_STEPS = 5_00, 72  # up to 360 yuan a month
LADDER_BANDS = (Band.HIGH, Band.MID, Band.POTENTIAL, Band.LOW, Band.VERY_LOW)
VALUABLE = (Band.HIGH, Band.MID)
BANDS = len(Band)

Numbers = npt.NDArray[np.int64]
Small = npt.NDArray[np.int8]


@dataclass(frozen=True)
class BandEffect:
    band: int
    customers_before: int
    customers_after: int
    revenue_before_fen: int
    revenue_after_fen: int

    @property
    def change(self) -> str:
        change = self.customers_after - self.customers_before
        return f"{change:+,}" if change else "–"


@dataclass(frozen=True)
class Move:
    before: int
    after: int
    customers: int
    revenue_fen: int


@dataclass(frozen=True)
class CountyMoves:
    county: int
    name: str
    up: int
    down: int


@dataclass(frozen=True)
class Effect:
    """What a ladder would do to the customers in network. Revenue is the bill of three months, in fen."""

    run_id: int
    customers: int
    revenue_fen: int
    bands: list[BandEffect]
    moves: list[Move]
    counties: list[CountyMoves]
    near: int
    work_before: Work
    work_after: Work
    seconds: float

    @property
    def moved(self) -> int:
        return sum(move.customers for move in self.moves)

    @property
    def milliseconds(self) -> int:
        return round(self.seconds * 1000)

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
class Density:
    """Customers in network by the average bill that decides their band: `customers[i]` from i × `step_fen` on."""

    step_fen: int
    customers: list[int]

    @property
    def step_yuan(self) -> int:
        return self.step_fen // 100


def effect(*, run: Run, ladder: Ladder) -> Effect:
    """Return what the ladder would do on the day of the published run. Saves nothing.

    The first call for a run loads its customers (`ladder_frame`); `seconds` counts from there.
    """
    frame = ladder_frame(run.pk)
    started = time.perf_counter()
    before, after = (bands_under(frame, policy) for policy in policies_of(ladder))
    pairs = before.astype(np.int16) * BANDS + after
    customers, revenue = _matrix(pairs), _matrix(pairs, frame["cum3_fen"])
    kept = _matrix(pairs, frame["kept_fen"])
    valuable = list(VALUABLE)
    return Effect(
        run_id=run.pk,
        customers=int(customers[1:].sum()),
        revenue_fen=int(revenue[1:].sum()),
        bands=[_band_effect(customers, revenue, band) for band in LADDER_BANDS],
        moves=_moves(customers, revenue),
        counties=county_moves(frame, before, after),
        near=int(is_near(frame, ladder).sum()),
        work_before=workload.work(int(customers[valuable].sum()), kept_fen=int(kept[valuable].sum())),
        work_after=workload.work(int(customers[:, valuable].sum()), kept_fen=int(kept[:, valuable].sum())),
        seconds=time.perf_counter() - started,
    )


def density(*, run: Run, grace_months: int) -> Density:
    """Return how many customers stand where on the ladder's scale, the last step open above."""
    frame = ladder_frame(run.pk)
    sums = held_sum(frame, TierThresholds(grace_months=grace_months), back=0)[frame["is_in_network"]]
    steps = np.clip(sums // (3 * DENSITY_FEN), 0, DENSITY_STEPS - 1)
    return Density(DENSITY_FEN, np.bincount(steps, minlength=DENSITY_STEPS).tolist())


def policies_of(ladder: Ladder) -> tuple[TierThresholds, TierThresholds]:
    """Return the ladder in force and the draft as the values of the rule."""
    return Ladder.of(live_policy()).thresholds, ladder.thresholds


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
    rows = [Compared(band, previewed[str(int(band))], resulted[band]) for band in LADDER_BANDS]
    return Comparison(True, rows, _compared_codes(run, live.preview.get("codes", {})))


def _compared_codes(run: Run, previewed: dict[str, int]) -> list[Compared]:
    """Compare the codes where the preview told them: those of earlier versions did not always."""
    if not previewed:
        return []
    resulted = dict.fromkeys(Code.values, 0)
    for code, customers in Rollup.objects.filter(run=run, kind="layer_code").values_list("column", "customers"):
        resulted[code] += customers
    return [Compared(code, previewed[str(code)], resulted[code]) for code in Code.values]


def bands_under(frame: Frame, policy: TierThresholds) -> Small:
    """Return everybody's band today under a policy."""
    return band_of(held_sum(frame, policy, back=0), frame["is_in_network"], policy)


def _matrix(pairs: npt.NDArray[np.int16], values: npt.NDArray[Any] | None = None) -> Numbers:
    """Return customers, or the exact sum of a column, by band before (rows) and after.

    Sums run in doubles, which hold whole fen exactly up to 9e15: ninety trillion yuan.
    """
    sums = np.bincount(pairs, weights=values, minlength=BANDS * BANDS)
    return sums.astype(np.int64).reshape(BANDS, BANDS)


def _band_effect(customers: Numbers, revenue: Numbers, band: int) -> BandEffect:
    return BandEffect(
        band=int(band),
        customers_before=int(customers[band].sum()),
        customers_after=int(customers[:, band].sum()),
        revenue_before_fen=int(revenue[band].sum()),
        revenue_after_fen=int(revenue[:, band].sum()),
    )


def _moves(customers: Numbers, revenue: Numbers) -> list[Move]:
    cells = [(int(before), int(after)) for before, after in np.argwhere(customers)[::-1] if before != after]
    return [Move(before, after, int(customers[before, after]), int(revenue[before, after])) for before, after in cells]


def county_moves(frame: Frame, before: Small, after: Small) -> list[CountyMoves]:
    """Return how many move up and down in each county."""
    step = np.sign(after - before).astype(np.int64) + 1
    names = Branch.objects.filter(kind=Branch.Kind.COUNTY).order_by("code").values_list("pk", "name")
    places = 1 + max((pk for pk, _ in names), default=0)
    found = np.bincount(frame["county_id"] * 3 + step, minlength=3 * places)
    return [CountyMoves(pk, name, int(found[3 * pk + 2]), int(found[3 * pk])) for pk, name in names]


def is_near(frame: Frame, ladder: Ladder) -> npt.NDArray[np.bool_]:
    """Tell who stands below the mid line by less than NEAR_FEN a month."""
    line = 3 * ladder.mid_from_fen
    sums = frame["cum3_fen"]
    below: npt.NDArray[np.bool_] = frame["is_in_network"] & (sums < line) & (sums >= line - 3 * NEAR_FEN)
    return below
