"""Guess how a file maps on our fields, from its headers and first rows. A person confirms the guess on a preview.

Pure: what the fields are called comes in as a `Dictionary`; nothing is read but the rows given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from itertools import zip_longest
from typing import Any

from customers.importing.fields import Field
from customers.importing.looks import Look, data_unit, look_of, money_unit, voice_unit
from customers.importing.templates import FOLDER
from customers.importing.words import DATA_UNITS, MONEY_UNITS, VOICE_UNITS, header_of

SYNONYMS = FOLDER / "guessing" / "synonyms.json"
OPERATOR = "operator"
SURE, LIKELY, CONTENT, PLACE = 100, 90, 75, 45  # how sure a guess is, in percent
LEAST = 40
FILE_NAME = 150  # what a fitting file name is worth beside the headers, each at most 100
MISSING = 120  # what a required field that is not there costs
MARKS = re.compile(r"[\s()\[\]【】:：、,，;；/_\-.\"'*#]+")
BRACKETED = re.compile(r"\([^()]*\)")
YEAR_IN_NAME = re.compile(r"(?:20)?\d\d年|(?<!\d)20\d\d\Z")
FITTING = {
    "number": {"phone"},
    "month": {"month", "day", "instant"},
    "day": {"day", "instant", "month"},
    "instant": {"instant", "day"},
    "measure": {"number", "flag", "month"},
    "count": {"number", "flag"},
    "flag": {"flag"},
}


@dataclass(frozen=True)
class KnownKind:
    """One kind of file: its fields, the headers each field is known under, the names such files have."""

    kind: str
    fields: tuple[Field, ...]
    headers: Mapping[str, tuple[str, ...]]
    patterns: tuple[str, ...] = ()
    words: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Dictionary:
    """Every kind we know, and headers we know and do not keep, because we compute them or have no use for them."""

    kinds: tuple[KnownKind, ...]
    not_stored: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Column:
    """A column of the file and what we take it for.

    `why` says what the guess rests on: same (a known header), alike (one contains the other), content (its values),
    place (what its kind still lacks), not_stored (known, not kept), year (a year is part of the name), or none.
    """

    position: int
    header: str
    field: str = ""
    unit: str = ""
    date_format: str = ""
    confidence: int = 0
    why: str = "none"


@dataclass(frozen=True)
class Guess:
    """The likely kind, whether the first row is a header, each column's field, required fields still missing."""

    kind: str
    has_header: bool
    columns: tuple[Column, ...]
    missing: tuple[str, ...]

    @property
    def fields(self) -> dict[str, Column]:
        """Return the columns that fill a field, by field."""
        return {column.field: column for column in self.columns if column.field}


@dataclass(frozen=True)
class _Cut:
    """A file cut into columns: header, unit in the header, look of the values."""

    header: str
    name: str
    unit: str
    look: Look


def dictionary(kinds: Mapping[str, Sequence[Field]]) -> Dictionary:
    """Return what is known about these kinds: headers of the shipped operator templates and the data dictionary."""
    said = _synonyms()
    return Dictionary(
        tuple(_known(kind, tuple(fields), said) for kind, fields in kinds.items()),
        frozenset(_plain(header_of(name).name) for name in said["not_stored"]),
    )


def guess(
    rows: Sequence[Sequence[str]],
    known: Dictionary,
    *,
    file_name: str = "",
    kind: str = "",
    has_header: bool | None = None,
) -> Guess:
    """Return the guess for a file's first rows, the header among them if there is one.

    `kind` and `has_header` are what a person has already said; empty and None let us find out.
    """
    first = list(rows[0]) if rows else []
    is_header = looks_like_header(rows) if has_header is None else has_header
    cuts = _cut(first if is_header else [], rows[1:] if is_header else rows)
    chosen = [one for one in known.kinds if one.kind == kind] or list(known.kinds)
    tries = [(_assigned(cuts, one, known.not_stored), one) for one in chosen]
    worths = [_worth(columns, one, file_name) for columns, one in tries]
    columns, best = tries[max(range(len(tries)), key=lambda place: worths[place])]
    return Guess(best.kind, is_header, columns, missing(best.fields, {column.field for column in columns}))


