"""The import bench, in a process of its own: a month of bills as GB18030 text and as a workbook, and their floors.

The text has 13 columns, one row in a hundred is bad in one of five ways, and the month is new: what is measured is
`import_file` from the file to the committed receipt, with its rejects and its packed history. The floor of the text is
a bare parse by pyarrow and a bare COPY of the finished columns; the floor of the workbook is python-calamine alone.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import resource
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import django

django.setup()

import numpy as np  # noqa: E402
import xlsxwriter  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from pyarrow import csv as arrow_csv  # noqa: E402
from python_calamine import CalamineWorkbook  # noqa: E402

from customers.importing.bills import STORED  # noqa: E402
from customers.importing.reading import open_file  # noqa: E402
from customers.importing.run import import_file  # noqa: E402
from customers.importing.templates import install_templates  # noqa: E402
from customers.models import HistoryBlock, ImportBatch  # noqa: E402
from customers.partitions import PARENT, partition_name  # noqa: E402
from cvm.bench import branch  # noqa: E402
from cvm.bench.meter import Meter  # noqa: E402
from cvm.lib import bulk  # noqa: E402

AS_OF = dt.date(2026, 9, 10)
NOW = dt.datetime(2026, 9, 10, 2, 0, tzinfo=dt.UTC)
MONTH = dt.date(2026, 8, 1)
HEADER = ("手机号码", "姓名", "归属县市", "主套餐", "账期", "当月ARPU（元）", "主叫MOU（分）", "DOU（MB）", "短信条数",
          "超套费（元）", "欠费金额（元）", "套餐费（元）", "通话天数")  # fmt: skip
STORED_BILLS = f"select count(*), coalesce(sum(arpu_fen), 0)::bigint from {PARENT} where month = %s"  # noqa: S608 a constant
FIRST_NUMBER = 19_000_000_000
ONE_BAD_IN = 100
TEXT, WORKBOOK = "bills.csv", "bills.xlsx"


def main() -> None:
    """Print one JSON document: text, workbook and their floors; with --build only make the branch and the files."""
    options = _options()
    if options.build:
        call_command("migrate", verbosity=0)
        branch.build(customers=options.rows, months=2, as_of=AS_OF, told=lambda done, total: None)
        install_templates()
        write_files(options.folder, rows=options.rows, sheet_rows=options.sheet_rows)
        return
    meter = Meter(client=os.getpid(), postmaster=options.postmaster)
    text, workbook = options.folder / TEXT, options.folder / WORKBOOK
    measured = {
        "text": _imported(meter, text),
        "text_floor": _spent(meter, lambda: _bare_text(text, options.rows)),
        "workbook": _imported(meter, workbook),
        "workbook_read": _spent(meter, lambda: _read(workbook)),
        "workbook_floor": _spent(meter, lambda: _bare_workbook(workbook)),
        "load": os.getloadavg()[0],
        "text_mb": text.stat().st_size / 1e6,
    }
    json.dump(measured, sys.stdout)


def write_files(folder: Path, *, rows: int, sheet_rows: int) -> None:
    """Write the two files; the same numbers give the same files."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = bill_lines(rows)
    (folder / TEXT).write_bytes(
        "\n".join((",".join(HEADER), *(",".join(line) for line in lines), "")).encode("gb18030")
    )
    with xlsxwriter.Workbook(str(folder / WORKBOOK), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("账单")
        sheet.write_row(0, 0, HEADER)
        for number, line in enumerate(lines[:sheet_rows], 1):
            sheet.write_row(number, 0, [*line[:5], *map(_as_number, line[5:])])


def bill_lines(rows: int) -> list[list[str]]:
    """Return the bills of the customers 1 … rows as cells, every hundredth spoiled in one of five ways."""
    random = np.random.default_rng(branch.SEED)
    plan = random.choice(branch.PLANS_YUAN, rows, p=branch.PLAN_SHARES)
    bill, over, owed = plan * random.lognormal(0, 0.2, rows), random.gamma(1, 3, rows), random.gamma(0.2, 20, rows)
    used = [random.integers(0, high, rows).tolist() for high in (900, 90_000, 30)]
    days = random.integers(0, 32, rows).tolist()
    lines = [
        [str(FIRST_NUMBER + n + 1), f"客户{n + 1:07d}", f"第{n % 12 + 1}县", f"畅享{plan[n]}元套餐", "202608",
         f"{bill[n]:.2f}", str(used[0][n]), str(used[1][n]), str(used[2][n]), f"{over[n]:.2f}", f"{owed[n]:.2f}",
         f"{plan[n]}.00", str(days[n])]
        for n in range(rows)
    ]  # fmt: skip
    spoil = ((0, "1900000"), (6, "未知"), (4, "202613"), (12, "45"), (0, "13900000000"))
    for bad, n in enumerate(range(0, rows, ONE_BAD_IN)):
        column, cell = spoil[bad % len(spoil)]
        lines[n][column] = cell
    return lines


def _imported(meter: Meter, path: Path) -> dict[str, Any]:
    _forget_month()
    found: list[Any] = []
    cost = _spent(meter, lambda: found.append(import_file(path, now=NOW, kind="bills", template="operator")))
    account = found[0].account
    with connection.cursor() as cursor:
        cursor.execute(STORED_BILLS, [MONTH])
        stored, fen = cursor.fetchone()
    if (stored, fen) != (account.accepted, account.money_accepted_fen):
        sys.exit("the bills stored are not the bills accepted")
    rejected = len(account.rejects)
    return {**cost, "rows": account.read, "accepted": stored, "rejected": rejected, "duplicate": account.duplicate}


def _read(path: Path) -> None:
    file = open_file(path)
    for _ in file.read(range(len(file.headers))):
        pass


def _spent(meter: Meter, work: Callable[[], object]) -> dict[str, Any]:
    """Return what the work costs; its peak memory is that of this process, libraries and all."""
    Path("/proc/self/clear_refs").write_text("5")  # begin the high-water mark anew
    before = meter.read()
    work()
    return {**asdict(meter.read() - before), "peak_mb": _high_water_mb(), "peak_child_mb": _children_mb()}


def _bare_text(path: Path, rows: int) -> None:
    reader = arrow_csv.open_csv(
        path,
        read_options=arrow_csv.ReadOptions(use_threads=False, block_size=4 << 20, encoding="gb18030"),
        convert_options=arrow_csv.ConvertOptions(column_types=dict.fromkeys(HEADER, "string")),
    )
    for _ in reader:
        pass
    columns = [("month", "date"), *STORED]
    ready = {name: np.arange(rows) % 100 for name, _ in columns} | {"is_signed": np.ones(rows, np.bool_)}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"create temporary table bare (like {PARENT}) on commit drop")
        bulk.write(cursor, "bare", columns, ready)


def _bare_workbook(path: Path) -> None:
    CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()


def _forget_month() -> None:
    """Begin before the month came, whatever an earlier bench left."""
    with connection.cursor() as cursor:
        cursor.execute(f"drop table if exists {partition_name(MONTH)}")
    HistoryBlock.objects.all().delete()
    ImportBatch.objects.all().delete()


def _as_number(text: str) -> float | str:
    return float(text) if text.replace(".", "", 1).isdigit() else text


def _high_water_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1000


def _children_mb() -> float:
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--sheet-rows", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--postmaster", type=int)
    parser.add_argument("--build", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
