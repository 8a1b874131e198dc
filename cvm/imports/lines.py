"""One column of a file on the mapping page: what it is taken for, how its first values are understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.importing.fields import Field
from customers.importing.guessing import Guess
from customers.importing.mapping import Mapped
from customers.importing.parsing import EMPTY, VERDICTS, parse
from customers.importing.reasons import Reason
from customers.importing.rows import NONE
from customers.importing.words import header_of
from cvm.imports.field_words import TABLES, choice_name, unit_name
from cvm.imports.first_rows import FirstRows
from cvm.imports.mapping_form import Choices, Pick, fields_of, meanings
from cvm.lib.money import yuan_text
from cvm.lib.months import day_of, label

SAMPLES = 3
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
class Reader:
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
