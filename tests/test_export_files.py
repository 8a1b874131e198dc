"""The files themselves: whole, masked, safe to open, marked; and the command that names whose they are."""

import csv
import datetime as dt
import io
import os
import random
import re
import stat
import zipfile
from decimal import Decimal

import pytest
import python_calamine
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone, translation

from customers.masking import masked_number
from customers.models import Customer, Export, Run, Staff, Standing
from cvm import columns
from cvm.exports import actions, files, tasks, watermark, writing
from cvm.night import partition
from cvm.paging import order_of
from tests.pages import branch

ALL = [column.name for column in columns.COLUMNS]
NOW = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.EXPORTS_DIR = tmp_path / "exports"
    return settings.EXPORTS_DIR


def make(place, *, by="analyst", query="", names=ALL, file_format="csv", rows=None, at=NOW):
    """Request and write a file; return the export and the path of the file."""
    user = getattr(place, by)
    found = Standing.objects.filter(run=place.run).visible_to(user)
    export = actions.request_export(
        by=user, run=place.run, query=query, columns=names, file_format=file_format, language="en",
        purpose="county review", rows=found.count() if rows is None else rows, at=at,
    )  # fmt: skip
    Export.objects.filter(pk=export.pk).update(status="queued")
    tasks.write_export(export.pk)
    export.refresh_from_db()
    return export, files.path_of(export.file_name) if export.file_name else None


def lines_of(path):
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def sheets_of(path):
    book = python_calamine.load_workbook(path)
    return [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]


# --- whole ---------------------------------------------------------------------------------------


def test_csv_holds_exactly_the_rows_of_the_list(place):
    export, path = make(place)
    first, heads, *rows, last = lines_of(path)
    numbers = sorted(masked_number(number) for number in Customer.objects.values_list("msisdn", flat=True))
    assert sorted(row[0] for row in rows) == numbers
    with translation.override("en"):
        assert heads == ["Number", *(str(column.label) for column in columns.COLUMNS)]
    assert first == [
        f"CVM export {export.pk} · requested by 林分析 (analyst) at 2026-11-23 17:30:00"
        f" · night {place.run.pk}, as of 2026-11-22"
    ]
    assert last == [f"{len(rows)} rows in all"]
    assert (export.status, export.rows_written, export.rows_expected) == ("ready", branch.CUSTOMERS, branch.CUSTOMERS)


def test_file_begins_with_a_byte_order_mark_and_is_closed_to_others(place, folder):
    _export, path = make(place)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    assert len(path.name) == 32


def test_digest_is_that_of_the_file(place):
    import hashlib

    export, path = make(place)
    assert export.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_file_follows_filter_and_scope(place):
    east = Standing.objects.filter(run=place.run, county_id=place.east.pk, stage=3)
    _export, path = make(place, by="east_analyst", query="stage=3", rows=east.count())
    expected = {masked_number(row.customer.msisdn) for row in east.select_related("customer")}
    assert {row[0] for row in lines_of(path)[2:-1]} == expected


@pytest.mark.parametrize("sort", ["-kept", "-value", "-risk", "tenure"])
def test_blocks_of_fifty_keep_the_order_of_the_list(place, sort):
    _export, path = make(place, query=f"sort={sort}", names=["user_code"])
    wanted = list(Standing.objects.filter(run=place.run).order_by(*order_of(sort)).values_list("customer__user_code"))
    found = [(row[1],) for row in lines_of(path)[2:-1]]
    assert sorted(found[:50]) == sorted(wanted[:50])
    assert sorted(found[50:]) == sorted(wanted[50:])
    assert found != wanted


def test_a_list_that_changed_gives_no_file(place, folder):
    export, path = make(place, rows=branch.CUSTOMERS - 1)
    assert (export.status, export.error, path) == ("failed", "list_changed", None)
    assert list(folder.iterdir()) == []


def test_an_export_belongs_to_its_night(place):
    with transaction.atomic():
        later = Run.objects.create(as_of=place.run.as_of, month=place.run.month, started_at=timezone.now())
        partition.create(later.pk)
        partition.attach(later.pk)
    export, _path = make(place)
    assert export.rows_written == branch.CUSTOMERS


def test_a_night_that_is_cleared_away_is_said(place):
    with connection.cursor() as cursor:
        cursor.execute(f"drop table {partition.table_of(place.run.pk)}")
    export, path = make(place, rows=branch.CUSTOMERS)
    assert (export.status, export.error, path) == ("failed", "run_gone", None)


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": Staff.Role.PHONE_MANAGER}])
def test_a_requester_without_the_right_gets_no_file(place, change):
    export = actions.request_export(
        by=place.analyst, run=place.run, query="", columns=["stage"], file_format="csv", language="en",
        purpose="county review", rows=64, at=NOW,
    )  # fmt: skip
    Staff.objects.filter(pk=place.analyst.pk).update(**change)
    tasks.write_export(export.pk)
    export.refresh_from_db()
    assert (export.status, export.error) == ("failed", "right_gone")


