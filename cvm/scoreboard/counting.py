"""The scoreboard's numbers, each by the same condition as the list it opens."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Avg, Case, Count, F, FloatField, OuterRef, Q, QuerySet, StdDev, Subquery, Sum, When
from django.utils.translation import gettext as _

from callcenter.models import Dispatch
from callcenter.task_forms import WARNING, TaskFilter
from callcenter.task_states import condition
from callcenter.task_terms import CONTROLLED
from customers import access
from customers.models import Customer, Run, Staff, Standing
from cvm.night import partition
from cvm.scoreboard.effect import Effect, Side, effect_of
from lifecycle.models import KeyMoment, MomentKind

MATURE = dt.timedelta(days=30)  # so long after the moment its result is read
COUNTED = ("issued", "delivered", "attempted", "handled", "unhandled", "open", "overdue", "nobody", "control", "rated")


@dataclass(frozen=True)
class Line:
    """One kind of moment (or warnings without a moment) in the period."""

    code: str
    name: str
    seen: int | None  # None: warnings are no moments
    counts: dict[str, int] = field(default_factory=dict)
    dials: int = 0
    calls: int = 0
    seconds: int = 0
    satisfaction: float | None = None
    effect: Effect | None = None  # None: never a control group

    @property
    def minutes(self) -> float | None:
        """Return minutes of desk time per task called about."""
        return self.seconds / 60 / self.calls if self.calls else None

    @property
    def useless(self) -> float | None:
        """Return calls nobody took per task called about."""
        return self.dials / self.calls if self.calls else None


def lines(user: Staff, chosen: TaskFilter, *, run: Run | None, at: dt.datetime) -> list[Line]:
    """Return a line per kind that was seen or issued in the period, in the order of the catalogue; four queries."""
    tasks = Dispatch.objects.visible_to(user).filter(chosen.scope(), call_list=None)
    counted = {row["kind__code"] or WARNING: row for row in _counts(tasks, at=at)}
    seen, effects = _seen(user, chosen), _effects(tasks, run=run, at=at)
    kinds = MomentKind.objects.order_by("category", "code")
    known = [(kind.code, kind.name, seen.get(kind.code, 0)) for kind in kinds]
    return [
        _line(code, name, number, counted.get(code), effects)
        for code, name, number in [*known, (WARNING, _("Warning"), None)]
        if code in counted or number
    ]


def together(found: list[Line]) -> dict[str, int]:
    """Return the sums over all kinds."""
    sums = {name: sum(line.counts[name] for line in found) for name in COUNTED}
    return sums | {"seen": sum(line.seen or 0 for line in found)}


def _counts(tasks: QuerySet[Dispatch], *, at: dt.datetime) -> Any:
    called = Q(channel=Dispatch.Channel.CALL, attempted_at__isnull=False)
    return (
        tasks.values("kind__code")
        .annotate(
            **{name: Count("pk", filter=condition(name, at=at)) for name in COUNTED},
            calls=Count("pk", filter=called),
            all_dials=Sum("dials", filter=called, default=0),
            all_seconds=Sum("seconds", filter=called, default=0),
            mean=Avg("satisfaction"),
        )
        .order_by()
    )


def _seen(user: Staff, chosen: TaskFilter) -> dict[str, int]:
    """Return how many moments were found in the period, whether or not anybody got a task."""
    data, scope = chosen.cleaned_data, access.scope_of(user)
    found = KeyMoment.objects.all()
    if data["kind"]:
        found = found.filter(kind__code=data["kind"])
    if data["since"]:
        found = found.filter(detected_on__gte=data["since"])
    if data["until"]:
        found = found.filter(detected_on__lte=data["until"])
    if data["level"] is not None:
        found = found.filter(level=data["level"])
    people = Customer.objects.visible_to(user)
    people = people.filter(county=data["county"]) if data["county"] else people
    people = people.filter(manager=data["manager"]) if data["manager"] else people
    if not scope.is_everything or data["county"] or data["manager"]:
        found = found.filter(customer__in=people)
    return dict(found.values_list("kind__code").annotate(number=Count("pk")).order_by())


def _effects(tasks: QuerySet[Dispatch], *, run: Run | None, at: dt.datetime) -> dict[str, Effect]:
    """Compare who was issued a task with who was held back, once their moment is old enough."""
    if run is None or not partition.has_members(run):
        return {}  # without the bills of the night nothing can be said
    bill = Standing.objects.filter(run_id=run.pk, customer_id=OuterRef("customer_id")).values("arpu_fen")[:1]
    old = tasks.filter(kind__code__in=CONTROLLED, detected_at__lte=at - MATURE)
    change = old.annotate(change=Subquery(bill, output_field=FloatField()) - F("arpu_fen"))
    sides: dict[str, dict[bool, Side]] = {}
    is_held = Case(When(status=Dispatch.Status.CONTROL, then=True), default=False)
    rows = change.annotate(is_held=is_held).values("kind__code", "is_held").annotate(
        customers=Count("pk"),
        stayed=Count("pk", filter=Q(customer__state__lte=Customer.State.PRE_CANCEL)),
        mean=Avg("change"),
        deviation=StdDev("change"),
    )  # fmt: skip
    for row in rows.order_by():
        side = Side(row["customers"], row["stayed"], row["mean"] or 0.0, row["deviation"] or 0.0)
        sides.setdefault(row["kind__code"], {})[row["is_held"]] = side
    return {code: effect_of(found.get(False, Side()), found.get(True, Side())) for code, found in sides.items()}


def _line(code: str, name: str, seen: int | None, row: dict[str, Any] | None, effects: dict[str, Effect]) -> Line:
    row = row or dict.fromkeys((*COUNTED, "calls", "all_dials", "all_seconds"), 0) | {"mean": None}
    return Line(
        code=code,
        name=name,
        seen=seen,
        counts={name: row[name] for name in COUNTED},
        dials=row["all_dials"],
        calls=row["calls"],
        seconds=row["all_seconds"],
        satisfaction=row["mean"],
        effect=effects.get(code, effect_of(Side(), Side())) if code in CONTROLLED else None,
    )
