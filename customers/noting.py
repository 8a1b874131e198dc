"""What a night's frames held of the columns that are kept only as they are now, so that its day can be told again.

Each night notes these columns as it loaded them, bucket by bucket: packed whole while the next night still compares
with them, and for good as what differed from the night before (`DayNote`). A past night is the newest one, undone
night by night; between two nights the earlier one speaks. Pure NumPy but for `write` and `tidy`.
"""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from customers.frame import Column, Frame
from customers.models import DayNote, Run
from cvm.lib.months import day_number, first_day, month_of

VERSION = 1  # of the list below, in the plan of a night: nights of another version do not follow each other
USAGE = frozenset(
    {
        "usage_day",
        "used_data_mb",
        "used_voice_min",
        "month_data_quota_mb",
        "month_voice_quota_min",
        "zero_call_days",
        "competitor_forward_days",
        "competitor_hotline_calls",
        "onnet_bp",
        "previous_onnet_bp",
        "province_roam_days",
        "has_roamed_before",
    }
)
HANDSET = frozenset({"handset_changed_day", "handset_months"})
PROFILE = frozenset(
    {
        "state_changed_day",
        "stop_reason",
        "star_level",
        "vip_card",
        "last_call_day",
        "data_quota_mb",
        "voice_quota_min",
        "balance_fen",
        "has_balance",
        "pay_mode",
        "plan_fee_fen",
        "next_plan_fee_fen",
        "plan_is_5g",
        "sim_is_5g",
        "handset_is_5g",
        "dual_sim",
        "broadband_carrier",
        "broadband_end_day",
        "is_address_covered",
        "points_expire_day",
        "points_expiring",
        "is_special",
        "is_key_person",
        "duty_mark",
        "group_ported_30d",
        "family_role",
        "payer_left_day",
        "vnet",
    }
)
MARKS = "previous_marks"
NOTED = USAGE | HANDSET | PROFILE | {MARKS}
YES_NO = frozenset({"has_roamed_before", "has_balance", "is_special", "is_key_person"})
KEEP_MONTHS = 13
QUICK = 1  # of zlib's levels: the bytes of small differences are mostly zeros

Int32 = npt.NDArray[np.int32]


class Nights:
    """The noted nights of one bucket, oldest first, standing at one of them; `at` moves there and back.

    `newest`: the columns of the newest night by slot; `undo[night][name]`: packed, what to add to get the night before.
    `slots`: the place of each wanted customer; one that a night did not know yet reads as zeros.
    """

    def __init__(
        self,
        days: Sequence[int],
        newest: Mapping[str, Int32],
        undo: Sequence[Mapping[str, bytes]],
        slots: npt.NDArray[Any],
    ) -> None:
        self._days, self._undo, self._slots = np.array(days, dtype=np.int64), undo, slots
        self._columns = dict(newest)
        self._place = len(days) - 1

    def number(self, day: dt.date) -> int | None:
        """Return which night speaks for a day, negative for a day without a night of its own; None before the first.

        The number changes with what there is to tell.
        """
        night, is_own = self._night_of(day)
        if night < 0:
            return None
        return night if is_own else -night - 1

    def at(self, day: dt.date, names: Collection[str]) -> dict[str, Column]:
        """Return the columns among the names as of a day that has a number.

        A day without a night has nothing before it to compare with, so nothing counts as changed on it.
        """
        night, is_own = self._night_of(day)
        self._move(night)
        found: dict[str, Column] = {name: self._of(name) for name in self._columns if name in names}
        if MARKS in found and not is_own:
            found[MARKS] = np.zeros(len(self._slots), np.int32)
        return found

    def _night_of(self, day: dt.date) -> tuple[int, bool]:
        """Return the last night up to a day (-1 none), and whether it was on that very day."""
        today = day_number(day)
        night = int(np.searchsorted(self._days, today, side="right")) - 1
        return night, night >= 0 and bool(self._days[night] == today)

    def _of(self, name: str) -> Column:
        values = self._columns[name]
        column = np.zeros(len(self._slots), np.int32)
        known = self._slots < len(values)
        column[known] = values[self._slots[known]]
        return column.astype(np.bool_) if name in YES_NO else column

    def _move(self, night: int) -> None:
        while self._place > night:
            self._step(self._undo[self._place], np.int32(1))
            self._place -= 1
        while self._place < night:
            self._place += 1
            self._step(self._undo[self._place], np.int32(-1))

    def _step(self, changed: Mapping[str, bytes], sign: np.int32) -> None:
        for name, packed in changed.items():
            difference = unpacked(packed)
            # numbers wrap round in both directions alike, so what is undone can be done again exactly
            values = np.zeros(max(len(difference), len(self._columns[name])), np.int32)
            values[: len(self._columns[name])] = self._columns[name]
            values[: len(difference)] += sign * difference
            self._columns[name] = values


