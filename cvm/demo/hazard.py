"""The one hazard of this synthetic branch: it made the past leavers and it will make the future ones.

Everything that enters is observable in the files except `frailty`, which nobody sees; that noise is what keeps any
model of this branch far from perfect.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
LEAVE_BASE = -5.45
FADE_BASE = -3.1


@dataclass(frozen=True)
class Signals:
    """What is known about each customer when a month begins; one value per customer.

    `fall` is the share of spending lost against the three months before (0.3 = 30 %), `just_free` says that a
    contract ended within the last three months and nothing followed, `complaints` counts the last three months.
    """

    fall: Floats
    is_free: npt.NDArray[np.bool_]
    just_free: npt.NDArray[np.bool_]
    complaints: Floats
    tenure_months: Floats
    uses_competitor: Floats
    is_tied: Floats
    pays_late: npt.NDArray[np.bool_]
    is_passive: npt.NDArray[np.bool_]
    frailty: Floats


def leave_chance(signals: Signals, *, shift: float) -> Floats:
    """Return each customer's chance to decide to leave this month."""
    logit = (
        LEAVE_BASE
        + shift
        + 4.4 * np.clip(signals.fall, -0.2, 0.9)
        + signals.just_free * (0.7 + 0.7 * signals.is_passive)
        + 0.35 * signals.is_free
        + 0.7 * np.minimum(signals.complaints, 3)
        + 1.1 * signals.uses_competitor
        - 0.5 * signals.is_tied
        - 0.014 * np.minimum(signals.tenure_months, 84)
        + 0.7 * signals.pays_late
        + 0.4 * signals.frailty
    )
    return sigmoid(logit)


def fade_chance(signals: Signals, *, level: Floats, shift: float) -> Floats:
    """Return each customer's chance to begin to spend less this month; `level` is the standardised spending level."""
    logit = (
        FADE_BASE
        + shift
        + 0.55 * np.clip(level, -2, 3)
        + 0.6 * signals.just_free
        + 0.4 * np.minimum(signals.complaints, 2)
        + 0.7 * signals.uses_competitor
        - 0.3 * signals.is_tied
        + 0.35 * signals.frailty
    )
    return sigmoid(logit)


def sigmoid(logit: Floats) -> Floats:
    """Return 1 / (1 + exp(-logit)); beyond 30 there is nothing left to tell apart."""
    return (1 / (1 + np.exp(-np.clip(logit, -30, 30)))).astype(np.float32)
