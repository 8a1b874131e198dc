"""Find the request behind a file by the order of its rows (watermark.py), whatever became of its first line."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import python_calamine

from customers.models import Export
from cvm.exports.watermark import CERTAIN, FEWEST_ROWS, certainty

__all__ = ["FEWEST_ROWS", "Found", "NotReadable", "numbers_in", "trace"]

MASKED = re.compile(r"\d{3}\*{4}\d{4}")


class NotReadable(ValueError):
    """The file is no workbook, though its name says so."""


@dataclass(frozen=True)
class Found:
    """The request whose order a file has, and how sure that is, in standard deviations from chance."""

    export: Export
    certainty: float


def numbers_in(path: Path) -> list[str]:
    """Return the masked numbers of a file in the order of its rows; raises OSError, csv.Error or NotReadable."""
    rows = _of_workbook(path) if path.suffix.lower() == ".xlsx" else _of_text(path)
    return [number for row in rows if (number := _number(row))]


def trace(numbers: list[str]) -> Found | None:
    """Return the request these rows were written for, None when their order is nobody's."""
    written = Export.objects.exclude(file_name="").select_related("requested_by")
    found = [Found(export, certainty(numbers, key=export.file_name)) for export in written.iterator()]
    best = max(found, key=lambda one: one.certainty, default=None)
    return best if best and best.certainty >= CERTAIN else None


def _number(row: Iterable[object]) -> str:
    return next((str(cell) for cell in row if isinstance(cell, str) and MASKED.fullmatch(cell)), "")


def _of_text(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def _of_workbook(path: Path) -> list[list[object]]:
    try:
        book = python_calamine.load_workbook(path)
    except python_calamine.CalamineError as error:
        raise NotReadable(str(error)) from error
    return [row for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python()]
