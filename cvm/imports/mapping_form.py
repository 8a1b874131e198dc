"""A mapping on its way from a guess to a template: what a person picked for each column, and the spec it makes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from customers.importing import guessing, targets
from customers.importing.fields import Field
from customers.importing.guessing import Guess
from customers.importing.words import header_of, word_of
from customers.models import MappingTemplate

WORD = "word:"
MONTH_IN_NAME = re.compile(r"(?<!\d)(20\d\d)\D?(0[1-9]|1[0-2])(?!\d)")
BILL = "arpu_fen"  # the one amount whose size we know beforehand
FREE = ("patterns", "name")  # of a template, not taken over into a mapping of its own


@dataclass(frozen=True)
class Pick:
    """What a column was picked for; an empty field means it is not imported."""

    field: str = ""
    unit: str = ""


@dataclass(frozen=True)
class Choices:
    """Everything the mapping page asks. `columns` is keyed by position, `words` by (field, word)."""

    kind: str = ""
    template: MappingTemplate | None = None
    has_header: bool | None = None
    encoding: str = ""
    sheets: tuple[str, ...] = ()
    month: str = ""
    name: str = ""
    columns: dict[int, Pick] = field(default_factory=dict)
    words: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def basis(self) -> str:
        """Return what the picks of the columns rest on: when it changes, they are guessed anew."""
        header = "" if self.has_header is None else str(int(self.has_header))
        return "|".join(
            (self.kind, str(self.template.pk if self.template else ""), header, self.encoding, *self.sheets)
        )


class MappingIncomplete(ValueError):
    """The picks make no mapping; the message says which."""


def read_choices(data: QueryDict) -> Choices:
    """Return what was posted; picks that rest on another kind, template or way of reading are left out."""
    number = data.get("template", "")
    template = MappingTemplate.objects.filter(pk=number).first() if number.isdigit() else None
    choices = Choices(
        kind=template.kind if template and data.get("kind") in (template.kind, "") else data.get("kind", ""),
        template=template if template and template.kind == (data.get("kind") or template.kind) else None,
        has_header=data.get("has_header") == "1" if "basis" in data else None,
        encoding=data.get("encoding", ""),
        sheets=_said_sheets(data),
        month=data.get("month", "").strip(),
        name=data.get("name", "").strip(),
    )
    if data.get("basis") != choices.basis:
        return choices
    columns = {
        int(name.removeprefix("field-")): Pick(value, data.get(name.replace("field-", "unit-"), ""))
        for name, value in data.items()
        if name.startswith("field-") and name.removeprefix("field-").isdigit()
    }
    words = {
        (name.split(":", 2)[1], name.split(":", 2)[2]): str(value)
        for name, value in data.items()
        if name.startswith(WORD) and name.count(":") >= 2 and value
    }
    return replace(choices, columns=columns, words=words)


def _said_sheets(data: QueryDict) -> tuple[str, ...]:
    """Return the sheets a person insists on; none when they are those that are read anyway."""
    chosen = tuple(data.getlist("sheets"))
    return () if chosen == tuple(data.getlist("sheets_read")) else chosen


def fields_of(kind: str) -> tuple[Field, ...]:
    """Return the fields of a kind of file; none for a kind nobody takes in."""
    return tuple(targets.target_of(kind).fields) if kind in targets.kinds() else ()


def picks_of_template(template: MappingTemplate, headers: Sequence[str], width: int) -> dict[int, Pick]:
    """Return which columns a template would take for what in a file with these headers."""
    names = [header_of(header).name for header in headers]
    picks: dict[int, Pick] = {}
    for name, said in template.spec.get("fields", {}).items():
        for position in _places(said, names, width):
            picks.setdefault(position, Pick(name, said.get("unit", "")))
    return picks


def picks_of_guess(found: Guess) -> dict[int, Pick]:
    """Return the picks a guess stands for."""
    return {column.position: Pick(column.field, column.unit) for column in found.columns if column.field}


def best_template(kind: str, headers: Sequence[str], width: int, found: Guess) -> MappingTemplate | None:
    """Return the template of the kind that explains at least as many columns as the guess, and all it requires."""
    best, most = None, len(picks_of_guess(found))
    for template in MappingTemplate.objects.filter(kind=kind).order_by("name"):
        if template.spec.get("header", True) != found.has_header or template.spec.get("derive"):
            continue
        picks = picks_of_template(template, headers, width)
        filled = {pick.field for pick in picks.values()}
        if _contradicts(picks, headers, found):
            continue
        if len(filled) >= most and not guessing.missing(fields_of(kind), filled):
            best, most = template, len(filled) + 1
    return best


def _contradicts(picks: Mapping[int, Pick], headers: Sequence[str], found: Guess) -> bool:
    """Return whether the bills' magnitude speaks against a template's unit that the header does not confirm."""
    bill = found.fields.get(BILL)
    if bill is None or bill.position not in picks or picks[bill.position].field != BILL:
        return False
    is_said = bool(headers) and bool(header_of(headers[bill.position - 1]).unit)
    return not is_said and picks[bill.position].unit != bill.unit


def month_in(file_name: str) -> str:
    """Return the month a file's name speaks of as YYYY-MM, or nothing."""
    found = MONTH_IN_NAME.search(file_name)
    return "-".join(found.groups()) if found else ""


