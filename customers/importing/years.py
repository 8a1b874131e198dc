"""A year baked into column names becomes rows: "2022年价值拍照客户", "24年拍照高价值客户", "avg_arpu_2023" (DOMAIN 3.11).

{"do": "rows_of_years", "pattern": "{year}年*拍照*客户", "as": "year", "value": "member",
 "with": {"avg_arpu": "avg_arpu_{year}"}, "header_as": "list", "drop": "no"}

For each row of the file and each column whose header fits `pattern` (one or a list of them), one row with the year in
the column `as` and the cell in the column `value`. `{year}` is four digits, or two (24 is 2024, 98 is 1998); `*` is
any text. `with` brings the cell of another column of the same year along, empty where the file has none. `header_as`
keeps the header itself. Cells that say nothing ("", "-", "NULL") make no row; with `drop` "no", those that say no
("否", "0", "N") make none either.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from customers.importing.errors import ColumnsMissing
from customers.importing.words import NO, NULLS, header_of, word_of

Columns = dict[str, pa.StringArray]
Lines = npt.NDArray[np.int32]
YEAR = r"(?<!\d)(\d{4}|\d{2})(?!\d)"
CENTURY_TURNS = 70  # 70 and above are of the last century


def adds(said: Mapping[str, Any]) -> list[str]:
    """Return the columns `rows_of_years` makes, in order."""
    kept = [said["header_as"]] if "header_as" in said else []
    return [said["as"], _value(said), *said.get("with", {}), *kept]


def year_columns(headers: Sequence[str], pattern: str | Sequence[str]) -> list[tuple[int, str]]:
    """Return (year, header) of the headers that fit, in the order of the file."""
    patterns = [_compiled(one) for one in ([pattern] if isinstance(pattern, str) else pattern)]
    found = []
    for header in headers:
        name = header_of(header).name
        match = next((match for one in patterns if (match := one.fullmatch(name))), None)
        if match:
            found.append((_four_digits(match.group(1)), header))
    return found


def rows_of_years(columns: Columns, lines: Lines, said: Mapping[str, Any]) -> tuple[Columns, Lines]:
    """Return the rows as (…, year, value), each repeated once per year it says something about.

    Raises ColumnsMissing when no header fits the pattern.
    """
    found = year_columns(list(columns), said["pattern"])
    if not found:
        raise ColumnsMissing(_patterns(said), list(columns))
    silent = NULLS | NO if said.get("drop") == "no" else NULLS
    speaking = [_speaking(columns[header], silent) for _, header in found]
    column = np.concatenate([np.full(len(rows), number) for number, rows in enumerate(speaking)])
    row = np.concatenate(speaking)
    order = np.lexsort((column, row))
    row, column = row[order], column[order]
    widened = {name: values.take(pa.array(row)) for name, values in columns.items()}
    return {**widened, **_made(columns, found, row, column, said)}, lines[row]


def _made(columns: Columns, found: list[tuple[int, str]], row: Any, column: Any, said: Mapping[str, Any]) -> Columns:
    places = pa.array(column)
    made = {said["as"]: pa.array([str(year) for year, _ in found], pa.string()).take(places)}
    made[_value(said)] = _picked([columns[header] for _, header in found], row, column)
    for name, pattern in said.get("with", {}).items():
        by_year = {year: columns[header] for year, header in year_columns(list(columns), pattern)}
        nothing = pa.array([""] * len(next(iter(columns.values()))), pa.string())
        made[name] = _picked([by_year.get(year, nothing) for year, _ in found], row, column)
    if "header_as" in said:
        made[said["header_as"]] = pa.array([header.strip() for _, header in found], pa.string()).take(places)
    return made


def _picked(sources: Sequence[pa.StringArray], row: Any, column: Any) -> pa.StringArray:
    height = len(sources[0])
    return pa.concat_arrays([source.cast(pa.string()) for source in sources]).take(pa.array(column * height + row))


def _speaking(column: pa.StringArray, silent: frozenset[str]) -> npt.NDArray[np.int64]:
    encoded = column.dictionary_encode()
    says = np.array([word_of(text) not in silent for text in encoded.dictionary.to_pylist()], np.bool_)
    return np.flatnonzero(says[encoded.indices.to_numpy()]) if len(column) else np.zeros(0, np.int64)


def _compiled(pattern: str) -> re.Pattern[str]:
    # Compared as headers are: half-width, upper case, without blanks. The stars stay short: names are short.
    name = header_of(pattern.replace("{year}", "\x01")).name
    spelled = "".join({"\x01": YEAR, "*": ".*"}.get(letter, re.escape(letter)) for letter in name)
    return re.compile(spelled)


def _four_digits(text: str) -> int:
    year = int(text)
    if len(text) == 4:
        return year
    return year + (1900 if year >= CENTURY_TURNS else 2000)


def _patterns(said: Mapping[str, Any]) -> list[str]:
    return [said["pattern"]] if isinstance(said["pattern"], str) else list(said["pattern"])


def _value(said: Mapping[str, Any]) -> str:
    return str(said.get("value", "value"))