def test_an_accident_leaves_words_and_no_file(place, folder, monkeypatch):
    def break_off(_path):
        raise OSError("No space left on device")

    monkeypatch.setattr(tasks, "sha256_of", break_off)
    export, path = make(place)
    assert (export.status, export.error, path) == ("failed", "not_written", None)
    assert list(folder.iterdir()) == []


def test_delivered_twice_changes_nothing(place, folder):
    export, path = make(place)
    before = path.read_bytes()
    tasks.write_export(export.pk)
    assert (path.read_bytes(), len(list(folder.iterdir()))) == (before, 1)


def test_a_killed_worker_s_file_is_written_again_and_its_rest_cleared(place, folder):
    export, path = make(place)
    Export.objects.update(status="running", file_name="", rows_written=None)
    tasks.write_export(export.pk)
    os.utime(path, (0, 0))
    tasks.sweep()
    export.refresh_from_db()
    assert [file.name for file in folder.iterdir()] == [export.file_name]


def test_what_the_queue_lost_is_sent_again(place, monkeypatch):
    sent = []
    monkeypatch.setattr(tasks, "_send", sent.append)
    export, _path = make(place)
    Export.objects.update(status="queued", requested_at=timezone.now() - dt.timedelta(seconds=30))
    tasks.sweep()
    assert sent == []
    Export.objects.update(requested_at=timezone.now() - dt.timedelta(minutes=2))
    tasks.sweep()
    assert sent == [export.pk]


@pytest.mark.parametrize("rows", [None, branch.CUSTOMERS - 1])
@pytest.mark.parametrize("status", ["ready", "taken"])
def test_the_database_refuses_a_file_with_rows_missing(place, rows, status):
    make(place)
    with pytest.raises(IntegrityError, match="export_is_whole"):
        Export.objects.update(status=status, rows_written=rows)


# --- masked and safe -----------------------------------------------------------------------------


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
@pytest.mark.parametrize("by", ["analyst", "leader"])
def test_no_number_and_no_name_stands_in_clear(place, by, file_format):
    _export, path = make(place, by=by, file_format=file_format)
    rows = lines_of(path) if file_format == "csv" else [row for sheet in sheets_of(path) for row in sheet]
    said = {str(cell) for row in rows for cell in row}
    assert said.isdisjoint(Customer.objects.values_list("msisdn", flat=True))
    assert said.isdisjoint(Customer.objects.values_list("name", flat=True))
    assert any(cell.endswith("**") for cell in said)


STARTS = ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("before", ["", " ", "\u3000"])
def test_csv_cells_are_no_formulas(start, before):
    assert writing.safe_text(f"{before}{start}cmd|' /C calc'!A0").startswith("'")


@pytest.mark.parametrize("text", ["138****0001", "林分析", "1-2", "a=b", ""])
def test_harmless_texts_stay_as_they_are(text):
    assert writing.safe_text(text) == text


def sheet(**changes):
    return writing.Sheet(**{"number": 7, "watermark": "mark", "heads": ["=A", "B"], "last_line": str, **changes})


def test_csv_neutralises_heads_too(tmp_path):
    writing.write(tmp_path / "x", [["=1+1", Decimal("-5.00")]], sheet=sheet(), file_format="csv")
    assert lines_of(tmp_path / "x") == [["mark"], ["'=A", "B"], ["'=1+1", "-5.00"], ["1"]]


@pytest.mark.parametrize("start", STARTS)
def test_xlsx_texts_are_strings_and_numbers_numbers(tmp_path, start):
    text = f"{start}1+1"
    writing.write(tmp_path / "x", [[text, Decimal("12.34")], ["0012", 5]], sheet=sheet(), file_format="xlsx")
    with zipfile.ZipFile(tmp_path / "x") as book:
        page = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in page
    assert "http" not in page.split("<sheetData>")[1]
    rows = sheets_of(tmp_path / "x")[0]
    assert rows[3][:2] == ["0012", 5.0]
    assert (rows[2][0].strip(), rows[2][1]) == (text.strip(), 12.34)


