"""Key moments: one module each, beside its MomentKind row. Pure NumPy.

A module holds CODE, BIT (its place in Standing.moments, for good), IS_MONTHLY (the newest bill decides, not the day),
EVIDENCE (the units of value and reference), `Thresholds` (a frozen dataclass of whole numbers, units in the names)
and `detect(frame, thresholds) -> Hits`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from customers.frame import Frame
from cvm.lib.months import day_number, first_day
from lifecycle.moments import (
    a1_first_month,
    a2_birthday,
    a3_anniversary,
    a4_holiday,
    a5_level_up,
    a6_roaming,
    a7_low_balance,
    a8_arrears_stop,
    a9_case_closed,
    b1_data_over,
    b2_voice_over,
    b3_spend_surge,
    b4_handset,
    b5_handset_plan,
    b6_family_broadband,
    b7_points,
    b8_subscription,
    b9_contact,
    c1_bundle_expiry,
    c2_porting,
    c3_wants_less,
    c4_spend_drop,
    c5_retention_line,
    c6_silence,
    c7_competitor,
    c8_trouble,
    c9_group_change,
)
from lifecycle.moments.hits import Hits
from lifecycle.moments.terms import PER_CASE, PLAIN, STEPWISE, KindTerms

MODULES = (
    a1_first_month,
    a2_birthday,
    a3_anniversary,
    a4_holiday,
    a5_level_up,
    a6_roaming,
    a7_low_balance,
    a8_arrears_stop,
    a9_case_closed,
    b1_data_over,
    b2_voice_over,
    b3_spend_surge,
    b4_handset,
    b5_handset_plan,
    b6_family_broadband,
    b7_points,
    b8_subscription,
    b9_contact,
    c1_bundle_expiry,
    c2_porting,
    c3_wants_less,
    c4_spend_drop,
    c5_retention_line,
    c6_silence,
    c7_competitor,
    c8_trouble,
    c9_group_change,
)
REGISTRY = {module.CODE: module for module in MODULES}

NEW_HITS = np.dtype(
    [
        ("position", "i4"),  # in the frame
        ("bit", "i2"),
        ("level", "i2"),
        ("deadline_hours", "i2"),
        ("value", "i4"),
        ("reference", "i4"),
    ]
)
Bits = npt.NDArray[np.int32]
Integers = npt.NDArray[np.integer[Any]]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Recent:
    """Moments found before today: position in the frame, bit of the kind, days since, level and reference they had.

    Without level and reference a stepwise kind takes them for the gravest, a kind per case for another case.
    """

    position: Integers
    bit: Integers
    days: Integers
    level: Integers | None = None
    reference: Integers | None = field(default=None)

    @classmethod
    def none(cls) -> Recent:
        """Return an empty past."""
        nothing = np.zeros(0, dtype=np.int32)
        return cls(nothing, nothing, nothing, nothing, nothing)

    def only(self, chosen: Mask) -> Recent:
        """Return the chosen ones."""
        level = None if self.level is None else self.level[chosen]
        reference = None if self.reference is None else self.reference[chosen]
        return Recent(self.position[chosen], self.bit[chosen], self.days[chosen], level, reference)


def moments(frame: Frame, kinds: Sequence[KindTerms], recent: Recent) -> tuple[Frame, npt.NDArray[np.void]]:
    """Return the frame with the bits of all standing moments, and today's new hits by position and bit (NEW_HITS).

    A kind's bit stands for a customer until its cool-down is over; meanwhile it repeats itself only as its terms say,
    and a monthly kind speaks at most once about one bill. Only the kinds given count, where they are on, and only
    customers in network.
    """
    standing, found = np.zeros(len(frame), dtype=np.int32), []
    for terms in kinds:
        bit = REGISTRY[terms.code].BIT
        past = recent.only(recent.bit == bit)
        past = past.only(_is_on(frame, terms)[past.position])
        new = unsaid(frame, detected(frame, terms), past, terms)
        standing[past.position[past.days < terms.cool_down_days]] |= np.int32(1 << bit)
        standing[new["position"]] |= np.int32(1 << bit)
        found.append(new)
    hits = np.concatenate([np.zeros(0, dtype=NEW_HITS), *found])
    return frame.with_columns(moments=standing), hits[np.lexsort((hits["bit"], hits["position"]))]


def detected(frame: Frame, terms: KindTerms) -> Hits:
    """Return whom a kind finds today, told before or not: customers in network, where it is on."""
    module = REGISTRY[terms.code]
    found: Hits = module.detect(frame, module.Thresholds(**terms.thresholds))
    return found.only(_is_on(frame, terms)[found.rows])


def unsaid(frame: Frame, found: Hits, past: Recent, terms: KindTerms) -> npt.NDArray[np.void]:
    """Return which of a kind's hits are new (NEW_HITS); `past` is what it told these customers on earlier days."""
    module = REGISTRY[terms.code]
    silent, cooling = past.only(past.days < silent_days(frame, terms)), past.only(past.days < terms.cool_down_days)
    is_new = ~_is_among(found, silent.position, len(frame)) & ~_is_repeated(found, cooling, terms, len(frame))
    new = np.zeros(int(is_new.sum()), dtype=NEW_HITS)
    new["position"], new["bit"] = found.rows[is_new], module.BIT
    for name in ("level", "deadline_hours", "value", "reference"):
        new[name] = getattr(found, name)[is_new]
    return new


