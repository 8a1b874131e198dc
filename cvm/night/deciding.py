"""Every decision about a frame of customers, one pure function after the other, from a plan of plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from callcenter import ranking
from customers.features import features
from customers.frame import Frame
from customers.marks import marks
from cvm.night.parcel import Arrays
from lifecycle.moments import Recent, moments
from lifecycle.moments.terms import kinds_of
from lifecycle.signs import with_changes
from lifecycle.stages import StageThresholds, stages
from offers import eligible
from retention import churn
from retention.gate import Purpose, hard_block_columns
from retention.warnings import WarningTerms, warnings
from segmentation.cohort import CohortTerms, cohort
from segmentation.tiers import TierThresholds, bands, tiers


@dataclass(frozen=True)
class Terms:
    """The policies of a plan as the rules take them."""

    tier: TierThresholds
    cohort: CohortTerms
    stage: StageThresholds
    warning: WarningTerms
    catalogue: eligible.Catalogue
    economics: eligible.Economics


@dataclass(frozen=True)
class Past:
    """Moments found on the days before, and the level each had then."""

    recent: Recent
    level: npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Decided:
    """The frame with every verdict, and the moments found tonight as rows."""

    frame: Frame
    hits: Arrays


def terms_of(plan: dict[str, Any]) -> Terms:
    """Return the policies of a plan."""
    return Terms(
        tier=TierThresholds(**plan["tier"]),
        cohort=CohortTerms(**plan["cohort"]),
        stage=StageThresholds(**plan["stage"]),
        warning=WarningTerms(**plan["warning"]),
        catalogue=eligible.catalogue_from(plan["catalogue"]),
        economics=eligible.Economics(**plan["economics"]),
    )


def valued(frame: Frame, terms: Terms) -> Frame:
    """Return the frame with what a customer is worth: sums, band, cohort, layer and code."""
    return tiers(cohort(bands(features(frame), terms.tier), terms.cohort), terms.tier)


def decide(frame: Frame, plan: dict[str, Any], *, scorer: churn.Scorer, past: Past) -> Decided:
    """Return every verdict about the frame's customers.

    The frame brings what context.py loads; `past` are the moments of the days before. Same input, same verdicts.
    """
    terms = terms_of(plan)
    frame = stages(with_changes(valued(frame.with_columns(marks=marks(frame)), terms)), terms.stage)
    frame = warnings(churn.score(scorer, frame), terms.warning)
    frame, hits = moments(frame, kinds_of(plan["moments"]), past.recent)
    frame = frame.with_columns(is_barred=hard_block_columns(frame))
    frame = frame.with_columns(offer_id=eligible.suggest(frame, terms.catalogue, terms.economics))
    frame = frame.with_columns(kept_fen=ranking.kept(frame, terms.catalogue, terms.economics))
    frame = frame.with_columns(
        hard_block=frame["is_barred"] | frame["is_resting"],
        service_block=hard_block_columns(frame, purpose=Purpose.SERVICE) | frame["is_promised"],
    )
    return Decided(frame, {name: hits[name] for name in hits.dtype.names or ()})