def looks_like_header(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first row names the columns: no cell of it is a number, a date or a phone number."""
    if not rows:
        return False
    filled = [cell for cell in rows[0] if cell.strip()]
    if not filled or len({cell.strip() for cell in filled}) < len(filled):
        return False
    return all(look_of([cell]).kind in ("text", "code") for cell in filled) and not all(
        look_of([cell]).kind == "code" and any(map(str.isdigit, cell)) for cell in filled
    )


def missing(fields: Sequence[Field], filled: set[str]) -> tuple[str, ...]:
    """Return what a file of these fields cannot do without; a customer needs the user code or the number."""
    names = {one.name for one in fields}
    lacking = [one.name for one in fields if one.required and one.name not in filled]
    if "user_code" in names and not filled & {"user_code", "msisdn"}:
        lacking.insert(0, "user_code")
    return tuple(lacking)


@cache
def _synonyms() -> dict[str, Any]:
    said: dict[str, Any] = json.loads(SYNONYMS.read_text("utf-8"))
    return said


@cache
def _shipped(kind: str) -> dict[str, Any]:
    path = FOLDER / f"{OPERATOR}_{kind}.json"
    spec: dict[str, Any] = json.loads(path.read_text("utf-8"))["spec"] if path.exists() else {"fields": {}}
    return spec


def _known(kind: str, fields: tuple[Field, ...], said: Mapping[str, Any]) -> KnownKind:
    shipped, more = _shipped(kind), said["fields"].get(kind, {})
    everybody = said["fields"]["profile"]
    headers = {}
    for one in fields:
        ours = more.get(one.name) or (everybody[one.name] if one.name in ("user_code", "msisdn") else ())
        headers[one.name] = (*shipped["fields"].get(one.name, {}).get("headers", ()), *ours)
    words = {name: how["words"] for name, how in shipped["fields"].items() if "words" in how}
    return KnownKind(kind, fields, headers, tuple(shipped.get("patterns", ())), words)


def _cut(first: Sequence[str], rows: Sequence[Sequence[str]]) -> list[_Cut]:
    width = max((len(row) for row in [first, *rows]), default=0)
    columns = list(zip_longest(*rows, fillvalue="")) or [()] * width
    named = [header_of(header) for header in first] + [header_of("")] * (width - len(first))
    return [
        _Cut(header.written.strip(), _plain(header.name), header.unit, look_of(cells))
        for header, cells in zip(named, columns, strict=False)
    ]


def _assigned(cuts: Sequence[_Cut], known: KnownKind, not_stored: frozenset[str]) -> tuple[Column, ...]:
    """Give every field the column that fits it best; a column fills one field."""
    by_name = {one.name: one for one in known.fields}
    wishes = sorted(
        ((*_header_match(cut, one, known.headers[one.name]), -place, one.name)
         for place, cut in enumerate(cuts) for one in known.fields),
        reverse=True,
    )  # fmt: skip
    taken: dict[int, tuple[int, str, str]] = {}
    for confidence, why, back, name in wishes:
        if confidence < LEAST or -back in taken or name in {field for _, _, field in taken.values()}:
            continue
        if why == "alike" and cuts[-back].name in not_stored:
            continue
        taken[-back] = (confidence, why, name)
    _by_content(cuts, known, taken, not_stored)
    units = _units(cuts, by_name, taken)
    return tuple(
        _column(place, cut, taken.get(place), units.get(place, ""), not_stored) for place, cut in enumerate(cuts)
    )


def _header_match(cut: _Cut, one: Field, headers: Sequence[str]) -> tuple[int, str]:
    """Return how well a header names a field; half as well when the values speak against it."""
    if not cut.name:
        return 0, "none"
    confidence, why = 0, "none"
    for place, known in enumerate(headers):
        name = _plain(header_of(known).name)
        if name == cut.name:
            confidence, why = SURE - min(place, 9), "same"
            break
        alike = _alikeness(name, cut.name)
        if alike > confidence:
            confidence, why = alike, "alike"
    return (confidence if _fits(one, cut.look) else confidence // 2), why


def _alikeness(known: str, found: str) -> int:
    """Return 50 to 85 when one name contains the other, by how much of it; 0 otherwise."""
    short, long = sorted((known, found), key=len)
    if len(short) < 2 or short not in long or short.isdigit():
        return 0
    # What a name is about stands at its end: 当月出账收入 is 出账收入, 用户状态变更 is not 用户状态.
    share = len(short) / len(long)
    return round((50 if long.endswith(short) else 30) + 35 * share)


def _fits(one: Field, look: Look) -> bool:
    return look.kind == "empty" or one.type not in FITTING or look.kind in FITTING[one.type]


def _by_content(
    cuts: Sequence[_Cut], known: KnownKind, taken: dict[int, tuple[int, str, str]], not_stored: frozenset[str]
) -> None:
    """Place columns nobody named by their values: a phone number, a month, a code in front, the bill behind them."""
    free = [place for place, cut in enumerate(cuts) if place not in taken and cut.name not in not_stored]
    headless = all(not cut.name for cut in cuts)
    for name, kinds, confidence, any_header in (
        ("msisdn", ("phone",), CONTENT, True),
        ("month", ("month",), CONTENT, True),
        ("user_code", ("code", "number"), PLACE, False),
        ("arpu_fen", ("number",), PLACE, False),
    ):
        wanted = next((one for one in known.fields if one.name == name), None)
        if wanted is None or name in {field for _, _, field in taken.values()} or not (any_header or headless):
            continue
        for place in free:
            look = cuts[place].look
            if place not in taken and look.kind in kinds and _may_be(name, look):
                taken[place] = (confidence, "content" if confidence == CONTENT else "place", name)
                break


def _may_be(name: str, look: Look) -> bool:
    if name == "user_code":
        return look.is_distinct and (look.kind == "code" or (look.is_whole and (look.median or 0) >= 10_000))
    return name != "arpu_fen" or bool(money_unit(look))


def _units(
    cuts: Sequence[_Cut], by_name: Mapping[str, Field], taken: Mapping[int, tuple[int, str, str]]
) -> dict[int, str]:
    """Return the units of the measured columns: said in the header, else by magnitude; money follows the bill."""
    places = {name: place for place, (_, _, name) in taken.items()}
    bill = money_unit(cuts[places["arpu_fen"]].look) if "arpu_fen" in places else ""
    return {place: _unit(cuts[place], by_name[name], bill) for name, place in places.items() if by_name[name].units}


def _unit(cut: _Cut, one: Field, bill: str) -> str:
    said = "min" if cut.unit == "fen" and one.units is VOICE_UNITS else cut.unit
    if one.units is not None and said in one.units:
        return said
    if one.units is MONEY_UNITS:
        return bill or one.unit
    if one.units is DATA_UNITS:
        return data_unit(cut.look) or one.unit
    return (voice_unit(cut.look) if one.units is VOICE_UNITS else "") or one.unit


def _column(place: int, cut: _Cut, taken: tuple[int, str, str] | None, unit: str, not_stored: frozenset[str]) -> Column:
    if taken is None:
        why = "not_stored" if cut.name in not_stored else "year" if YEAR_IN_NAME.search(cut.header) else "none"
        return Column(place + 1, cut.header, why=why)
    confidence, why, name = taken
    return Column(place + 1, cut.header, name, unit, cut.look.pattern, confidence, why)


def _worth(columns: Sequence[Column], known: KnownKind, file_name: str) -> int:
    """Return how well a kind explains a file; what every kind has (the customer's keys) counts for nothing."""
    keys = {"user_code", "msisdn"}
    explained = sum(column.confidence for column in columns if column.field not in keys)
    lacking = missing(known.fields, {column.field for column in columns})
    stem = file_name.rsplit(".", 1)[0].casefold()
    named = any(fnmatchcase(stem, pattern.casefold()) for pattern in known.patterns)
    return explained - MISSING * len(lacking) + (FILE_NAME if named else 0)


def _plain(name: str) -> str:
    """Return a header as compared: no remarks in brackets, no marks."""
    return MARKS.sub("", BRACKETED.sub("", name)) or MARKS.sub("", name)
