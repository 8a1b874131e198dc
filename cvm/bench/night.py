"""One size of the night bench, in a process of its own: build the branch if need be, two real nights, the floor."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from customers.models import Run, RunBucket  # noqa: E402
from cvm import nightly  # noqa: E402
from cvm.bench import branch  # noqa: E402
from cvm.bench.meter import Cost, Meter  # noqa: E402
from cvm.celery import app  # noqa: E402
from cvm.night import partition  # noqa: E402

AS_OF = dt.date(2026, 9, 10)
LOOK_SECONDS = 0.01
EMPTY = (
    "customers_run, customers_runbucket, customers_rollup, segmentation_cohortmember, segmentation_cohortpath,"
    " segmentation_ledgerentry, lifecycle_keymoment, callcenter_queueitem, retention_churnmodel"
)


def main() -> None:
    """Print one JSON document: the first night, the second night by stage, and the floor."""
    options = _options()
    if options.build:
        call_command("migrate", verbosity=0)
        branch.build(customers=options.customers, months=options.months, as_of=AS_OF, told=_tell)
        return
    _forget_nights()
    worker = start_worker(options.workers)
    try:
        meter = Meter(client=worker.pid, postmaster=options.postmaster)
        first = spend(meter, as_of=AS_OF)
        second = spend(meter, as_of=AS_OF + dt.timedelta(days=1))
    finally:
        worker.terminate()
        worker.wait(timeout=60)
    floor = _floor(options.postmaster)
    json.dump({"first": first, "second": second, "floor": floor, "load": os.getloadavg()[0]}, sys.stdout)


def spend(meter: Meter, *, as_of: dt.date) -> dict[str, Any]:
    """Spend a night and return the cost of each stage, of all together, and what the buckets say of themselves."""
    with meter.watching_memory():
        began = last = meter.read()
        run = nightly.start_night(as_of=as_of, reason="bench")
        stages: dict[str, Cost] = {}
        while run.status == Run.Status.RUNNING:
            stage = run.stage
            time.sleep(LOOK_SECONDS)
            run = Run.objects.only("status", "stage", "error").get(pk=run.pk)
            if run.stage != stage:
                now = meter.read()
                stages[stage] = stages.get(stage, Cost()) + (now - last)
                last = now
        total = meter.read() - began
    if run.status == Run.Status.FAILED:
        sys.exit(run.error)
    return {
        "stages": {name: asdict(cost) for name, cost in stages.items()},
        "total": asdict(total),
        "peak_client": meter.peak_client,
        "peak_postgres": meter.peak_postgres,
        "parts": _parts(run),
        "customers": Run.objects.get(pk=run.pk).customers,
        "table_bytes": _table_bytes(run),
    }


def _parts(run: Run) -> dict[str, float]:
    """Return the wall seconds the buckets spent on each of their parts, added up."""
    total: dict[str, float] = {}
    for timings in RunBucket.objects.filter(run=run).values_list("timings", flat=True):
        for name, seconds in timings.items():
            total[name] = total.get(name, 0.0) + seconds
    return total


def _table_bytes(run: Run) -> int:
    with connection.cursor() as cursor:
        cursor.execute("select pg_total_relation_size(%s::regclass)", [partition.table_of(run.pk)])
        return int(cursor.fetchone()[0])


def _floor(postmaster: int | None) -> dict[str, Any]:
    """Run the floor in a fresh process; its start-up is not counted, as workers start once and live long."""
    meter = Meter(client=os.getpid(), postmaster=postmaster)
    before = meter.read()
    command = [sys.executable, "-m", "cvm.bench.floor"]
    done = subprocess.run(command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True, check=True)
    spent = meter.read() - before
    stages = json.loads(done.stdout)
    wall, client = (sum(seconds[place] for seconds in stages.values()) for place in (0, 1))
    return {"stages": stages, "wall": wall, "client": client, "postgres": spent.postgres, "wal": spent.wal}


def _forget_nights() -> None:
    """Begin before the first night, whatever an earlier bench left."""
    with connection.cursor() as cursor:
        for run_id in partition.tables():
            cursor.execute(f"drop table {partition.table_of(run_id)}")
        cursor.execute(f"truncate {EMPTY} cascade")
        cursor.execute("vacuum analyze")
        cursor.execute("checkpoint")


def start_worker(workers: int) -> subprocess.Popen[bytes]:
    """Return a worker that answers; raises SystemExit when it ends while starting."""
    app.control.purge()
    command = [sys.executable, "-W", "ignore", "-m", "celery", "-A", "cvm", "worker", "--concurrency", str(workers)]
    command += ["--without-gossip", "--without-mingle", "--loglevel", "WARNING", "--hostname", "bench@%h"]
    worker = subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL)
    while not app.control.ping(timeout=0.5):
        if worker.poll() is not None:
            sys.exit("the worker ended while starting")
    return worker


def _tell(done: int, total: int) -> None:
    print(f"  {done}/{total} buckets of customers made", file=sys.stderr)  # noqa: T201 - the terminal's only sign of life


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--customers", type=int, required=True)
    parser.add_argument("--months", type=int, required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--postmaster", type=int)
    parser.add_argument("--build", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