def test_xlsx_carries_the_request_in_line_footer_and_properties(place):
    export, path = make(place, file_format="xlsx")
    with zipfile.ZipFile(path) as book:
        texts = {name: book.read(name).decode() for name in book.namelist()}
    mark = f"CVM export {export.pk}"
    assert mark in texts["xl/worksheets/sheet1.xml"].split("<oddFooter>")[1]
    assert f"<vt:i4>{export.pk}</vt:i4>" in texts["docProps/custom.xml"]
    assert mark in texts["docProps/core.xml"]
    assert sheets_of(path)[0][0][0].startswith(mark)
    assert sheets_of(path)[0][-1][0] == f"{branch.CUSTOMERS} rows in all"


def test_xlsx_goes_on_on_the_next_sheet(tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "SHEET_ROWS", 6)
    rows = [[str(number), number] for number in range(7)]
    assert writing.write(tmp_path / "x", rows, sheet=sheet(), file_format="xlsx") == 7
    pages = sheets_of(tmp_path / "x")
    assert [[row[0] for row in page[2:-1]] for page in pages] == [["0", "1", "2"], ["3", "4", "5"], ["6"]]
    assert max(len(page) for page in pages) == 6
    assert pages[-1][-1][0] == "7"


def test_an_empty_list_is_a_whole_file(tmp_path):
    for file_format in ("csv", "xlsx"):
        assert writing.write(tmp_path / file_format, [], sheet=sheet(), file_format=file_format) == 0


# --- whose is it? --------------------------------------------------------------------------------


NUMBERS = [f"138****{number:04d}" for number in range(400)]


def own_order(key, numbers=NUMBERS):
    return [number for block in watermark.in_own_order(numbers, key=key, number=str) for number in block]


def test_own_order_is_its_key_s_alone():
    rows = own_order("a")
    assert sorted(rows) == sorted(NUMBERS)
    assert own_order("b") != rows == own_order("a")
    assert watermark.certainty(rows, key="a") > 15
    assert max(watermark.certainty(rows, key=str(key)) for key in range(200)) < watermark.CERTAIN


@pytest.mark.parametrize("seed", range(20))
def test_shuffled_sorted_or_foreign_rows_are_nobodys(seed):
    shuffled = random.Random(seed).sample(NUMBERS, len(NUMBERS))
    for rows in (shuffled, NUMBERS, NUMBERS[::-1]):
        assert watermark.certainty(rows, key=f"key {seed}") < watermark.CERTAIN


def test_a_part_of_the_rows_is_enough():
    rows = own_order("a")
    kept = [number for number in rows[37:200] if random.Random(number).random() < 0.7]
    assert watermark.certainty(kept, key="a") > watermark.CERTAIN


def test_of_no_rows_nothing_is_certain():
    assert watermark.certainty([], key="a") == 0.0
    assert watermark.certainty(["138****0001"] * 50, key="a") == 0.0


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_command_names_the_request_behind_a_file(place, tmp_path, file_format, capsys):
    make(place, by="leader", names=["stage"], rows=Standing.objects.filter(county_id=place.east.pk).count())
    export, path = make(place, file_format=file_format)
    make(place, names=["stage"])
    leaked = tmp_path / f"leaked.{file_format}"
    leaked.write_bytes(path.read_bytes())

    call_command("trace_export", str(leaked))

    assert re.findall(r"\d+", capsys.readouterr().out)[0] == str(export.pk)


def test_command_needs_neither_first_line_nor_other_columns(place, tmp_path, capsys):
    make(place, by="leader", names=["stage"], rows=Standing.objects.filter(county_id=place.east.pk).count())
    export, path = make(place)
    leaked = tmp_path / "numbers.csv"
    leaked.write_text("\n".join(row[0] for row in lines_of(path)[2:-1]), encoding="utf-8")

    call_command("trace_export", str(leaked))

    assert re.findall(r"\d+", capsys.readouterr().out)[0] == str(export.pk)


@pytest.mark.parametrize("seed", range(3))
def test_command_names_nobody_for_shuffled_rows(place, tmp_path, seed):
    _export, path = make(place)
    rows = [row[0] for row in lines_of(path)[2:-1]]
    leaked = tmp_path / "shuffled.csv"
    leaked.write_text("\n".join(random.Random(seed).sample(rows, len(rows))), encoding="utf-8")
    with pytest.raises(CommandError):
        call_command("trace_export", str(leaked))


@pytest.mark.parametrize(("name", "content"), [("few.csv", b"138****0001\n"), ("broken.xlsx", b"no zip")])
def test_command_says_what_it_cannot_read(place, tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CommandError):
        call_command("trace_export", str(tmp_path / name))
    with pytest.raises(CommandError):
        call_command("trace_export", str(tmp_path / "absent.csv"))
