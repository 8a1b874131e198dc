"""How much of a quota the running month has used."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from customers.features import months_of
from customers.frame import Frame
from cvm.lib.months import month_of

MOST = 30_000


def share_used(frame: Frame, *, used: str, quotas: tuple[str, str]) -> npt.NDArray[np.int64]:
    """Return whole percent used, cut off; 0 without a quota or before the month's first count.

    The first of the quotas, the month's own, counts where it is known; else that of the profile.
    """
    own, profile = (frame[name].astype(np.int64) for name in quotas)
    quota = np.where(own > 0, own, profile)
    is_running = (frame["usage_day"] > 0) & (months_of(frame["usage_day"]) == month_of(frame.as_of))
    percent = np.zeros(len(frame), dtype=np.int64)
    np.floor_divide(100 * frame[used].astype(np.int64), quota, out=percent, where=is_running & (quota > 0))
    return np.minimum(percent, MOST)