def spec_of(choices: Choices, headers: Sequence[str], words: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the mapping that the picks make, on top of the template they came from.

    `words` are the known words of each choice. Raises MappingIncomplete when two columns claim one field that
    cannot be a sum.
    """
    base: dict[str, Any] = dict(choices.template.spec) if choices.template else {}
    known = {one.name: one for one in fields_of(choices.kind)}
    said: dict[str, Any] = {name: how for name, how in base.get("fields", {}).items() if "value" in how}
    said |= _of_derived(base, headers)
    for name, picked in _by_field(choices, known).items():
        before = base.get("fields", {}).get(name, {})
        said[name] = _said(known[name], picked, before, headers, bool(choices.has_header))
        if known[name].type == "choice":
            said[name]["words"] = {**(before.get("words") or words.get(name, {})), **_added(choices, name, words)}
    spec = {name: value for name, value in base.items() if name not in FREE}
    spec |= {"header": bool(choices.has_header), "fields": said}
    for name, value in (("encoding", choices.encoding), ("sheets", list(choices.sheets))):
        if value:
            spec[name] = value
    return spec


def is_template_itself(choices: Choices, headers: Sequence[str], width: int) -> bool:
    """Return whether the picks are exactly what the chosen template does with this file."""
    template = choices.template
    if template is None or choices.words or template.spec.get("header", True) != choices.has_header:
        return False
    if choices.encoding not in ("", template.spec.get("encoding", "")):
        return False
    if choices.sheets and list(choices.sheets) != template.spec.get("sheets", []):
        return False
    wanted = {place: pick for place, pick in choices.columns.items() if pick.field}
    own = picks_of_template(template, headers, width)
    return {p: pick.field for p, pick in wanted.items()} == {p: pick.field for p, pick in own.items()} and all(
        pick.unit in ("", own[place].unit) for place, pick in wanted.items()
    )


def meanings(words: Mapping[str, Any]) -> list[tuple[str, Any, list[str]]]:
    """Return the values words can mean, each with a key for the form and the words known for it."""
    by_value: dict[str, tuple[Any, list[str]]] = {}
    for word, value in words.items():
        by_value.setdefault(str(value), (value, []))[1].append(word)
    return [(key, value, known) for key, (value, known) in by_value.items()]


def _places(said: Mapping[str, Any], names: Sequence[str], width: int) -> list[int]:
    if "position" in said:
        return [said["position"]] if said["position"] <= width else []
    for wanted in said.get("headers", ()):
        if header_of(wanted).name in names:
            return [names.index(header_of(wanted).name) + 1]
    parts = {header_of(name).name for name in said.get("sum_of", ())}
    return [place for place, name in enumerate(names, 1) if name in parts]


def _by_field(choices: Choices, known: Mapping[str, Field]) -> dict[str, list[tuple[int, Pick]]]:
    found: dict[str, list[tuple[int, Pick]]] = {}
    for position, pick in sorted(choices.columns.items()):
        if pick.field in known:
            found.setdefault(pick.field, []).append((position, pick))
    for name, picked in found.items():
        if len(picked) > 1 and (known[name].type != "measure" or not choices.has_header):
            columns = ", ".join(str(position) for position, _pick in picked)
            raise MappingIncomplete(
                _("Columns %(columns)s claim the same field. Keep one of them.") % {"columns": columns}
            )
    return found


def _said(
    one: Field, picked: Sequence[tuple[int, Pick]], before: Mapping[str, Any], headers: Sequence[str], has_header: bool
) -> dict[str, Any]:
    said = {name: value for name, value in before.items() if name in ("words", "prefix", "unit")}
    places = [position for position, _pick in picked]
    if not has_header:
        said["position"] = places[0]
    elif len(places) == 1:
        written = headers[places[0] - 1]
        others = [header for header in before.get("headers", ()) if header_of(header).name != header_of(written).name]
        said["headers"] = [written, *others]
    else:
        said["sum_of"] = [headers[place - 1] for place in places]
    unit = picked[0][1].unit
    if one.units and unit in one.units:
        said["unit"] = unit
    return said


def _of_derived(base: Mapping[str, Any], headers: Sequence[str]) -> dict[str, Any]:
    """Return the fields a template fills from columns it makes itself: the page does not show those."""
    if not base.get("derive"):
        return {}
    names = {header_of(header).name for header in headers}
    return {
        name: how
        for name, how in base.get("fields", {}).items()
        if not any(header_of(header).name in names for header in how.get("headers", ()))
    }


def _added(choices: Choices, name: str, words: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    known = choices.template.spec["fields"].get(name, {}).get("words") if choices.template else None
    values = {key: value for key, value, _words in meanings(known or words.get(name, {}))}
    return {
        word_of(word): values[key] for (owner, word), key in choices.words.items() if owner == name and key in values
    }
