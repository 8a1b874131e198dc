"""The mapping page's content: each column of the file with what it is taken for and how its values are understood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.importing import guessing, targets
from customers.importing.errors import ImportRefused
from customers.importing.fields import Field
from customers.importing.guessing import Dictionary, Guess
from customers.importing.mapping import Mapped, map_columns
from customers.importing.parsing import EMPTY, VERDICTS, parse
from customers.importing.reasons import Reason
from customers.importing.rows import NONE
from customers.importing.words import header_of
from customers.models import ImportBatch, MappingTemplate
from cvm.imports import first_rows
from cvm.imports.field_words import TABLES, choice_name, field_name, unit_name
from cvm.imports.first_rows import FirstRows
from cvm.imports.mapping_form import (
    Choices,
    MappingIncomplete,
    Pick,
    best_template,
    fields_of,
    meanings,
    month_in,
    picks_of_guess,
    picks_of_template,
    spec_of,
)
from cvm.lib.money import yuan_text
from cvm.lib.months import day_of, label

SAMPLES = 3
SHOWN_ROWS = 20
ENCODINGS = ("utf-8", "gb18030")
MOST_WORDS = 12  # unknown words offered for translation in one column
WHY = {
    "same": gettext_lazy("known name"),
    "alike": gettext_lazy("similar name"),
    "content": gettext_lazy("by its values"),
    "place": gettext_lazy("by its place"),
    "not_stored": gettext_lazy("known, not kept: we compute it or have no use for it"),
    "year": gettext_lazy("a year is part of the name: import the file once more as a cohort list"),
}


@dataclass(frozen=True)
class Word:
    """A word of a choice that the mapping does not know yet, and the values it could mean."""

    name: str
    text: str
    options: list[tuple[str, str]]
    chosen: str = ""


@dataclass(frozen=True)
class Sample:
    """A value as it stands in the file (masked), and how it is understood; not, when `is_bad`."""

    written: str
    understood: str = ""
    is_bad: bool = False


@dataclass(frozen=True)
class Line:
    """One column of the file on the page."""

    position: int
    header: str
    samples: list[Sample]
    field: str
    units: list[tuple[str, str]]
    unit: str
    unit_is_said: bool
    date_format: str
    why: str
    confidence: int
    words: list[Word]


@dataclass(frozen=True)
class Sketch:
    """Everything the mapping page shows for one file as it would be read now."""

    choices: Choices
    lines: list[Line]
    rows: list[list[str]]
    header: list[str]
    encoding: str
    has_fixed_header: bool
    field_groups: list[tuple[str, list[tuple[str, str]]]]
    templates: list[MappingTemplate]
    missing: list[str]
    problem: str = ""
    spec: Mapping[str, Any] = field(default_factory=dict)
    first: FirstRows = field(default_factory=lambda: FirstRows((), (), "", False))

    @property
    def encodings(self) -> list[tuple[str, str]]:
        """Return the encodings a person may insist on; none for files that are no text."""
        if not self.first.is_text:
            return []
        return [("", _("found: %(encoding)s") % {"encoding": self.encoding}), *((one, one) for one in ENCODINGS)]

    @property
    def sheets(self) -> list[tuple[str, bool]]:
        """Return the sheets of a workbook that has several, each with whether it is read."""
        names = self.first.sheets
        return [(name, name not in self.first.unread_sheets) for name in names] if len(names) > 1 else []

    @property
    def sheets_read(self) -> list[str]:
        """Return the sheets that are read when nobody says which; none when somebody did."""
        return [] if self.choices.sheets else [name for name, is_read in self.sheets if is_read]

    @property
    def needs_month(self) -> bool:
        """Return whether a person has to name the month, because no column does."""
        picked = {pick.field for pick in self.choices.columns.values()}
        wanted = {one.name for one in fields_of(self.choices.kind)}
        return "month" in wanted and "month" not in picked

    @property
    def shows_month(self) -> bool:
        """Return whether a month is asked at all; some templates make dates from it."""
        return self.needs_month or bool(self.choices.template and self.choices.template.spec.get("derive"))


def known_kinds() -> Dictionary:
    """Return what guessing knows about every kind that can be imported."""
    return guessing.dictionary({kind: targets.target_of(kind).fields for kind in targets.kinds()})


def draw(batch: ImportBatch, choices: Choices | None = None) -> Sketch:
    """Return the page's content, guessed where nothing was said; raises ImportRefused when the file cannot be read."""
    said = choices or Choices(kind=batch.kind, template=batch.template if batch.fixes_id else None)
    raw = first_rows.read(batch, encoding=said.encoding, sheets=said.sheets)
    known = known_kinds()
    found = guessing.guess(
        (raw.header, *raw.rows) if raw.has_fixed_header else raw.rows,
        known,
        file_name=batch.file_name,
        kind=said.kind,
        has_header=_has_header(said, raw),
    )
    first = raw.with_header(found.has_header)
    full = _completed(said, batch, found, first, is_new=choices is None)
    return _sketch(full, found, first, known, batch)


