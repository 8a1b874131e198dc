"""What people write in headers and cells: nulls, yes and no, full-width letters, units in brackets."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

NULLS = frozenset({"", "-", "--", "—", "NULL", "(NULL)", "\\N", "NONE", "NAN", "#N/A", "空"})
YES = frozenset({"是", "Y", "YES", "TRUE", "T", "1", "有"})
NO = frozenset({"否", "N", "NO", "FALSE", "F", "0", "无"})

# Each unit is an exact fraction of what we store: fen, MB, minutes, months.
MONEY_UNITS = {"yuan": (100, 1), "fen": (1, 1), "li": (1, 10), "wan": (1_000_000, 1)}
DATA_UNITS = {"B": (1, 1024**2), "KB": (1, 1024), "MB": (1, 1), "GB": (1024, 1)}
VOICE_UNITS = {"min": (1, 1), "s": (1, 60), "h": (60, 1)}
SHARE_UNITS = {"percent": (100, 1), "share": (10_000, 1)}  # hundredths of a percent
MONTH_UNITS = {"months": (1, 1), "years": (12, 1), "days": (1, 30)}
UNIT_WORDS = {
    "元": "yuan",
    "人民币元": "yuan",
    "万元": "wan",
    "分": "fen",
    "厘": "li",
    "分钟": "min",
    "秒": "s",
    "小时": "h",
    "M": "MB",
    "G": "GB",
    "K": "KB",
    "字节": "B",
    "月": "months",
    "个月": "months",
    "年": "years",
    "天": "days",
    "%": "percent",
}
BRACKET = re.compile(r"\(([^()]*)\)\s*$")


@dataclass(frozen=True)
class Header:
    """A column header as written, as compared, and the unit it names in brackets ("" when none)."""

    written: str
    name: str
    unit: str


def header_of(written: str) -> Header:
    """Return a header trimmed, half-width, without line feeds, its bracket read as a unit where it is one."""
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", written.replace("\ufeff", "")))
    text = unicodedata.normalize("NFKC", text).rstrip(":")  # what stood apart may compose once the blank is gone
    bracket = BRACKET.search(text)
    unit = _unit_word(bracket.group(1)) if bracket else ""
    if bracket and unit:
        text = text[: bracket.start()]
    return Header(written, text.upper(), unit)


def word_of(text: str) -> str:
    """Return a cell's word as compared: trimmed, half-width, upper case."""
    return unicodedata.normalize("NFKC", text).strip().upper()


def _unit_word(text: str) -> str:
    known = {*MONEY_UNITS, *DATA_UNITS, *VOICE_UNITS, *MONTH_UNITS}
    by_upper = {unit.upper(): unit for unit in known}
    return UNIT_WORDS.get(text) or UNIT_WORDS.get(text.upper()) or by_upper.get(text.upper(), "")
