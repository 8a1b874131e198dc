"""The whole stage rule of DOMAIN 4.6 for one customer and month, and the same tabulated once for all customers."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
import numpy.typing as npt

# The numbers of lifecycle.models; test_stages holds the two together.
NONE, ACQUISITION, GROWTH, MATURITY, DECLINE, EXIT = 0, 1, 2, 3, 4, 5
NEW, FIRST_YEAR, RISING, STEADY, FALLING, SIGNALS, PORTING, LOW_MONTHS = 1, 2, 3, 4, 5, 6, 7, 8
OFF_NETWORK, PRE_CANCELLED, SUSPENDED_LONG, SILENT, RETURNED, RECOVERED = 9, 10, 11, 12, 13, 14
KEPT = 0  # as a reason: the one before still stands

# Within each list the last that holds is the one told; 0 = none.
EXIT_CAUSES = (KEPT, SILENT, SUSPENDED_LONG, PRE_CANCELLED, OFF_NETWORK)
DECLINE_CAUSES = (KEPT, SIGNALS, FALLING, LOW_MONTHS, PORTING)
NEWCOMER, IN_FIRST_YEAR, OLDER = 0, 1, 2

Small = npt.NDArray[np.int8]


def next_stage(
    stage: int,
    *,
    exit_cause: int,
    decline_cause: int,
    tenure: int,
    is_back: bool = False,
    rises: bool = False,
    rises_again: bool = False,
    recovers: bool = False,
    settles: bool = False,
) -> tuple[int, int]:
    """Return one customer's stage after a month, and the clause that put him there (KEPT: the one before stands).

    Causes are reasons or KEPT for none; tenure is one of the three classes. `rises` is this month's growth alone;
    `rises_again`, `recovers` and `settles` need the policy's months running.
    """
    if stage == NONE and exit_cause == OFF_NETWORK:
        return NONE, KEPT
    if exit_cause:
        return EXIT, exit_cause
    if stage == EXIT:
        return (GROWTH, RETURNED) if is_back else (EXIT, KEPT)
    if tenure == NEWCOMER and stage in (NONE, ACQUISITION):
        return ACQUISITION, NEW
    if decline_cause:
        return DECLINE, decline_cause
    if stage == DECLINE:
        return _after_decline(recovers=recovers, grows=rises or tenure != OLDER)
    if tenure != OLDER:
        return GROWTH, KEPT if stage == GROWTH else FIRST_YEAR
    if rises_again:
        return GROWTH, KEPT if stage == GROWTH else RISING
    if stage == GROWTH and not settles:
        return GROWTH, KEPT
    return MATURITY, KEPT if stage == MATURITY else STEADY


def _after_decline(*, recovers: bool, grows: bool) -> tuple[int, int]:
    if not recovers:
        return DECLINE, KEPT
    return (GROWTH if grows else MATURITY), RECOVERED


@cache
def table() -> Small:
    """Return `next_stage` for every situation: stage in the low three bits, reason above. The index counts, from
    the fastest: stage (6), exit cause (5), decline cause (5), tenure (3), then the five yes-or-no questions.
    """
    answers = [
        next_stage(
            stage,
            exit_cause=exit_cause,
            decline_cause=decline_cause,
            tenure=tenure,
            is_back=bool(is_back),
            rises=bool(rises),
            rises_again=bool(rises_again),
            recovers=bool(recovers),
            settles=bool(settles),
        )
        for settles, recovers, rises_again, rises, is_back, tenure, decline_cause, exit_cause, stage in product(
            *[(False, True)] * 5, (NEWCOMER, IN_FIRST_YEAR, OLDER), DECLINE_CAUSES, EXIT_CAUSES, range(EXIT + 1)
        )
    ]
    return np.array([stage | reason << 3 for stage, reason in answers], dtype=np.int8)