def _has_header(said: Choices, raw: FirstRows) -> bool | None:
    if raw.has_fixed_header:
        return True
    if said.has_header is None and said.template is not None:
        return bool(said.template.spec.get("header", True))
    return said.has_header


def _completed(said: Choices, batch: ImportBatch, found: Guess, first: FirstRows, *, is_new: bool) -> Choices:
    """Fill in what nobody has said yet: kind, template, month, and a pick for every column."""
    template = said.template
    if is_new and template is None:
        template = best_template(found.kind, first.header, first.width, found)
    month = said.month or (label_of(batch) if is_new else "") or (month_in(batch.file_name) if is_new else "")
    full = replace(said, kind=found.kind, template=template, has_header=found.has_header, month=month)
    if said.columns:
        return full
    picks = picks_of_template(template, first.header, first.width) if template else picks_of_guess(found)
    return replace(full, columns={place: picks.get(place, Pick()) for place in range(1, first.width + 1)})


def label_of(batch: ImportBatch) -> str:
    """Return the batch's month as YYYY-MM, or nothing."""
    return batch.month.strftime("%Y-%m") if batch.month else ""


def _sketch(choices: Choices, found: Guess, first: FirstRows, known: Dictionary, batch: ImportBatch) -> Sketch:
    words = next(one.words for one in known.kinds if one.kind == choices.kind)
    fields = fields_of(choices.kind)
    problem = ""
    spec: dict[str, Any] = {}
    mapped: dict[int, Mapped] = {}
    try:
        spec = spec_of(choices, first.header, words)
        mapped = _mapped(first, fields, spec)
    except (MappingIncomplete, ImportRefused) as error:
        problem = str(error)
    named = {place for place, pick in choices.columns.items() if pick.field == "name" and choices.kind == "profile"}
    masked = first_rows.masked_columns(first, named)
    reader = _Reader(choices, found, first, masked, mapped, words)
    filled = {pick.field for pick in choices.columns.values()} | set(spec.get("fields", {}))
    lacking = guessing.missing(fields, filled)
    return Sketch(
        choices=choices,
        lines=[reader.line(place) for place in range(1, first.width + 1)],
        rows=[list(row) for row in zip(*(cells[:SHOWN_ROWS] for cells in masked), strict=True)],
        header=list(first.header),
        encoding=first.encoding,
        has_fixed_header=first.has_fixed_header,
        field_groups=_groups(choices.kind, fields),
        templates=list(MappingTemplate.objects.filter(kind=choices.kind).order_by("name")),
        missing=[field_name(choices.kind, name) for name in lacking],
        problem="" if lacking else problem,
        spec=spec,
        first=first,
    )


def _groups(kind: str, fields: Sequence[Field]) -> list[tuple[str, list[tuple[str, str]]]]:
    needed = [one for one in fields if one.required or one.name in ("user_code", "msisdn")]
    others = [one for one in fields if one not in needed]
    return [
        (_("Needed"), [(one.name, field_name(kind, one.name)) for one in needed]),
        (_("More fields"), [(one.name, field_name(kind, one.name)) for one in others]),
    ]


def _mapped(first: FirstRows, fields: Sequence[Field], spec: dict[str, Any]) -> dict[int, Mapped]:
    """Return the mapping of the columns that fill a field of their own, by position."""
    headers = first.header or tuple(str(place) for place in range(1, first.width + 1))
    needless = [replace(one, required=False) for one in fields]
    found = map_columns(headers, needless, spec, str(settings.TIME_ZONE))
    return {one.columns[0] + 1: one for one in found if len(one.columns) == 1}


