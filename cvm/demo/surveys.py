"""What customers answered when the branch asked a few of them: why they stay, what they wish, how satisfied they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cvm.demo.branch import Branch
from cvm.demo.incidents import DAY_SECONDS

Ints = npt.NDArray[np.int32]

SHARE = 0.03  # of the known customers still here were asked
ASKED_DAYS = 60  # within these last days
QUESTIONS = ["why_stay", "wish", "satisfied"]
STAY = ["习惯了", "换号麻烦", "合约没到期", "网络好", "服务好", "家人朋友都在用"]
STAY_SHARES = [0.24, 0.18, 0.12, 0.2, 0.1, 0.16]
WISH = ["资费再优惠些", "流量再多些", "信号再好些", "换一部新手机", "装宽带", "少打电话", "没有"]
WISH_SHARES = [0.28, 0.16, 0.12, 0.1, 0.1, 0.06, 0.18]
SCALE = ["1", "2", "3", "4", "5"]
SCALE_SHARES = [0.04, 0.08, 0.24, 0.38, 0.26]
ANSWERS = [*STAY, *WISH, *SCALE]


@dataclass(frozen=True)
class Surveys:
    """One value per answer: customer, position in QUESTIONS and in ANSWERS, seconds since 1970 local time."""

    customer: Ints
    question: Ints
    answer: Ints
    at: npt.NDArray[np.int64]


def make_surveys(branch: Branch) -> Surveys:
    """Return three answers of each customer asked; who is asked has a bill in the newest month."""
    random = branch.scenario.random("surveys")
    here = np.flatnonzero(branch.has_bill(branch.scenario.months - 1))
    asked = np.sort(random.choice(here, size=max(1, round(len(here) * SHARE)), replace=False)).astype(np.int32)
    day = branch.today - 1 - random.integers(0, ASKED_DAYS, len(asked))
    at = day * DAY_SECONDS + random.integers(9 * 3600, 18 * 3600, len(asked))
    chosen = [
        start + random.choice(len(shares), size=len(asked), p=shares)
        for start, shares in (
            (0, STAY_SHARES),
            (len(STAY), WISH_SHARES),
            (len(STAY) + len(WISH), SCALE_SHARES),
        )
    ]
    return Surveys(
        customer=np.repeat(asked, len(QUESTIONS)),
        question=np.tile(np.arange(len(QUESTIONS), dtype=np.int32), len(asked)),
        answer=np.stack(chosen, axis=1).ravel().astype(np.int32),
        at=np.repeat(at, len(QUESTIONS)),
    )
