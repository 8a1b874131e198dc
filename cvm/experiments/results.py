"""What a test taught: exact counts per arm, intervals, and a verdict only when it is due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import BigIntegerField, Count, DecimalField, F, Sum
from django.db.models.functions import Cast
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.models import Staff
from cvm.experiments.parts import PARTS, members_of, merged_away
from offers.inference import (
    UNBALANCED,
    Interval,
    Sums,
    mean_difference,
    mean_interval,
    sample_ratio_p,
    share_difference,
    share_interval,
)
from offers.models import Experiment, ExperimentArm
from offers.sampling import FALSE_ALARM, level_of

TOO_EARLY, STOPPED, UNEVEN, TOO_FEW = "too_early", "stopped", "uneven", "too_few"
BETTER, WORSE, NO_DIFFERENCE = "better", "worse", "no_difference"
VERDICTS: dict[str, Promise] = {
    TOO_EARLY: _("Too early to say: the measure is read on the last day."),
    STOPPED: _("Stopped early: the figures stand, but nothing is concluded from them."),
    UNEVEN: _("Nothing is concluded: the members did not divide as they were drawn. Find out why first."),
    TOO_FEW: _("Too few members for the difference asked about: the interval stands, a verdict does not."),
    BETTER: _("Better than the control"),
    WORSE: _("Worse than the control"),
    NO_DIFFERENCE: _("No difference shown"),
}


@dataclass(frozen=True)
class ArmResult:
    """One arm: exact counts by part, its measures with intervals, the difference from the control once it is due."""

    arm: ExperimentArm
    counts: dict[str, int]
    change: Sums  # of the three-month bill, over the members measured
    kept: Interval | None
    mean_change: Interval | None
    kept_difference: Interval | None
    change_difference: Interval | None
    verdict: str

    @property
    def label(self) -> str:
        return self.arm.label

    @property
    def is_control(self) -> bool:
        return self.arm.offer_id is None


@dataclass(frozen=True)
class Results:
    """A test as one reader sees it: arms, what holds every verdict back (or nothing), and the check of the split."""

    arms: list[ArmResult]
    withheld: str
    ratio_p: float
    merged: int

    @property
    def members(self) -> int:
        return sum(arm.counts["members"] for arm in self.arms)

    @property
    def is_uneven(self) -> bool:
        return self.ratio_p < UNBALANCED


def results(experiment: Experiment, *, user: Staff) -> Results:
    """Return the figures of a test over the members this person may see; three queries however many arms."""
    arms = list(experiment.arms.select_related("offer").order_by("position"))
    counted = _counted(experiment, user)
    rows = [counted.get(arm.pk, _nobody()) for arm in arms]
    ratio_p = sample_ratio_p([row["members"] for row in rows], [arm.share_permille for arm in arms])
    control = next(row for arm, row in zip(arms, rows, strict=True) if arm.offer_id is None)
    withheld = _withheld(experiment, members=sum(row["members"] for row in rows), ratio_p=ratio_p)
    found = [
        _result(arm, row, control, experiment=experiment, withheld=withheld, comparisons=len(arms) - 1)
        for arm, row in zip(arms, rows, strict=True)
    ]
    return Results(found, withheld, ratio_p, merged_away(experiment, user=user).count())


def _counted(experiment: Experiment, user: Staff) -> dict[int, dict[str, Any]]:
    change = F("cum3_fen") - F("base_cum3_fen")
    square = Cast(change, DecimalField(max_digits=40, decimal_places=0)) * change
    rows = (
        members_of(experiment, user=user)
        .order_by()
        .values("arm_id")
        .annotate(
            **{name: Count("pk", filter=condition) if condition else Count("pk") for name, (_words, condition) in PARTS.items()},
            measured=Count("cum3_fen"),
            total=Sum(Cast(change, BigIntegerField())),
            squares=Sum(square),
        )
    )  # fmt: skip
    return {row["arm_id"]: row for row in rows}


def _nobody() -> dict[str, Any]:
    return dict.fromkeys((*PARTS, "measured"), 0) | {"total": None, "squares": None}


def _withheld(experiment: Experiment, *, members: int, ratio_p: float) -> str:
    """Return what forbids every verdict, an empty word when nothing does."""
    if experiment.status != Experiment.Status.ENDED:
        return TOO_EARLY
    if experiment.is_stopped:
        return STOPPED
    if ratio_p < UNBALANCED:
        return UNEVEN
    return TOO_FEW if members < experiment.needed else ""


def _result(
    arm: ExperimentArm,
    row: dict[str, Any],
    control: dict[str, Any],
    *,
    experiment: Experiment,
    withheld: str,
    comparisons: int,
) -> ArmResult:
    ours, theirs = _sums(row), _sums(control)
    level, kept, change = level_of(comparisons), None, None
    if arm.offer_id is not None and withheld not in (TOO_EARLY, UNEVEN):
        seen, known = row["kept"] + row["lost"], control["kept"] + control["lost"]
        kept = share_difference(row["kept"], seen, control["kept"], known, level=level)
        change = mean_difference(ours, theirs, level=level)
    main = kept if experiment.measure == Experiment.Measure.KEPT else change
    return ArmResult(
        arm=arm,
        counts={name: row[name] for name in PARTS},
        change=ours,
        kept=share_interval(row["kept"], row["kept"] + row["lost"], level=FALSE_ALARM),
        mean_change=mean_interval(ours, level=FALSE_ALARM),
        kept_difference=kept,
        change_difference=change,
        verdict="" if arm.offer_id is None or withheld else _verdict(main),
    )


def _sums(row: dict[str, Any]) -> Sums:
    return Sums(row["measured"], int(row["total"] or 0), int(row["squares"] or 0))


def _verdict(difference: Interval | None) -> str:
    if difference is None or difference.low <= 0 <= difference.high:
        return NO_DIFFERENCE
    return BETTER if difference.low > 0 else WORSE