@dataclass(frozen=True)
class _Reader:
    """Reads the columns of one file as the picks say."""

    choices: Choices
    found: Guess
    first: FirstRows
    masked: list[list[str]]
    mapped: Mapping[int, Mapped]
    words: Mapping[str, Mapping[str, Any]]

    def line(self, place: int) -> Line:
        """Return one column of the page."""
        guessed = self.found.columns[place - 1]
        pick = self.choices.columns.get(place, Pick())
        header = self.first.header[place - 1].strip() if place <= len(self.first.header) else ""
        one = next((one for one in fields_of(self.choices.kind) if one.name == pick.field), None)
        said = header_of(header).unit
        is_guess = pick.field == guessed.field
        return Line(
            position=place,
            header=header,
            samples=self._samples(place),
            field=pick.field,
            units=_units(one),
            unit=pick.unit or (one.unit if one else ""),
            unit_is_said=bool(one and one.units and said),
            date_format=guessed.date_format if one and one.type in ("day", "month", "instant") else "",
            why=str(WHY.get(guessed.why, "")) if is_guess else "",
            confidence=guessed.confidence if is_guess else 0,
            words=self._unknown_words(place),
        )

    def _parsed(self, place: int) -> tuple[Mapped, list[str], Any] | None:
        mapped = self.mapped.get(place)
        if mapped is None:
            return None
        cells = self.first.column(place)
        return mapped, cells, parse(pa.array(cells, pa.string()), mapped.field, mapped.spelling)

    def _samples(self, place: int) -> list[Sample]:
        masked = self.masked[place - 1]
        chosen = [row for row, cell in enumerate(masked) if cell.strip()][:SAMPLES]
        read = self._parsed(place)
        if read is None:
            return [Sample(masked[row]) for row in chosen]
        mapped, _cells, parsed = read
        return [Sample(masked[row], *self._said(mapped, parsed, row, masked[row])) for row in chosen]

    def _said(self, mapped: Mapped, parsed: Any, row: int, masked: str) -> tuple[str, bool]:
        verdict = VERDICTS[parsed.verdicts[row]]
        if verdict == EMPTY:
            return _("empty"), False
        if verdict:
            return str(Reason(verdict).label), True
        return shown_value(self.choices.kind, mapped, parsed.values[row], masked), False

    def _unknown_words(self, place: int) -> list[Word]:
        read = self._parsed(place)
        if read is None or read[0].field.type != "choice":
            return []
        mapped, cells, parsed = read
        unknown = VERDICTS.index(Reason.UNKNOWN_WORD.value)
        strange = {cell.strip() for cell, verdict in zip(cells, parsed.verdicts, strict=True) if verdict == unknown}
        name = mapped.field.name
        mended = {word for owner, word in self.choices.words if owner == name}
        options = [
            (key, choice_name(self.choices.kind, name, value, known))
            for key, value, known in meanings(self.words.get(name, mapped.spelling.words or {}))
        ]
        chosen = self.choices.words
        return [
            Word(f"word:{name}:{word}", word, options, chosen.get((name, word), ""))
            for word in sorted(strange | mended)[:MOST_WORDS]
        ]


def shown_value(kind: str, mapped: Mapped, value: Any, masked: str) -> str:
    """Return a value as we would store it, in words; texts and numbers of people stay masked."""
    one = mapped.field
    if one.type == "measure":
        return yuan_text(int(value)) if one.unit == "yuan" else f"{int(value):,} {unit_name(one.unit)}"
    if one.type == "count":
        return f"{int(value):,}"
    if one.type == "flag":
        return _("yes") if value else _("no")
    if one.type == "choice":
        words = [word for word, meant in (mapped.spelling.words or {}).items() if meant == value]
        return choice_name(kind, one.name, value, words)
    if one.type == "month":
        return label(int(value))
    if one.type == "day":
        return str(day_of(int(value))) if int(value) != NONE else ""
    return masked


def _units(one: Field | None) -> list[tuple[str, str]]:
    if one is None or not one.units:
        return []
    table = next(table for table in TABLES if table is one.units)
    return [(unit, unit_name(unit)) for unit in table]
