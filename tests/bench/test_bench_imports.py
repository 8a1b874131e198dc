"""The import bench makes the same files twice, imports them like any other file, and reads its figures right."""

from __future__ import annotations

import pytest

from customers.tests.files import Desk
from cvm.bench import import_report
from cvm.bench.imports import HEADER, TEXT, WORKBOOK, bill_lines, write_files


def test_files_are_the_same_wherever_they_are_made(tmp_path):
    for name in ("one", "two"):
        write_files(tmp_path / name, rows=300, sheet_rows=50)

    first, second = ((tmp_path / name / TEXT).read_bytes() for name in ("one", "two"))

    assert first == second
    assert first.decode("gb18030").count("\n") == 301


def test_one_row_in_a_hundred_is_bad_in_five_ways():
    lines = bill_lines(1000)

    assert [lines[place][column] for place, column in ((0, 0), (100, 6), (200, 4), (300, 12), (400, 0))] == [
        "1900000", "未知", "202613", "45", "13900000000",
    ]  # fmt: skip


@pytest.mark.django_db
def test_both_files_are_taken_alike(tmp_path):
    desk = Desk(tmp_path)
    rows = [(f"U{n}", str(19_000_000_000 + n), "王伟", "城关区", "2020-01-15", "正使用") for n in range(1, 301)]
    desk.profiles(*rows)
    write_files(tmp_path, rows=300, sheet_rows=300)

    rehearsed = [desk.take(tmp_path / name, kind="bills", rehearse=True) for name in (TEXT, WORKBOOK)]

    assert len(HEADER) == 13
    assert [(one.account.accepted, one.account.money_accepted_fen) for one in rehearsed] == [
        (297, rehearsed[0].account.money_accepted_fen)
    ] * 2


def test_report_compares_imports_with_their_floors():
    cost = {"wall": 2.0, "client": 3.0, "postgres": 1.0, "wal": 1_000_000, "peak_mb": 500.0, "peak_child_mb": 0.0}
    receipt = {"rows": 100, "accepted": 98, "rejected": 2, "duplicate": 0}
    floor = {**cost, "client": 1.0}
    measured = {
        "text": {**cost, **receipt},
        "text_floor": floor,
        "workbook": {**cost, **receipt},
        "workbook_read": {**cost, "client": 2.0},
        "workbook_floor": floor,
        "load": 0.5,
        "text_mb": 89.0,
    }

    text = "\n".join(import_report.lines(measured))

    assert import_report.ratio(measured, "text") == 2.0
    assert "1.50 x bare calamine" in text
    assert "100 rows = 98 accepted + 2 rejected + 0 duplicate; 4.00 CPU s, 2.00 x its floor" in text
