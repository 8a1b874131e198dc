"""One import as its page tells it: where every row went, the money, what the check found, what came of the rejects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Sum
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext as _

from customers.importing import checking
from customers.importing.errors import WARNINGS, spoken_error, spoken_warning
from customers.importing.receipts import spoken
from customers.masking import HIDDEN, masked_text
from customers.models import ImportBatch
from cvm.imports.field_words import field_name
from cvm.lib.money import yuan_text

Status = ImportBatch.Status
CHECKED = (Status.READY, Status.QUEUED, Status.RUNNING)
STORED = (Status.COMMITTED, Status.UNDONE)


@dataclass(frozen=True)
class Part:
    """One number of the equation, its name and the colour it is shown in."""

    count: int
    name: str
    tone: str


@dataclass(frozen=True)
class Equation:
    """rows read = the parts together."""

    read: int
    parts: list[Part]

    @property
    def holds(self) -> bool:
        return self.read == sum(part.count for part in self.parts)


@dataclass(frozen=True)
class Compared:
    """What the sender says beside what we found."""

    said: int
    found: int
    is_money: bool

    @property
    def agrees(self) -> bool:
        return self.said == self.found

    @property
    def difference(self) -> int:
        return self.found - self.said


@dataclass(frozen=True)
class Said:
    """A warning or a stop in words; a stop that may be overridden asks for a reason."""

    text: str
    can_override: bool = False


@dataclass(frozen=True)
class BatchView:
    """Everything the receipt and the check show besides the batch itself."""

    equation: Equation | None
    money_accepted_fen: int | None
    money_rejected_fen: int | None
    controls: list[Compared]
    months: list[dict[str, Any]]
    fields: list[tuple[str, int | None, int]]
    warnings: list[Said]
    stops: list[Said]
    rejects: list[dict[str, Any]]
    error: str
    overrides: str
    seconds: float | None
    mended: int | None
    revisions: list[ImportBatch] = field(default_factory=list)
    fixes: list[ImportBatch] = field(default_factory=list)

    @property
    def has_firm_stop(self) -> bool:
        """Return whether something stands in the way that no reason can override."""
        return any(not stop.can_override for stop in self.stops)


def view_of(batch: ImportBatch) -> BatchView:
    """Return what the page of a batch shows of its receipt, or of its check before there is one."""
    found: Mapping[str, Any] = batch.preview or {}
    is_stored = batch.status in STORED
    has_figures = is_stored or (batch.status in CHECKED and "rows_read" in found)
    return BatchView(
        equation=equation(batch, found, is_stored=is_stored) if has_figures else None,
        money_accepted_fen=_money(batch, found, "money_accepted_fen", is_stored) if has_figures else None,
        money_rejected_fen=_money(batch, found, "money_rejected_fen", is_stored) if has_figures else None,
        controls=_controls(found),
        months=[_month(one) for one in found.get("months", ())],
        fields=[(field_name(batch.kind, one["name"]), one["filled"], one["changed"]) for one in found.get("fields", ())],
        warnings=[Said(_warning(one)) for one in found.get("warnings", ())],
        stops=[Said(spoken_stop(one), bool(one.get("can_override"))) for one in found.get("stops", ())],
        rejects=[_reject(one) for one in found.get("rejects", ())],
        error=error_of(batch),
        overrides=str(found.get("override_reason", "")),
        seconds=(batch.finished_at - batch.started_at).total_seconds() if batch.finished_at else None,
        mended=_mended(batch) if is_stored and batch.rows_rejected else None,
        revisions=_revisions(batch) if is_stored else [],
        fixes=list(batch.fixed_by.order_by("pk")),
    )  # fmt: skip


def error_of(batch: ImportBatch) -> str:
    """Return why a batch failed, worded for the reader where its code is known."""
    stops = batch.error_detail.get("stops") if isinstance(batch.error_detail, dict) else None
    if stops and all(isinstance(stop, dict) for stop in stops):
        return " ".join(spoken_stop(stop) for stop in stops)
    return spoken_error(batch.error_code, batch.error_detail) if batch.error_code else batch.error


def equation(batch: ImportBatch, found: Mapping[str, Any], *, is_stored: bool) -> Equation:
    """Return where every row went: stored figures, or those of the check before anything is stored."""
    numbers = _stored(batch) if is_stored else {name: found.get(f"rows_{name}", 0) for name in NAMES}
    read = batch.rows_read if is_stored else found["rows_read"]
    names = NAMES if numbers["new"] is not None else ("accepted", "rejected", "duplicate")
    numbers["accepted"] = batch.rows_accepted
    return Equation(read, [Part(numbers[name], words_of(name), TONES.get(name, "")) for name in names])


def words_of(name: str) -> str:
    """Return the name of a part of the equation."""
    return {
        "new": _("new"),
        "changed": _("changed"),
        "unchanged": _("unchanged"),
        "accepted": _("accepted"),
        "rejected": _("rejected rows"),
        "duplicate": _("identical duplicates"),
    }[name]


NAMES = ("new", "changed", "unchanged", "rejected", "duplicate")
TONES = {"new": "good", "changed": "accent", "accepted": "good", "rejected": "bad"}


def _stored(batch: ImportBatch) -> dict[str, Any]:
    return {name: getattr(batch, f"rows_{name}") for name in NAMES}


def _money(batch: ImportBatch, found: Mapping[str, Any], name: str, is_stored: bool) -> int | None:
    if not batch.has_money:
        return None
    value: int | None = getattr(batch, name) if is_stored else found.get(name)
    return value


def _controls(found: Mapping[str, Any]) -> list[Compared]:
    control = found.get("control") or {}
    return [
        Compared(one["said"], one["found"], name == "money_fen")
        for name in ("rows", "money_fen")
        if (one := control.get(name)) and one.get("said") is not None
    ]


def _month(one: Mapping[str, Any]) -> dict[str, Any]:
    """Return a month of the file with its median bill against the month before, in percent."""
    ratio = one.get("ratio_permille")
    return {**one, "change_bp": None if ratio is None else (ratio - 1000) * 10}


def spoken_stop(one: Mapping[str, Any]) -> str:
    """Return a stop in the reader's language; amounts in yuan."""
    detail = dict(one.get("detail", {}))
    if one["code"] == "control_money_fen":
        return _("The sender counted %(said)s, the file has %(found)s.") % {
            name: yuan_text(int(detail[name])) for name in ("said", "found")
        }
    return checking.spoken_stop({**one, "detail": detail})