def noted_columns(frame: Frame, *, first: int) -> dict[str, Int32]:
    """Return the noted columns by slot; `first`: the customer of slot 0."""
    slots = frame["id"].astype(np.int64) - first
    size = int(slots.max(initial=-1)) + 1
    found: dict[str, Int32] = {}
    for name in sorted(NOTED):
        found[name] = np.zeros(size, np.int32)
        found[name][slots] = frame[name]
    return found


def undoing(before: Int32, now: Int32) -> bytes:
    """Return what to add to `now` to get `before`, packed; nothing where they are the same."""
    size = max(len(before), len(now))
    old, new = np.zeros(size, np.int32), np.zeros(size, np.int32)
    old[: len(before)], new[: len(now)] = before, now
    return packed(old - new) if not np.array_equal(old, new) else b""


def packed(values: Int32) -> bytes:
    """Return whole numbers as bytes: the lowest byte of all, then the next, which squeezes well."""
    lanes = np.ascontiguousarray(values.astype("<i4").view(np.uint8).reshape(-1, 4).T)
    return zlib.compress(lanes.tobytes(), QUICK)


def unpacked(data: bytes | memoryview) -> Int32:
    """Return the numbers of `packed`."""
    lanes = np.frombuffer(zlib.decompress(data), np.uint8).reshape(4, -1)
    return np.ascontiguousarray(lanes.T).reshape(-1).view("<i4").astype(np.int32, copy=False)


def write(frame: Frame, *, run: Run, bucket: int, first: int) -> None:
    """Note a bucket for a night and what differs from the one before; part of the bucket's transaction."""
    before = DayNote.objects.filter(run=run.plan["previous_run"], bucket=bucket).exclude(values=b"")
    known = {name: unpacked(values) for name, values in before.values_list("column", "values")}
    DayNote.objects.bulk_create(
        DayNote(
            run=run,
            bucket=bucket,
            column=name,
            values=packed(values),
            before=undoing(known[name], values) if name in known else b"",
        )
        for name, values in noted_columns(frame, first=first).items()
    )


def read(*, bucket: int, nights: Sequence[tuple[int, dt.date]], names: Collection[str], slots: Any) -> Nights | None:
    """Return the wanted columns of the noted nights (run, day; oldest first); None where nothing of it is noted."""
    wanted = sorted(NOTED.intersection(names))
    if not nights or not wanted:
        return None
    runs = [run for run, _day in nights]
    rows = DayNote.objects.filter(bucket=bucket, column__in=wanted)
    newest = {name: unpacked(values) for name, values in rows.filter(run=runs[-1]).values_list("column", "values")}
    undo: dict[int, dict[str, bytes]] = {run: {} for run in runs}
    changes = rows.filter(run__in=runs).exclude(before=b"").values_list("run_id", "column", "before")
    for run, name, before in changes.iterator():
        undo[run][name] = bytes(before)
    return Nights([day_number(day) for _run, day in nights], newest, [undo[run] for run in runs], slots)


def noted_nights(run: Run) -> list[tuple[int, dt.date]]:
    """Return the nights from the first noted one to a published run, each compared with the one before it; one query."""
    nights = Run.objects.filter(status=Run.Status.PUBLISHED, as_of__lte=run.as_of, plan__notes_version=VERSION)
    known = {
        pk: (as_of, previous)
        for pk, as_of, previous in nights.values_list("pk", "as_of", "plan__previous_run").iterator()
    }
    found: list[tuple[int, dt.date]] = []
    here: int | None = run.pk
    while here in known:
        as_of, previous = known[here]
        found.append((here, as_of))
        here = previous
    return found[::-1]


def tidy(*, as_of: dt.date, kept: Collection[int]) -> None:
    """Forget whole columns nobody compares with any more, and nights older than a back-test reaches."""
    DayNote.objects.exclude(run__in=kept).exclude(values=b"").update(values=b"")
    DayNote.objects.filter(run__as_of__lt=first_day(month_of(as_of) - KEEP_MONTHS)).delete()
