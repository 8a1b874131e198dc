"""What a template may make out of a file's columns before they are read: data sets that are not bill files need it.

Each derivation is an entry of the template's "derive" list: {"do": name, "from": column, "as": new column, …}.
A derivation takes and returns ({header: text column}, lines); it may also drop or repeat rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from customers.importing.errors import MonthUnknown
from customers.importing.parsing import month_of_text
from customers.importing.years import adds as years_add
from customers.importing.years import rows_of_years, year_columns
from cvm.lib.money import exact
from cvm.lib.months import first_day, label, last_day, parse_label

Columns = dict[str, pa.StringArray]
Lines = npt.NDArray[np.int32]
Derivation = Callable[[Columns, Lines], tuple[Columns, Lines]]


def derivations_of(spec: Mapping[str, Any]) -> list[Derivation]:
    """Return the derivations a template asks for, in order; `spec["month"]` is the month of the import, if any."""
    return [_bound(said, spec) for said in spec.get("derive", ())]


def derived_headers(derivations: Sequence[Derivation]) -> list[str]:
    """Return the columns the derivations add, in order."""
    return [name for derivation in derivations for name in getattr(derivation, "adds", ())]


def sources_of(spec: Mapping[str, Any]) -> list[str]:
    """Return the columns of the file that the derivations read."""
    named = [said["from"] for said in spec.get("derive", ()) if "from" in said]
    return [name for one in named for name in (one if isinstance(one, list) else [one])]


def read_by_derivations(spec: Mapping[str, Any], headers: Sequence[str]) -> list[str]:
    """Return the columns of a file that derivations read, those found by their year among them."""
    patterns = [said["pattern"] for said in spec.get("derive", ()) if "pattern" in said]
    patterns += [other for said in spec.get("derive", ()) for other in said.get("with", {}).values()]
    return sources_of(spec) + [header for pattern in patterns for _, header in year_columns(headers, pattern)]


def _bound(said: Mapping[str, Any], spec: Mapping[str, Any]) -> Derivation:
    make = _KINDS[said["do"]]

    def derivation(columns: Columns, lines: Lines) -> tuple[Columns, Lines]:
        return make(columns, lines, said, spec)

    derivation.adds = years_add(said) if make is _rows_of_years else [said["as"]] if "as" in said else []
    return derivation


def _rows_of_years(columns: Columns, lines: Lines, said: Mapping[str, Any], spec: Mapping[str, Any]) -> Any:
    """Turn columns with a year in their name into rows (customers/importing/years.py)."""
    return rows_of_years(columns, lines, said)


def _only_where(columns: Columns, lines: Lines, said: Mapping[str, Any], spec: Mapping[str, Any]) -> Any:
    """Keep the rows whose number is at least `at_least`: the others are no rows of this kind."""
    kept = np.array([exact(text) >= said["at_least"] for text in columns[said["from"]].to_pylist()], np.bool_)
    return _repeated(columns, lines, kept.astype(np.int64))


def _only_words(columns: Columns, lines: Lines, said: Mapping[str, Any], spec: Mapping[str, Any]) -> Any:
    """Keep the rows with one of these words."""
    kept = pc.is_in(columns[said["from"]], pa.array(said["words"])).to_numpy(zero_copy_only=False)
    return _repeated(columns, lines, kept.astype(np.int64))


def _only_until(columns: Columns, lines: Lines, said: Mapping[str, Any], spec: Mapping[str, Any]) -> Any:
    """Keep the rows up to and including a month."""
    until = parse_label(said["until"])
    kept = np.array([month_of_text(text) <= until for text in columns[said["from"]].to_pylist()], np.bool_)
    return _repeated(columns, lines, kept.astype(np.int64))


def _serial_number(columns: Columns, lines: Lines, said: Mapping[str, Any], spec: Mapping[str, Any]) -> Any:
    """Make a number out of the digits of a code, for data without phone numbers: `base` plus those digits."""
    texts = columns[said["from"]].to_pylist()
    made = [str(said["base"] + int("".join(filter(str.isdigit, text)) or "0")) for text in texts]
    return _added(columns, said, made), lines


def _joined_months_ago(columns: Columns, lines: Lines, said: Mapping[str, Any], spec: Mapping[str, Any]) -> Any:
    """Turn a tenure in months (the joining month counts as 1) into the first day of the joining month."""
    newest = _named_month(spec)
    tenures = [max(int(exact(text)), 1) for text in columns[said["from"]].to_pylist()]
    return _added(columns, said, [first_day(newest - tenure + 1).isoformat() for tenure in tenures]), lines


def _spread_over_tenure(columns: Columns, lines: Lines, said: Mapping[str, Any], spec: Mapping[str, Any]) -> Any:
    """Repeat a row once for each of its last min(tenure, `months`) months, ending with the month of the import."""
    newest = _named_month(spec)
    tenures = np.array([int(exact(text)) for text in columns[said["from"]].to_pylist()], np.int64)
    times = np.clip(tenures, 0, said["months"])
    widened, wider = _repeated(columns, lines, times)
    back = np.arange(len(wider)) - np.repeat(np.cumsum(times) - times, times)
    return _added(widened, said, [label(newest - int(step)) for step in back]), wider


def _repeat(columns: Columns, lines: Lines, said: Mapping[str, Any], spec: Mapping[str, Any]) -> Any:
    """Repeat a row as often as a count says, numbering the copies from 1."""
    times = np.array([int(exact(text)) for text in columns[said["from"]].to_pylist()], np.int64)
    widened, wider = _repeated(columns, lines, times)
    copy = np.arange(len(wider)) - np.repeat(np.cumsum(times) - times, times) + 1
    return _added(widened, said, [str(number) for number in copy.tolist()]), wider


def _joined_text(columns: Columns, lines: Lines, said: Mapping[str, Any], spec: Mapping[str, Any]) -> Any:
    """Join several columns with hyphens behind a prefix, to make a key."""
    parts = [columns[name].to_pylist() for name in said["from"]]
    return _added(columns, said, ["-".join((said["prefix"], *row)) for row in zip(*parts, strict=True)]), lines


def _last_day_of_month(columns: Columns, lines: Lines, said: Mapping[str, Any], spec: Mapping[str, Any]) -> Any:
    """Turn a month into its last day."""
    made = [last_day(month_of_text(text)).isoformat() for text in columns[said["from"]].to_pylist()]
    return _added(columns, said, made), lines


def _named_month(spec: Mapping[str, Any]) -> int:
    if "month" not in spec:
        raise MonthUnknown
    return parse_label(spec["month"])


def _added(columns: Columns, said: Mapping[str, Any], texts: Sequence[str]) -> Columns:
    return {**columns, said["as"]: pa.array(texts, pa.string())}


def _repeated(columns: Columns, lines: Lines, times: npt.NDArray[np.int64]) -> tuple[Columns, Lines]:
    rows = np.repeat(np.arange(len(lines)), times)
    places = pa.array(rows)
    return {name: column.take(places) for name, column in columns.items()}, lines[rows]


_KINDS: dict[str, Callable[..., Any]] = {
    "only_where": _only_where,
    "serial_number": _serial_number,
    "joined_months_ago": _joined_months_ago,
    "only_until": _only_until,
    "only_words": _only_words,
    "spread_over_tenure": _spread_over_tenure,
    "repeat": _repeat,
    "join": _joined_text,
    "last_day_of_month": _last_day_of_month,
    "rows_of_years": _rows_of_years,
}
