"""Text, workbooks and Parquet become the same columns of text, each row with its line."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.importing import delimited, errors
from customers.importing.reading import open_file
from customers.importing.sheets import place_of


def rows_of(path, **options):
    file = open_file(path, **options)
    rows = []
    for chunk in file.read(range(len(file.headers))):
        cells = [column.to_pylist() for column in chunk.columns]
        lines = [place_of(mark)[1] for mark in chunk.lines.tolist()]
        rows += list(zip(lines, *cells, strict=True))
    return rows, file


def text_file(folder, text, encoding="utf-8"):
    path = folder / "file.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("encoding", "separator"), [("utf-8", ","), ("utf-8-sig", "\t"), ("gb18030", "|"), ("gb18030", ",")]
)
def test_text_is_read_in_every_encoding_and_separator(tmp_path, encoding, separator):
    path = text_file(
        tmp_path, f"姓名{separator}编码\r\nNA{separator}012345678901234567\r\n䶮㐀{separator}1\r\n", encoding
    )

    rows, file = rows_of(path)

    assert (file.encoding, file.headers) == (encoding, ["姓名", "编码"])
    assert rows == [(2, "NA", "012345678901234567"), (3, "䶮㐀", "1")]


def test_ragged_and_blank_lines_are_set_aside_with_their_lines(tmp_path):
    path = text_file(tmp_path, 'a,b\n1,2\n3\n4,5\n\n6,7,8\n"x\ny",9\n10,11\n12\n13,14\n15\n\n')

    rows, file = rows_of(path)

    assert rows == [(2, "1", "2"), (4, "4", "5"), (7, "x\ny", "9"), (9, "10", "11"), (11, "13", "14")]
    assert file.ragged.rows == [(3, "3"), (6, "6,7,8"), (10, "12"), (12, "15")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_blank_lines_above_the_header_are_passed_over(tmp_path, encoding):
    rows, file = rows_of(text_file(tmp_path, "\n \r\n姓名,b\n1,2\n3\n4,5\n", encoding))

    assert (file.headers, rows, file.ragged.rows) == (["姓名", "b"], [(4, "1", "2"), (6, "4", "5")], [(5, "3")])


def test_header_may_hold_line_feeds(tmp_path):
    rows, file = rows_of(text_file(tmp_path, '"客户\n名",b\n1,2\n'))

    assert (file.headers, rows) == (["客户\n名", "b"], [(3, "1", "2")])


def test_file_without_header_is_read_by_position(tmp_path):
    rows, file = rows_of(text_file(tmp_path, "1,2\n3,4\n"), has_header=False)

    assert (file.headers, rows) == (["1", "2"], [(1, "1", "2"), (2, "3", "4")])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["good", "short", "long", "blank", "tall"]), min_size=1, max_size=60))
def test_lines_are_right_across_blocks(tmp_path_factory, kinds):
    texts = {"good": "aaa,bbb", "short": "x", "long": "1,2,3", "blank": "", "tall": '"t\n\nt",u'}
    line, good, ragged = 2, [], []
    for kind in kinds:
        (good if kind in ("good", "tall") else ragged if kind in ("short", "long") else []).append(line)
        line += 1 + texts[kind].count("\n")
    path = text_file(tmp_path_factory.mktemp("blocks"), "h,k\n" + "".join(texts[kind] + "\n" for kind in kinds))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "BLOCK_BYTES", 32)
        rows, file = rows_of(path)

    assert [row[0] for row in rows] == good
    assert [line for line, _ in file.ragged.rows] == ragged


def test_workbook_is_read_as_text_with_its_row_numbers(tmp_path):
    path = tmp_path / "file.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        for number in range(2):
            sheet = book.add_worksheet(f"part {number}")
            sheet.write_row(0, 0, ["编码", "金额", "日期"])
            sheet.write_string(2, 0, "012345678901234567")
            sheet.write_number(2, 1, 119.99)
            sheet.write_datetime(2, 2, dt.date(2026, 10, 1), book.add_format({"num_format": "yyyy-mm-dd"}))
            sheet.write_number(3, 0, 13800138000)

    rows, _ = rows_of(path)

    assert rows == [(3, "012345678901234567", "119.99", "2026-10-01"), (4, "13800138000", "", "")] * 2


def test_parquet_is_read_as_text(tmp_path):
    path = tmp_path / "file.parquet"
    pq.write_table(pa.table({"id": [1, 2], "amount": [711.79, None], "ok": [True, False]}), path)

    rows, _ = rows_of(path)

    assert rows == [(1, "1", "711.79", "true"), (2, "2", "", "false")]


def test_workbook_that_unpacks_to_nothing_ordinary_is_refused(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 50_000_000)

    with pytest.raises(errors.FileSuspicious):
        open_file(path)


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("a.csv", b"", errors.FileEmpty),
        ("a.csv", b"\n\n", errors.FileEmpty),
        ("a.csv", b"a,b\n\xff\xff\xff,1\n", errors.EncodingUnknown),
        ("a.xlsx", b"not a workbook", errors.FileDamaged),
        ("a.parquet", b"not parquet", errors.FileDamaged),
        ("a.pdf", b"x", errors.FileKindUnknown),
    ],
)
def test_unreadable_files_are_named(tmp_path, name, content, error):
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(error):
        open_file(path)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(errors.FileMissing):
        open_file(tmp_path / "none.csv")


def test_legacy_workbook_gives_the_rows_of_both_sheets_with_long_ids_unharmed():
    file = open_file(Path(__file__).parent / "data" / "two_sheets.xls")

    columns = [[cell for chunk in file.read(range(4)) for cell in chunk.columns[at].to_pylist()] for at in range(4)]

    assert file.headers == ["用户编码", "账期", "出账收入（元）", "身份证"]
    assert columns[0] == ["U1", "U2", "U3"] * 2
    assert columns[2] == ["51.5", "52.5", "53.5"] * 2
    assert set(columns[3]) == {"110101199003070012"}
