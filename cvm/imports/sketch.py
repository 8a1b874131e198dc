"""The mapping page's content: each column of the file with what it is taken for and how its values are understood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from customers.importing import guessing, targets
from customers.importing.errors import ImportRefused
from customers.importing.fields import Field
from customers.importing.guessing import Dictionary, Guess
from customers.importing.mapping import Mapped, map_columns
from customers.models import ImportBatch, MappingTemplate
from cvm.imports import first_rows
from cvm.imports.field_words import field_name
from cvm.imports.first_rows import FirstRows
from cvm.imports.lines import Line, Reader
from cvm.imports.mapping_form import (
    Choices,
    MappingIncomplete,
    Pick,
    best_template,
    fields_of,
    month_in,
    picks_of_guess,
    picks_of_template,
    spec_of,
)

SHOWN_ROWS = 20
ENCODINGS = ("utf-8", "gb18030")


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
    reader = Reader(choices, found, first, masked, mapped, words)
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