def _warning(one: Mapping[str, Any] | Sequence[Any]) -> str:
    """Return a warning in words; those of the reader come as pairs, those of the check as objects."""
    code, detail = (one["code"], one.get("detail", {})) if isinstance(one, Mapping) else (one[0], one[1])
    if code in checking.WARNINGS:
        return gettext(checking.WARNINGS[code]) % detail
    return spoken_warning(code, detail) if code in WARNINGS else spoken_error(code, detail)


def _reject(one: Mapping[str, Any]) -> dict[str, Any]:
    value = masked_text(str(one.get("value", ""))) if one.get("column") else HIDDEN
    return {**one, "value": value, "reason": capfirst(spoken(one["reason"]))}


def _mended(batch: ImportBatch) -> int:
    """Return how many rows have come in by the files that fix this one's rejects."""
    fixed = batch.fixed_by.filter(status=Status.COMMITTED).aggregate(rows=Sum("rows_accepted"))["rows"]
    return min(fixed or 0, batch.rows_rejected)


def _revisions(batch: ImportBatch) -> Sequence[ImportBatch]:
    """Return every file of the same kind and month, newest first."""
    if batch.month is None:
        return []
    same = ImportBatch.objects.filter(kind=batch.kind, month=batch.month, status__in=STORED)
    return list(same.select_related("created_by").order_by("-revision", "-pk")[:20])
