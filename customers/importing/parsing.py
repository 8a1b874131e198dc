"""Text columns become typed columns. Each distinct text is parsed once; a bad cell is marked, never fatal.

Days are days, instants microseconds since 1970-01-01 (UTC), months ordinals, money fen. Exactness: numbers go through
decimals and integers only.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from customers.importing.fields import Field
from customers.importing.reasons import Reason
from customers.importing.words import NO, NULLS, YES, word_of
from cvm.lib.money import NotAnAmount, exact, in_units
from cvm.lib.months import day_number, month_of

Array = npt.NDArray[Any]

FINE, EMPTY = "", "empty"
VERDICTS = (FINE, EMPTY, *Reason.values)
IN_TEXT = ("text", "code", "number", "resident_id")  # types whose values stay Arrow text
NEVER_YEAR = 2099
FIRST_YEAR, LAST_YEAR = 1900, 2098
PLAIN_NUMBER = r"^[+-]?[0-9]{1,12}(\.[0-9]{1,6})?$"
MICRO = 1_000_000
DAY = re.compile(r"(\d{4})\s*[-/.年]?\s*(\d{1,2})\s*[-/.月]?\s*(\d{1,2})\s*日?\Z")
COMPACT_INSTANT = re.compile(r"(\d{8})(\d{2})(\d{2})(\d{2})\Z")
MONTH = re.compile(r"(\d{4})\s*[-/.年]?\s*(\d{1,2})\s*月?\Z")
EXCEL_SERIAL = re.compile(r"\d{5}(\.\d+)?\Z")
EXCEL_EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001 local time by nature
PHONE_DIGITS = 11
PHONE = re.compile(r"1[3-9]\d{9}\Z")
SCIENTIFIC = re.compile(r"(\d)(?:\.(\d+))?E\+(\d{2,3})\Z")
EXCEL_DIGITS = 15  # a number cell keeps no more
SCIENTIFIC_WIRE = r"(?i)^[0-9](\.[0-9]+)?E\+[0-9]{2,3}$"
ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ID_CHECKS = "10X98765432"
RESIDENT_ID = re.compile(r"\d{17}[\dX]\Z")


class LostDigits(ValueError):
    """A number of which not all digits are there any more."""


@dataclass(frozen=True)
class Parsed:
    """A column: its values (NumPy, or Arrow for text) and a verdict per row, an index into VERDICTS."""

    values: Any
    verdicts: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Spelling:
    """How a file writes a field: the exact fraction that turns its unit into ours, and its words."""

    numerator: int = 1
    denominator: int = 1
    words: Mapping[str, Any] | None = None
    zone: str = "Asia/Shanghai"


def parse(column: pa.StringArray, field: Field, spelling: Spelling) -> Parsed:
    """Return a text column parsed as the field asks, out-of-range values and missing required cells marked."""
    if field.type in ("text", "code"):
        return _required(_text(column, field), field)
    if field.type == "number":
        return _numbers(column, field, spelling)
    return _by_distinct(column, field, spelling)


def _by_distinct(column: pa.StringArray, field: Field, spelling: Spelling) -> Parsed:
    encoded = column.dictionary_encode()
    distinct = _PARSERS[field.type](encoded.dictionary, field, spelling)
    rows = encoded.indices.to_numpy()
    values = distinct.values[rows] if len(distinct.values) else distinct.values
    return Parsed(pa.array(values, pa.string()) if field.type in IN_TEXT else values, distinct.verdicts[rows])


def verdict(name: str) -> int:
    """Return the number that stands for a verdict in a column of verdicts."""
    return VERDICTS.index(name)


def _required(parsed: Parsed, field: Field) -> Parsed:
    if not field.required:
        return parsed
    verdicts = parsed.verdicts.copy()
    verdicts[verdicts == verdict(EMPTY)] = verdict(Reason.MISSING)
    return replace(parsed, verdicts=verdicts)


def _text(column: pa.StringArray, field: Field) -> Parsed:
    trimmed = pc.utf8_trim_whitespace(column)
    length = pc.utf8_length(trimmed).to_numpy(zero_copy_only=False)
    verdicts = np.where(length > field.length, verdict(Reason.TOO_LONG), 0).astype(np.uint8)
    short = np.flatnonzero(length <= max(map(len, NULLS)))
    if len(short):
        upper = pc.utf8_upper(trimmed.take(pa.array(short)))
        null = pc.is_in(upper, pa.array(sorted(NULLS))).to_numpy(zero_copy_only=False)
        verdicts[short[null]] = verdict(EMPTY)
    if (verdicts == verdict(EMPTY)).any():
        trimmed = pc.if_else(pa.array(verdicts == verdict(EMPTY)), "", trimmed)
    if b"\0" in _bytes_of(trimmed):
        verdicts[pc.match_substring(trimmed, "\0").to_numpy(zero_copy_only=False)] = verdict(Reason.CONTROL_CHARACTER)
    if field.type == "code":
        trimmed = _written_out(trimmed, verdicts)
    return Parsed(trimmed, verdicts)


def _written_out(codes: pa.StringArray, verdicts: npt.NDArray[np.uint8]) -> pa.StringArray:
    """Return codes that Excel wrote with an exponent digit by digit; those that lost digits are marked."""
    if b"E+" not in _bytes_of(codes).upper():
        return codes
    rows = np.flatnonzero(pc.match_substring_regex(codes, SCIENTIFIC_WIRE).to_numpy(zero_copy_only=False))
    texts = codes.to_pylist() if len(rows) else []
    for row in rows.tolist():
        digits = digits_of_scientific(texts[row].upper())
        if digits is None:
            verdicts[row] = verdict(Reason.LOST_DIGITS)
        else:
            texts[row] = digits
    return pa.array(texts, pa.string()) if len(rows) else codes


def _bytes_of(texts: pa.StringArray) -> bytes:
    buffer = texts.buffers()[2]
    return b"" if buffer is None else bytes(memoryview(buffer))


def digits_of_scientific(word: str) -> str | None:
    """Return 13812345678 for 1.3812345678E+10; None where digits are gone: 1.38E+10, or more than Excel keeps."""
    found = SCIENTIFIC.match(word)
    if not found:
        return None
    first, rest, exponent = found.group(1), found.group(2) or "", int(found.group(3))
    kept = rest.rstrip("0")
    if len(rest) < exponent or len(kept) > exponent or exponent >= EXCEL_DIGITS:
        return None
    return first + rest[:exponent]


def _numbers(column: pa.StringArray, field: Field, spelling: Spelling) -> Parsed:
    """Keep the many plain numbers as they are, repair the few others."""
    odd = ~_plain_numbers(column)
    verdicts = np.zeros(len(column), np.uint8)
    if not odd.any():
        return Parsed(column, verdicts)
    repaired = _by_distinct(column.take(pa.array(np.flatnonzero(odd))), field, spelling)
    verdicts[odd] = repaired.verdicts
    return Parsed(pc.replace_with_mask(column, pa.array(odd), repaired.values), verdicts)


def _plain_numbers(column: pa.StringArray) -> npt.NDArray[np.bool_]:
    """Tell which cells are eleven digits, 13… to 19…, without a regular expression."""
    plain = np.zeros(len(column), np.bool_)
    if not len(column) or column.null_count or column.buffers()[2] is None:
        return plain
    offsets = np.frombuffer(column.buffers()[1], np.int32)[column.offset : column.offset + len(column) + 1]
    rows = np.flatnonzero(np.diff(offsets) == PHONE_DIGITS)
    letters = np.frombuffer(column.buffers()[2], np.uint8)
    digits = letters[offsets[rows][:, None] + np.arange(PHONE_DIGITS)] - ord("0")  # below "0" wraps round upwards
    plain[rows] = (digits <= 9).all(axis=1) & (digits[:, 0] == 1) & (digits[:, 1] >= 3)
    return plain


def _measures(texts: pa.StringArray, field: Field, spelling: Spelling) -> Parsed:
    """Parse numbers with a unit; plain spellings all at once, the others one by one."""
    trimmed = pc.utf8_trim_whitespace(texts)
    plain = pc.match_substring_regex(trimmed, PLAIN_NUMBER).to_numpy(zero_copy_only=False)
    micro = pc.if_else(pa.array(plain), trimmed, "0").cast(pa.decimal128(24, 6))
    values, verdicts = _in_units(_low_words(micro), spelling)
    for row in np.flatnonzero(~plain).tolist():
        values[row], verdicts[row] = _one_number(trimmed[row].as_py(), spelling)
    outside = (verdicts == 0) & ((values < field.low) | (values > field.high))
    verdicts[outside] = verdict(Reason.OUT_OF_RANGE)
    return _required(Parsed(values, verdicts), field)


def _counts(texts: pa.StringArray, field: Field, spelling: Spelling) -> Parsed:
    """Parse whole numbers; a number with a fraction is refused rather than rounded."""
    fine = replace(spelling, numerator=spelling.numerator * MICRO)
    parsed = _measures(texts, replace(field, low=-(2**62), high=2**62), fine)
    verdicts = parsed.verdicts.copy()
    whole, rest = np.divmod(parsed.values, MICRO)
    verdicts[(verdicts == 0) & (rest != 0)] = verdict(Reason.NOT_WHOLE)
    verdicts[(verdicts == 0) & ((whole < field.low) | (whole > field.high))] = verdict(Reason.OUT_OF_RANGE)
    return Parsed(whole, verdicts)


def _low_words(decimals: pa.Decimal128Array) -> npt.NDArray[np.int64]:
    words = np.frombuffer(decimals.buffers()[1], "<i8").reshape(-1, 2)
    return words[decimals.offset : decimals.offset + len(decimals), 0].astype(np.int64)


def _in_units(micro: npt.NDArray[np.int64], spelling: Spelling) -> tuple[Array, npt.NDArray[np.uint8]]:
    # whole * numerator must stay below 2**63 / 10**6 for the exact division that follows.
    whole, part = np.divmod(np.abs(micro), MICRO)
    verdicts = np.zeros(len(micro), np.uint8)
    numerator, denominator = spelling.numerator, spelling.denominator
    if numerator >= MICRO:  # counts: the parts are whole already
        return np.sign(micro) * (np.abs(micro) * (numerator // MICRO) // denominator), verdicts
    too_great = whole > 9 * 10**12 // numerator
    verdicts[too_great] = verdict(Reason.OUT_OF_RANGE)
    top = np.where(too_great, 0, whole * numerator * MICRO + part * numerator)
    bottom = denominator * MICRO
    return np.sign(micro) * ((top + bottom // 2) // bottom), verdicts


def _one_number(text: str, spelling: Spelling) -> tuple[int, int]:
    word = word_of(text)
    if word in NULLS:
        return 0, verdict(EMPTY)
    try:
        value = in_units(exact(word), spelling.numerator, spelling.denominator)
    except NotAnAmount:
        return 0, verdict(Reason.NOT_A_NUMBER)
    if abs(value) >= 2**62:
        return 0, verdict(Reason.OUT_OF_RANGE)
    return value, 0


def _one_by_one(parse_one: Callable[[str, Spelling], Any], reason: Reason, empty: Any, dtype: Any) -> Any:
    """Return a parser of distinct texts out of a parser of one word that raises ValueError."""

    def parse_all(texts: pa.StringArray, field: Field, spelling: Spelling) -> Parsed:
        values = np.full(len(texts), empty, dtype)
        verdicts = np.zeros(len(texts), np.uint8)
        for row, text in enumerate(texts.to_pylist()):
            word = word_of(text)
            if word in NULLS and (spelling.words is None or word not in spelling.words):
                verdicts[row] = verdict(EMPTY)
                continue
            try:
                found = parse_one(word, spelling)
            except LostDigits:
                verdicts[row] = verdict(Reason.LOST_DIGITS)
                continue
            except (ValueError, OverflowError):
                verdicts[row] = verdict(reason)
                continue
            if found is None:
                verdicts[row] = verdict(EMPTY)
            else:
                values[row] = found
        return _required(Parsed(values, verdicts), field)

    return parse_all


def day_of_text(word: str) -> dt.date | None:
    """Return the date of 20171231, 2017/12/31, 2017-12-31 10:00:00, 2017年12月31日 or an Excel serial; None for never."""
    if EXCEL_SERIAL.match(word):
        return (EXCEL_EPOCH + dt.timedelta(days=float(word))).date()
    if len(word) == 14 and word.isdigit():
        word = word[:8]
    head = re.split(r"[ T](?=\d{1,2}:)", word, maxsplit=1)[0].removesuffix(".0")
    found = DAY.match(head)
    if not found:
        raise ValueError(word)
    year, month, day = map(int, found.groups())
    return _usable(dt.date(min(year, NEVER_YEAR), month, day))


def month_of_text(word: str) -> int:
    """Return the ordinal of 201712, 2017-12, 2017/12, 2017年12月, or of a date in that month."""
    found = MONTH.match(word.removesuffix(".0"))
    if not found:
        day = day_of_text(word)
        if day is None:
            raise ValueError(word)
        return month_of(day)
    year, month = map(int, found.groups())
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(word)
    return month_of(dt.date(year, month, 1))


def instant_of_text(word: str, zone: str) -> int | None:
    """Return microseconds since 1970 (UTC) of a local date with or without time; None for never."""
    compact = COMPACT_INSTANT.match(word)
    day = day_of_text(word)
    if day is None:
        return None
    clock = dt.time()
    if compact:
        clock = dt.time(*map(int, compact.groups()[1:]))
    elif EXCEL_SERIAL.match(word):
        clock = (EXCEL_EPOCH + dt.timedelta(seconds=round(float(word) * 86_400))).time()
    elif ":" in word:
        clock = dt.time.fromisoformat(_two_digit_hour(re.split(r"[ T]", word, maxsplit=1)[1].strip()))
    local = dt.datetime.combine(day, clock, ZoneInfo(zone))
    return round(local.timestamp()) * 1_000_000


def phone_of_text(word: str) -> str:
    """Return an 11-digit number out of +86 138…, 13800138000.0 or 1.3800138000E+10.

    Fewer digits than the number has (1.38E+10) cannot be repaired and are refused.
    """
    plain = word.replace(" ", "").replace("-", "").removesuffix(".0").removeprefix("+")
    if SCIENTIFIC.match(plain):
        written = digits_of_scientific(plain)
        if written is None:
            raise LostDigits(word)
        plain = written
    if len(plain) == 13:
        plain = plain.removeprefix("86")
    if not PHONE.match(plain):
        raise ValueError(word)
    return plain


def resident_id_of_text(word: str) -> str:
    """Return an 18-digit resident ID whose check digit is right (GB 11643-1999: ISO 7064, mod 11-2)."""
    if not RESIDENT_ID.match(word):
        raise ValueError(word)
    total = sum(int(digit) * weight for digit, weight in zip(word[:17], ID_WEIGHTS, strict=True))
    if word[17] != ID_CHECKS[total % 11]:
        raise ValueError(word)
    return word


def _usable(day: dt.date) -> dt.date | None:
    if day.year >= NEVER_YEAR:
        return None
    if day.year < FIRST_YEAR:
        raise ValueError(day)
    return day


def _two_digit_hour(clock: str) -> str:
    return clock if clock[1:2] != ":" else "0" + clock


def _flag(word: str, spelling: Spelling) -> bool:
    if word in YES:
        return True
    if word in NO:
        return False
    raise ValueError(word)


def _choice(word: str, spelling: Spelling) -> Any:
    words = spelling.words or {}
    plain = word.removesuffix(".0")
    if word not in words and plain not in words:
        raise ValueError(word)
    return words.get(word, words.get(plain))


def _day(word: str, spelling: Spelling) -> int | None:
    day = day_of_text(word)
    return None if day is None else day_number(day)


def _resident_ids(texts: pa.StringArray, field: Field, spelling: Spelling) -> Parsed:
    parsed = _one_id(texts, field, spelling)
    lost = [bool(SCIENTIFIC.match(word_of(text))) for text in texts.to_pylist()]
    verdicts = np.where(np.array(lost, np.bool_), verdict(Reason.LOST_DIGITS), parsed.verdicts).astype(np.uint8)
    return replace(parsed, verdicts=verdicts)


def _choices(texts: pa.StringArray, field: Field, spelling: Spelling) -> Parsed:
    parsed = _one_choice(texts, field, spelling)
    if all(isinstance(value, int) for value in (spelling.words or {}).values()):
        return replace(parsed, values=parsed.values.astype(np.int64))
    return parsed


_one_choice = _one_by_one(_choice, Reason.UNKNOWN_WORD, 0, object)
_one_phone = _one_by_one(lambda word, _: phone_of_text(word), Reason.NOT_A_PHONE_NUMBER, "", object)
_one_id = _one_by_one(lambda word, _: resident_id_of_text(word), Reason.NOT_AN_ID, "", object)
_PARSERS: dict[str, Callable[[pa.StringArray, Field, Spelling], Parsed]] = {
    "measure": _measures,
    "count": _counts,
    "flag": _one_by_one(_flag, Reason.NOT_YES_OR_NO, False, np.bool_),
    "choice": _choices,
    "day": _one_by_one(_day, Reason.NOT_A_DATE, 0, np.int64),
    "month": _one_by_one(lambda word, _: month_of_text(word), Reason.NOT_A_MONTH, 0, np.int64),
    "instant": _one_by_one(lambda word, spelling: instant_of_text(word, spelling.zone), Reason.NOT_A_DATE, 0, np.int64),
    "number": _one_phone,
    "resident_id": _resident_ids,
}
