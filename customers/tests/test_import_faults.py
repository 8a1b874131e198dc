"""Files as they should not be: each is taken with every row and fen accounted for, or refused by name (F-50 … F-57).

I-01: rows read = accepted + rejected + identical duplicates; money in = accepted + rejected, to the fen.
I-16: nothing that is not a number in its range is stored.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import random
import subprocess
import sys
import time
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from customers.importing import errors, guards
from customers.importing.reading import open_file
from customers.models import MappingTemplate, MonthlyBill
from customers.tests.files import why

HEADER = ("账期", "用户编码", "当月ARPU（元）")
PEOPLE = 20
CLEAN = [(f"U{n}", f"{n}.{n:02d}") for n in range(1, PEOPLE + 1)]


@pytest.fixture
def branch(desk):
    desk.customers(PEOPLE)
    return desk


def balances(account):
    return account.read == account.accepted + len(account.rejects) + account.duplicate


def stored():
    return dict(MonthlyBill.objects.values_list("customer__user_code", "arpu_fen"))


def fen(text):
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int(part or 0)


# F-50: cut tails, flipped bytes


def workbook(folder, rows=300, name="file.xlsx"):
    path = folder / name
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("账单")
        for number in range(rows):
            sheet.write_row(number, 0, [f"U{number}", number * 1.25, f"文字{number}"])
    return path


def table(folder, name="file.parquet"):
    path = folder / name
    pq.write_table(pa.table({"a": list(range(5000)), "b": [f"文字{n}" for n in range(5000)]}), path)
    return path


def packed(folder, name="file.csv.gz"):
    path = folder / name
    path.write_bytes(gzip.compress("\n".join(["a,b", *(f"{n},文字{n * 7919}" for n in range(5000))]).encode()))
    return path


def read_all(path):
    file = open_file(path)
    return list(file.read(range(len(file.headers))))


@pytest.mark.parametrize("make", [workbook, table, packed])
@pytest.mark.parametrize("keep", [0.1, 0.6, 0.99])
def test_file_with_its_tail_cut_off_is_refused(tmp_path, make, keep):
    path = make(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * keep)])

    with pytest.raises(errors.FileDamaged):
        read_all(path)


@pytest.mark.parametrize("make", [workbook, table, packed])
def test_file_with_flipped_bytes_is_read_or_refused_by_name(tmp_path, make):
    path = make(tmp_path)
    whole = path.read_bytes()
    rng = random.Random(50)
    for _ in range(3):
        spoiled = bytearray(whole)
        for _ in range(20):
            spoiled[rng.randrange(8, len(spoiled))] ^= 1 << rng.randrange(8)
        path.write_bytes(spoiled)
        with contextlib.suppress(errors.ImportRefused):  # anything else would fail the test
            read_all(path)


# F-51: what is refused before it costs anything


def archive(path, *members, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as out:
        out.writestr("xl/workbook.xml", "<workbook/>")
        for name, content in members:
            out.writestr(name, content)
    return path


def patched(path, name, field, value):
    """Overwrite a 4-byte size in the packing list: 20 is the packed size, 24 the unpacked one, 42 the place."""
    raw = bytearray(path.read_bytes())
    at = raw.rindex(name.encode()) - 46
    raw[at + field : at + field + 4] = value.to_bytes(4, "little")
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda path: archive(path, ("xl/worksheets/sheet1.xml", bytes(40_000_000))), errors.FileSuspicious),
        (lambda path: archive(path, *((f"xl/{n}.xml", "x") for n in range(1001))), errors.ArchiveTooFull),
        (lambda path: archive(path, ("xl/embeddings/inner.zip", "PK")), errors.ArchiveNested),
        (lambda path: patched(archive(path, ("xl/a.xml", "abc")), "xl/a.xml", 24, 2**31), errors.ArchiveLies),
        (lambda path: patched(archive(path, ("xl/a.xml", random.Random(1).randbytes(9000))), "xl/a.xml", 24, 10),
         errors.ArchiveLies),
        (lambda path: patched(archive(path, ("xl/a.xml", "abc")), "xl/a.xml", 42, 1), errors.ArchiveLies),
    ],
    ids=["bomb", "members", "nested", "claims too much", "claims too little", "overlap"],
)  # fmt: skip
def test_archive_is_refused_by_its_packing_list(tmp_path, monkeypatch, spoil, error):
    path = spoil(tmp_path / "bomb.xlsx")
    monkeypatch.setattr("customers.importing.sheets._ask_child", pytest.fail)  # nobody may unpack it

    with pytest.raises(error):
        open_file(path)


def ole(*names):
    return guards.OLE + bytes(504) + b"".join(f"{name}\0".encode("utf-16-le").ljust(128, b"\0") for name in names)


def zipped_text():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "error", "found"),
    [
        ("a.csv", zipped_text(), errors.FileWrongKind, "found:zip"),
        ("a.xlsx", b"MZ" + bytes(200), errors.FileWrongKind, "found:program"),
        ("a.xlsx", zipped_text(), errors.FileWrongKind, "found:zip"),
        ("a.xls", b"<html><table><tr><td>1</td></tr></table>", errors.FileWrongKind, "found:html"),
        ("a.xls", b"\xef\xbb\xbf<?xml version='1.0'?>", errors.FileWrongKind, "found:xml"),
        ("a.xls", ole("WordDocument"), errors.FileWrongKind, "found:ole"),
        ("a.csv", ole("Workbook"), errors.FileWrongKind, "found:xls"),
        ("a.csv", b"%PDF-1.7", errors.FileWrongKind, "found:pdf"),
        ("a.csv", bytes(100), errors.FileWrongKind, "found:binary"),
        ("a.parquet", b"a,b\n1,2\n", errors.FileWrongKind, "found:text"),
        ("a.xlsx", ole("EncryptedPackage"), errors.WorkbookEncrypted, None),
    ],
)
def test_file_of_another_kind_than_its_name_is_refused(tmp_path, name, content, error, found):
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(error) as refused:
        open_file(path)

    assert refused.value.detail().get("found") == found


def test_file_beyond_the_limit_is_not_opened(tmp_path, settings):
    settings.CVM_IMPORT_LARGEST_MB = 1
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n" * 300_000)

    with pytest.raises(errors.FileTooLarge):
        open_file(path)


def test_packed_text_is_bounded_while_it_is_unpacked(tmp_path, settings):
    settings.CVM_IMPORT_LARGEST_MB = 1
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" * 2_000_000))

    with pytest.raises(errors.TextUnpacksTooLarge):
        open_file(path)


def test_too_many_columns_and_too_long_cells_are_refused(tmp_path):
    wide, deep, unclosed = tmp_path / "wide.csv", tmp_path / "deep.csv", tmp_path / "unclosed.csv"
    wide.write_text(",".join(["a"] * 2001) + "\n")
    deep.write_text("a,b\n" + "x" * 1_000_001 + ",1\n")
    unclosed.write_text("a,b\n1,2\n" + '"' + "x,1\n" * 1_500_000)

    with pytest.raises(errors.TooManyColumns):
        open_file(wide)
    for path in (deep, unclosed):
        with pytest.raises(errors.CellTooLarge):
            read_all(path)


def test_reader_that_breaks_its_limits_ends_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("customers.importing.sheets.MEMORY_BYTES", 32 * 1024**2)
    monkeypatch.setattr("customers.importing.sheets.IDLE_SECONDS", 0.5)

    with pytest.raises(errors.ImportRefused):
        open_file(workbook(tmp_path, rows=30_000))


def test_reader_that_sleeps_is_ended(tmp_path, monkeypatch):
    """As one that is out of memory may, waiting for a lock of its own."""
    monkeypatch.setattr("customers.importing.sheets.IDLE_SECONDS", 0.3)
    sleeper = [sys.executable, "-c", "import time; time.sleep(600)"]
    real = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda _command, **options: real(sleeper, **options))
    began = time.monotonic()

    with pytest.raises(errors.ReaderStopped):
        open_file(workbook(tmp_path, rows=1))
    assert time.monotonic() - began < 60


def test_formulas_come_as_the_value_saved_with_them(tmp_path):
    path = tmp_path / "formulas.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["a", "b", "c"])
        sheet.write_formula(1, 0, "=1+1", None, 2)
        sheet.write_formula(1, 1, "=NOW()", None, "")
        sheet.write_string(1, 2, '=HYPERLINK("http://x")')

    (chunk,) = read_all(path)

    assert [column.to_pylist() for column in chunk.columns] == [["2"], [""], ['=HYPERLINK("http://x")']]


# F-52: encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_is_the_same_in_every_encoding(branch, encoding):
    rows = [("202610", code, amount) for code, amount in CLEAN]

    result = branch.take(branch.write("月账单.csv", HEADER, *rows, encoding=encoding))

    assert stored() == {code: fen(amount) for code, amount in CLEAN}
    assert balances(result.account)


def test_declared_encoding_wins(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("姓名,b\n联通,1\n".encode("gb18030"))
    ambiguous = tmp_path / "b.csv"
    ambiguous.write_bytes("鑱旈€,b\n".encode("gb18030"))

    assert open_file(path, encoding="GBK").encoding == "gb18030"
    with pytest.raises(errors.EncodingDeclaredWrong):
        open_file(path, encoding="utf-8")
    with pytest.raises(errors.EncodingDeclaredWrong):
        open_file(path, encoding="klingon")


def test_mixed_encodings_are_refused_wherever_they_begin(branch):
    head = ",".join(HEADER) + "\n"
    late = branch.folder / "月账单.csv"
    late.write_bytes(
        head.encode("gb18030")
        + b"202610,U1,1\n" * 200_000
        + "202610,U2,1 备注\xff".encode("latin-1", "replace")
        + b"\xff\xff\n"
    )

    with pytest.raises(errors.EncodingUnknown):
        branch.take(late)

    assert stored() == {}


# F-53: what text files go through on their way


def spoil(rng, lines):
    """Return the same rows with everything that happens to text files on their way."""
    wide = str.maketrans("0123456789.", "０１２３４５６７８９．")
    out = []
    for number, cells in enumerate(lines):
        made = list(cells)
        if number and rng.random() < 0.2:
            made[2] = made[2].translate(wide)
        if rng.random() < 0.2:
            made = [f'"{cell}"' for cell in made]
        elif number and rng.random() < 0.2:
            made = [f" {cell} " for cell in made]
        out.append(",".join(made))
    ends = ["\r\n"] if rng.random() < 0.4 else ["\n"] if rng.random() < 0.5 else ["\r\n", "\n"]
    text = "".join(line + rng.choice(ends) for line in out)
    if rng.random() < 0.3:
        text = text.rstrip("\r\n")
    encoding = rng.choice(["utf-8", "utf-8-sig", "gb18030"])
    return text.encode(encoding)


def test_spoiled_text_gives_the_rows_of_the_clean_file(tmp_path):
    from customers.importing.bills import FIELDS
    from customers.importing.gathering import gather
    from customers.importing.rows import Account

    spec = {"fields": {"month": {"headers": ["账期"]}, "user_code": {"headers": ["用户编码"]},
                       "arpu_fen": {"headers": ["当月ARPU"]}}}  # fmt: skip
    lines = [HEADER, *(("202610", code, amount) for code, amount in CLEAN)]
    path = tmp_path / "a.csv"
    for seed in range(200):
        path.write_bytes(spoil(random.Random(seed), lines))
        account = Account()

        rows = gather(open_file(path), FIELDS, spec, account, zone="Asia/Shanghai", money="arpu_fen")

        assert (rows["user_code"].to_pylist(), rows["arpu_fen"].tolist()) == (
            [code for code, _ in CLEAN],
            [fen(amount) for _, amount in CLEAN],
        ), seed
        assert (account.read, account.rejects) == (PEOPLE, [])


def test_rows_that_cannot_be_repaired_are_rejected_whole(branch):
    path = branch.folder / "月账单.csv"
    path.write_bytes(
        ",".join(HEADER).encode()
        + b'\n202610,U1,1.10\n202610,U2,2.20,\n202610,"U\n3",3\n202610,U\x004,4\n202610,U5,5\x000\n202610,U1,1.10\n'
    )

    result = branch.take(path)

    assert [(one.line, one.reason, list(one.cells)) for one in result.account.rejects] == [
        (5, "unknown_customer", ["202610", "U\n3", "3"]),
        (6 + 1, "control_character", ["202610", "U␀4", "4"]),
        (7 + 1, "not_a_number", ["202610", "U5", "5␀0"]),
        (3, "ragged", ["202610", "U2", "2.20", ""]),
    ] or sorted((one.line, one.reason) for one in result.account.rejects) == [
        (3, "ragged"), (4, "unknown_customer"), (6, "control_character"), (7, "not_a_number"),
    ]  # fmt: skip
    assert stored() == {"U1": 110}
    assert (result.account.duplicate, result.account.money_accepted_fen, result.account.money_rejected_fen) == (
        1,
        110,
        700,
    )
    assert balances(result.account)


# F-54: columns renamed, re-ordered, repeated, missing


def test_columns_may_be_renamed_and_stand_anywhere(branch):
    rows = [(amount, "备注", code, "2026年10月") for code, amount in CLEAN]

    result = branch.bills(*rows, header=("出账收入（元）：", "备注", "用户标识\n".strip(), "统计月"))

    assert stored() == {code: fen(amount) for code, amount in CLEAN}
    assert result.account.warnings == [("columns_ignored", {"columns": ["备注"]})]
    assert result.account.filled["arpu_fen"] == PEOPLE


@pytest.mark.parametrize(
    ("header", "error"),
    [
        (("账期", "用户编码", "当月ARPU", "当月ARPU（元）"), errors.ColumnsRepeated),
        (("账期", "用户编码", "消费", "备注"), errors.ColumnsMissing),
        (("202610", "U1", "12.50", "3"), errors.HeaderMissing),
    ],
)
def test_columns_repeated_or_missing_stop_the_file(branch, header, error):
    with pytest.raises(error):
        branch.bills(("202610", "U1", "1", "2"), header=header)

    assert stored() == {}


# F-56: money that is none


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("NaN", "missing"), ("Inf", "not_a_number"), ("-Infinity", "not_a_number"), ("1e400", "not_a_number"),
        ("123456789012", "out_of_range"), ("1E+15", "out_of_range"), ("", "missing"), ("1.2.3", "not_a_number"),
    ],
)  # fmt: skip
def test_money_that_is_none_is_rejected_and_counted(branch, text, reason):
    result = branch.bills(("202610", "U1", text), ("202610", "U2", "7.00"), header=HEADER)

    assert why(result) == [(2, "当月ARPU（元）", reason)]
    assert stored() == {"U2": 700}
    assert balances(result.account)


def test_refunds_are_taken_unless_the_template_forbids_them(branch):
    spec = MappingTemplate.objects.get(name="operator", kind="bills").spec
    spec["fields"]["arpu_fen"]["refunds"] = False
    MappingTemplate.objects.create(name="no refunds", kind="bills", spec={**spec, "patterns": []})
    rows = (("202610", "U1", "-20.00"), ("202610", "U2", "7.00"))
    forbidden = branch.bills(*rows, header=HEADER)

    assert stored() == {"U1": -2000, "U2": 700}
    refused = branch.take(
        branch.write("y.csv", HEADER, ("202611", "U1", "-20.00"), ("202611", "U2", "7.00")),
        kind="bills", template="no refunds", rehearse=True,
    )  # fmt: skip
    assert why(refused) == [(2, "当月ARPU（元）", "out_of_range")]
    assert (refused.account.money_accepted_fen, refused.account.money_rejected_fen) == (700, -2000)
    assert balances(forbidden.account)
    assert balances(refused.account)


# F-57: identifiers


def test_identifiers_come_through_unharmed_or_are_named(tmp_path, branch):
    path = branch.folder / "月账单.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("一月")
        sheet.write_row(0, 0, HEADER)
        for number, code in enumerate(["U1", 110101199003070003, "1.10101E+17", "110101199003071234", " U2 "], 1):
            sheet.write_row(number, 0, [202610, code, 1])

    result = branch.take(path)

    assert [(one.sheet, one.line, one.reason) for one in sorted(result.account.rejects, key=lambda one: one.line)] == [
        ("一月", 3, "lost_digits"),
        ("一月", 4, "lost_digits"),
        ("一月", 5, "unknown_customer"),
    ]
    assert next(one.cells for one in result.account.rejects if one.line == 5) == ["202610", "110101199003071234", "1"]
    assert stored() == {"U1": 100, "U2": 100}
    assert balances(result.account)


def test_whole_numbers_of_parquet_are_exact(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"i": [110101199003070003], "f": [2.0**60], "n": ["NA"]}), path)

    (chunk,) = read_all(path)

    assert [column.to_pylist()[0] for column in chunk.columns] == ["110101199003070003", "1.1529215046068470E+18", "NA"]


# Sheets


def test_every_sheet_is_joined_named_or_said_to_be_left_out(branch):
    path = branch.folder / "月账单.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        for name, code in (("城关", "U1"), ("高新", "U2")):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, HEADER)
            sheet.write_row(1, 0, [202610, code, 5])
            sheet.write_row(2, 0, [202610, "nobody", 5])
        book.add_worksheet("说明").write(0, 0, "口径说明")
        book.add_worksheet("空")

    result = branch.take(path)

    assert stored() == {"U1": 500, "U2": 500}
    assert [(one.sheet, one.line) for one in result.account.rejects] == [("城关", 3), ("高新", 3)]
    assert result.account.warnings == [("sheets_unread", {"sheets": ["说明"]})]
    assert balances(result.account)


def test_template_names_the_sheets(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        for name in ("说明", "账单1", "账单2"):
            book.add_worksheet(name).write_column(0, 0, ["a" if name != "说明" else "b", name])

    file = open_file(path, sheets=["账单*"])
    texts = [text for chunk in file.read([0]) for text in chunk.columns[0].to_pylist()]

    assert (texts, list(file.unread_sheets)) == (["账单1", "账单2"], ["说明"])
    with pytest.raises(errors.SheetsMissing):
        open_file(path, sheets=["汇总"])