def silent_days(frame: Frame, terms: KindTerms) -> int:
    """Return for how many days after it spoke of a customer a kind does not speak of him, whatever it finds.

    A plain kind for the whole cool-down; a monthly one at least until the next bill month has closed.
    """
    is_monthly = REGISTRY[terms.code].IS_MONTHLY
    since_bill = frame.today - day_number(first_day(frame.month + 1)) + 1 if is_monthly else 0
    return max(since_bill, terms.cool_down_days if terms.repeats == PLAIN else 0)


def _is_on(frame: Frame, terms: KindTerms) -> Mask:
    is_here: Mask = frame["is_in_network"].astype(np.bool_)
    return is_here & _is_meant(frame, terms)


def _is_meant(frame: Frame, terms: KindTerms) -> Mask:
    """Tell whom a kind is for: by county, and by the tags in force."""
    meant = np.ones(len(frame), dtype=np.bool_)
    if terms.counties:
        meant &= np.isin(frame["county_id"], terms.counties)
    if terms.needs_tags or terms.not_for_tags:
        tags = frame["tags"]
        meant &= (tags & terms.needs_tags) == terms.needs_tags
        meant &= (tags & terms.not_for_tags) == 0
    return meant


def _is_repeated(found: Hits, cooling: Recent, terms: KindTerms, size: int) -> Mask:
    """Tell which hits the cool-down silences: all; those no graver than before; those about the same case."""
    if terms.repeats == STEPWISE and cooling.level is not None:
        before = _highest(found, cooling.position, cooling.level)
        return before >= found.level
    if terms.repeats == PER_CASE and cooling.reference is not None:
        cases = cooling.position.astype(np.int64) << 32 | cooling.reference.astype(np.int64) & 0xFFFFFFFF
        is_told: Mask = np.isin(
            found.rows.astype(np.int64) << 32 | found.reference.astype(np.int64) & 0xFFFFFFFF, cases
        )
        return is_told
    return _is_among(found, cooling.position, size)


def _is_among(found: Hits, position: Integers, size: int) -> Mask:
    """Tell which hits are about the customers at these positions of a frame of that size."""
    is_meant = np.zeros(size, dtype=np.bool_)
    is_meant[position] = True
    is_among: Mask = is_meant[found.rows]
    return is_among


def _highest(found: Hits, position: Integers, level: Integers) -> npt.NDArray[np.int16]:
    """Return the gravest level told before for each hit, -1 for none."""
    highest = np.full(int(max(position.max(initial=-1), found.rows.max(initial=-1))) + 1, -1, dtype=np.int16)
    np.maximum.at(highest, position, level.astype(np.int16))
    before: npt.NDArray[np.int16] = highest[found.rows]
    return before
