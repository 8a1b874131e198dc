"""A few customers and what the moments say of them: shared by the tests of the key moments."""

from __future__ import annotations

import datetime as dt

import numpy as np

from customers.features import features
from customers.tests.frames import make_frame
from lifecycle.moments import REGISTRY, Recent, moments
from lifecycle.moments.terms import KindTerms
from segmentation.cohort import CohortTerms, cohort

TODAY = dt.date(2018, 1, 5)
COOL_DOWN = {"C1": 20, "C4": 60, "C5": 25, "B3": 60, "A2": 300, "A3": 300}
KINDS = [KindTerms(code, days) for code, days in COOL_DOWN.items()]
FLAT = {"bills": [100, 100, 100]}


def frame_of(*rows, as_of=TODAY, month="2017-12"):
    """Return the rows as the night gives them to the moments; the code is C (3) where a row has none."""
    coded = [{"code": 3, **row} for row in rows]
    frame = features(make_frame(coded, as_of=as_of, month=month, months=12))
    if not rows:
        frame = frame.with_columns(code=np.zeros(0, dtype=np.int8))
    return cohort(frame, CohortTerms(year=2017))


def found(code, *rows, thresholds=None, **when):
    """Return (row, level, hours, value, reference) of each hit of one detector."""
    module = REGISTRY[code]
    hits = module.detect(frame_of(*rows, **when), module.Thresholds(**thresholds or {}))
    columns = (hits.rows, hits.level, hits.deadline_hours, hits.value, hits.reference)
    return [tuple(int(cell) for cell in line) for line in zip(*columns, strict=True)]


def run(frame, *, past=(), kinds=KINDS):
    """Return (moments column, [(position, bit)] of new hits); past holds (position, bit, days, level, reference)."""
    recent = (
        Recent(*(np.array(column, dtype=np.int32) for column in zip(*past, strict=True))) if past else Recent.none()
    )
    judged, hits = moments(frame, kinds, recent)
    return judged["moments"].tolist(), [(int(hit["position"]), int(hit["bit"])) for hit in hits]
