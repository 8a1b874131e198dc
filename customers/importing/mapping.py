"""A mapping template applied to one file's headers: which column fills which field, and how it spells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from customers.importing.errors import ColumnsMissing, ColumnsRepeated, UnitUnknown
from customers.importing.fields import Field
from customers.importing.parsing import Spelling
from customers.importing.words import VOICE_UNITS, Header, header_of, word_of


@dataclass(frozen=True)
class Mapped:
    """One field of this file: where it stands (columns to add up, usually one), or the text that stands for all."""

    field: Field
    columns: tuple[int, ...]
    spelling: Spelling
    constant: str | None = None
    prefix: str = ""


def map_columns(headers: Sequence[str], fields: Sequence[Field], spec: Mapping[str, Any], zone: str) -> list[Mapped]:
    """Return the fields this file fills, in the order of `fields`.

    Raises ColumnsMissing when a required one is absent, ColumnsRepeated when two columns claim one field.
    """
    found = [header_of(header) for header in headers]
    mapped = [
        _mapped(found, field, spec["fields"][field.name], zone) for field in fields if field.name in spec["fields"]
    ]
    present = [one for one in mapped if one is not None]
    names = {one.field.name for one in present}
    missing = [field for field in fields if field.required and field.name not in names]
    if "user_code" in spec["fields"] and not names & {"user_code", "msisdn"}:
        missing.insert(0, next(field for field in fields if field.name == "user_code"))
    if missing:
        raise ColumnsMissing([_spoken(field.name, spec) for field in missing], list(headers))
    return present


def _mapped(found: Sequence[Header], field: Field, said: Mapping[str, Any], zone: str) -> Mapped | None:
    if said.get("refunds") is False:
        field = replace(field, low=0)
    columns = _columns(found, said)
    if not columns:
        if "value" not in said:
            return None
        return Mapped(field, (), _spelling(field, said, "", field.name, zone), constant=str(said["value"]))
    header = found[columns[0]]
    spelling = _spelling(field, said, header.unit, header.written, zone)
    return Mapped(field, columns, spelling, prefix=said.get("prefix", ""))


def _columns(found: Sequence[Header], said: Mapping[str, Any]) -> tuple[int, ...]:
    if "position" in said:
        return (said["position"] - 1,) if said["position"] <= len(found) else ()
    # `also` names columns that fill this field beside another one: the state code says why a line is suspended
    for wanted in (*said.get("headers", ()), *said.get("also", ())):
        places = [place for place, header in enumerate(found) if header.name == header_of(wanted).name]
        if len(places) > 1:
            raise ColumnsRepeated([found[place].written for place in places])
        if places:
            return (places[0],)
    parts = {header_of(name).name for name in said.get("sum_of", ())}
    return tuple(place for place, header in enumerate(found) if header.name in parts)


def _spelling(field: Field, said: Mapping[str, Any], unit: str, column: str, zone: str) -> Spelling:
    words = {word_of(word): value for word, value in said["words"].items()} if "words" in said else None
    if field.units is None:
        return Spelling(words=words, zone=zone)
    name = unit or said.get("unit") or field.unit
    if name == "fen" and field.units is VOICE_UNITS:
        name = "min"  # 分 is a hundredth of a yuan for money and a minute for talk
    if name not in field.units:
        raise UnitUnknown(name, column)
    numerator, denominator = field.units[name]
    return Spelling(numerator, denominator, words, zone)


def _spoken(name: str, spec: Mapping[str, Any]) -> str:
    said = spec["fields"].get(name, {})
    return str(next(iter(said.get("headers", ())), name))
