"""`manage.py bench …`: what the product costs on made-up branches of any size, beside the least it could cost."""

from __future__ import annotations

import hashlib
import itertools
import json

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db.migrations.loader import MigrationLoader

from cvm.bench import backtest_report, events_report, import_report, report, web_report
from cvm.bench.server import Place, place, run_child


class Command(BaseCommand):
    help = "Measure. Each bench keeps its data apart from yours and says on what it ran."

    def add_arguments(self, parser):
        benches = parser.add_subparsers(dest="bench", required=True)
        night = benches.add_parser("night", help="the night: real workers, real servers, and the floor")
        night.add_argument("--customers", type=int, nargs="+", default=[100_000, 300_000])
        night.add_argument("--months", type=int, default=24)
        night.add_argument("--workers", type=int, default=2)
        night.add_argument("--fresh", action="store_true", help="make the branches again")
        trial = benches.add_parser("backtest", help="key moments over twelve months: real workers, and the bare read")
        trial.add_argument("--customers", type=int, default=100_000)
        trial.add_argument("--months", type=int, default=24)
        trial.add_argument("--workers", type=int, default=2)
        trial.add_argument("--kinds", nargs="+", default=["C4", "C1", "A2"])
        trial.add_argument("--fresh", action="store_true", help="make the branch again")
        imports = benches.add_parser("import", help="a month of bills: GB18030 text and a workbook, and their floors")
        imports.add_argument("--rows", type=int, default=1_000_000)
        imports.add_argument("--sheet-rows", type=int, default=100_000)
        imports.add_argument("--fresh", action="store_true", help="make the branch and the files again")

        web = benches.add_parser("web", help="pages of a branch with a published night, and exports, and their floor")
        web.add_argument("--customers", type=int, default=300_000)
        web.add_argument("--months", type=int, default=24)
        web.add_argument("--times", type=int, default=200)
        web.add_argument("--port", type=int, default=8391)
        web.add_argument("--only", default="", help="ask only the kinds with this word, and make no export")
        web.add_argument("--fresh", action="store_true", help="make the branch again")

        events = benches.add_parser("events", help="from an event to its card on the desk, and the floor")
        events.add_argument("--customers", type=int, default=100_000)
        events.add_argument("--months", type=int, default=24)
        events.add_argument("--seconds", type=int, default=30, help="of sending; at most 120")
        events.add_argument("--rate", type=int, default=50, help="events a second; at most 200")
        events.add_argument("--port", type=int, default=8392)
        events.add_argument("--fresh", action="store_true", help="make the branch again")

    def handle(self, *, bench, **options):
        getattr(self, f"_{bench}")(**options)

    def _night(self, *, customers, months, workers, fresh, **_):
        sizes = []
        with place() as where:
            for size in sorted(customers):
                measured = self._one_night(where, size, months=months, workers=workers, fresh=fresh)
                sizes.append((size, measured))
                for line in report.lines(size, months, measured):
                    self.stdout.write(line)
        for small, large in itertools.pairwise(sizes):
            self.stdout.write(f"\nexponent {small[0]:,} to {large[0]:,}: {report.exponent(small, large):.2f}")

    def _one_night(self, where: Place, size: int, *, months: int, workers: int, fresh: bool) -> dict:
        database = f"cvm_bench_{size}x{months}_{schema()}"
        amount = ["--customers", str(size), "--months", str(months)]
        if fresh or not where.has(database):
            self._build(where, database, amount)
        arguments = [*amount, "--workers", str(workers)]
        if postmaster := where.postmaster():
            arguments += ["--postmaster", str(postmaster)]
        return json.loads(run_child("cvm.bench.night", arguments, where.environment(database)))

    def _backtest(self, *, customers, months, workers, kinds, fresh, **_):
        database = f"cvm_bench_{customers}x{months}_{schema()}"
        with place() as where:
            if fresh or not where.has(database):
                self._build(where, database, ["--customers", str(customers), "--months", str(months)])
            arguments = ["--workers", str(workers), "--kinds", *kinds]
            if postmaster := where.postmaster():
                arguments += ["--postmaster", str(postmaster)]
            measured = json.loads(run_child("cvm.bench.backtest", arguments, where.environment(database)))
        for line in backtest_report.lines(customers, measured):
            self.stdout.write(line)

    def _import(self, *, rows, sheet_rows, fresh, **_):
        database = f"cvm_bench_import_{rows}x{sheet_rows}_{schema()}"
        folder = settings.STATE_DIR / "bench" / database
        arguments = ["--rows", str(rows), "--sheet-rows", str(sheet_rows), "--folder", str(folder)]
        with place() as where:
            if fresh or not where.has(database):
                self._build(where, database, arguments, module="cvm.bench.imports")
            if postmaster := where.postmaster():
                arguments += ["--postmaster", str(postmaster)]
            measured = json.loads(run_child("cvm.bench.imports", arguments, where.environment(database)))
        for line in import_report.lines(measured):
            self.stdout.write(line)

    def _web(self, *, customers, months, times, port, only, fresh, **_):
        database = f"cvm_bench_{customers}x{months}_{schema()}"
        amount = ["--customers", str(customers), "--months", str(months)]
        with place() as where:
            if fresh or not where.has(database):
                self._build(where, database, amount)
            arguments = ["--times", str(times), "--port", str(port), "--only", only]
            measured = json.loads(run_child("cvm.bench.web", arguments, where.environment(database)))
        for line in web_report.lines(customers, measured):
            self.stdout.write(line)

    def _events(self, *, customers, months, seconds, rate, port, fresh, **_):
        database = f"cvm_bench_{customers}x{months}_{schema()}"
        amount = ["--customers", str(customers), "--months", str(months)]
        with place() as where:
            if fresh or not where.has(database):
                self._build(where, database, amount)
            arguments = ["--seconds", str(seconds), "--rate", str(rate), "--port", str(port)]
            if postmaster := where.postmaster():
                arguments += ["--postmaster", str(postmaster)]
            measured = json.loads(run_child("cvm.bench.events", arguments, where.environment(database)))
        for line in events_report.lines(customers, measured):
            self.stdout.write(line)

    def _build(self, where: Place, database: str, amount: list[str], *, module: str = "cvm.bench.night") -> None:
        draft = f"{database}_draft"
        self.stdout.write(f"Making {database} …")
        where.create(draft)
        run_child(module, [*amount, "--build"], where.environment(draft))
        where.drop(database)
        where.rename(draft, to=database)


def schema() -> str:
    """Return a short name for the tables as they are now: a branch made for other ones is not measured again."""
    known = sorted(f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations)
    return hashlib.sha256("\n".join(known).encode()).hexdigest()[:8]
