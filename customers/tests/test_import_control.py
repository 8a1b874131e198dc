"""What senders write beside their files, and what the command makes of it."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from customers.importing import control
from customers.models import ImportBatch, MonthlyBill
from customers.tests.files import BILLS


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rows=123\nmoney=1,234.56\n", {"rows": 123, "money_fen": 123456}),
        ("行数,123\n金额（元）,0.07", {"rows": 123, "money_fen": 7}),
        ("总记录数：1,200\n总金额：¥ 88.8\n", {"rows": 1200, "money_fen": 8880}),
        ("记录数|5\n金额(分)|77\n", {"rows": 5, "money_fen": 77}),
        ("rows,money\n12,3.50\n", {"rows": 12, "money_fen": 350}),
        ('{"rows": 3, "amount": "10.00", "SHA-256": "AB", "charset": "GB18030"}',
         {"rows": 3, "money_fen": 1000, "sha256": "ab", "encoding": "gb18030"}),
        ("file: bills.csv\nrecord_count: 9\n", {"rows": 9}),
    ],
)  # fmt: skip
def test_control_files_are_read_as_they_come(text, said):
    assert control.parse(text.encode()) == said
    assert control.parse(text.encode("gb18030")) == said
    assert control.parse(b"\xef\xbb\xbf" + text.encode()) == said


@pytest.mark.parametrize("content", [b"", b"hello", b"rows=many", b"{broken", b"\x00\xff\x00"])
def test_control_file_that_says_nothing_is_refused(content):
    with pytest.raises(control.ControlUnreadable):
        control.parse(content, name="a.ctl")


@pytest.mark.parametrize("name", ["a.csv.ctl", "a.csv.chk", "a.ctl", "a.chk"])
def test_sidecar_is_found_beside_the_file(tmp_path, name):
    path = tmp_path / "a.csv"
    assert control.sidecar(path) is None
    (tmp_path / name).write_text("rows=1")

    assert control.sidecar(path) == tmp_path / name


def test_kind_without_money_is_not_compared_in_money():
    assert control.compare({"money_fen": 5}, rows=1, money_fen=None, sha256="")[1] == []


# --- the command


def bills(desk, *rows, name="月账单.csv"):
    return str(desk.write(name, BILLS, *rows))


def bill(user, month="202610"):
    return (month, user, "正使用", "10", "1", "1", "1")


def test_command_stops_at_a_control_file_that_differs(desk):
    desk.customers(1)
    path = bills(desk, bill("U1"))
    (desk.folder / "月账单.csv.ctl").write_text("rows=2")

    with pytest.raises(CommandError, match="2"):
        call_command("import", path)

    assert ImportBatch.objects.get(kind="bills").error_code == "stops_hold"
    assert not MonthlyBill.objects.exists()


def test_command_imports_in_spite_of_a_gap_when_told_why(desk, capsys):
    desk.customers(1)
    call_command("import", bills(desk, bill("U1", "202608")))
    path = bills(desk, bill("U1", "202610"), name="月账单二.csv")
    with pytest.raises(CommandError, match="2026-09"):
        call_command("import", path)
    with pytest.raises(CommandError):
        call_command("import", path, "--dry-run")

    call_command("import", path, "--override", "September is lost")

    assert MonthlyBill.objects.count() == 2
    assert ImportBatch.objects.latest("pk").preview["override_reason"] == "September is lost"


def test_command_fails_when_every_row_was_rejected(desk):
    desk.customers(1)

    with pytest.raises(CommandError, match="月账单.csv"):
        call_command("import", bills(desk, bill("U7"), bill("U8")))

    assert ImportBatch.objects.get(kind="bills").rows_rejected == 2


def test_command_takes_an_import_back(desk, capsys):
    desk.customers(1)
    call_command("import", bills(desk, bill("U1")))
    number = ImportBatch.objects.latest("pk").pk

    call_command("import", "--undo", str(number))

    assert not MonthlyBill.objects.exists()
    assert f" {number} " in capsys.readouterr().out
    for wrong in (number, 999_999):
        with pytest.raises(CommandError):
            call_command("import", "--undo", str(wrong))
    with pytest.raises(CommandError):
        call_command("import")
