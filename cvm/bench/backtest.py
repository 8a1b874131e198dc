"""One back-test on a made-up branch, in a process of its own: real workers, and the floor, a bare read of the blocks."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import sys
import time
from dataclasses import asdict
from typing import Any

import django
import numpy as np

django.setup()

from django.db import connection  # noqa: E402

from customers import blocks  # noqa: E402
from customers.history import id_range  # noqa: E402
from customers.models import Run, Staff  # noqa: E402
from cvm.backtests import actions, tasks  # noqa: E402
from cvm.bench.meter import Cost, Meter  # noqa: E402
from cvm.bench.night import AS_OF, spend, start_worker  # noqa: E402
from cvm.lib.months import month_of  # noqa: E402
from lifecycle.models import BackTest, MomentKind  # noqa: E402

LOOK_SECONDS = 0.05


def main() -> None:
    """Print one JSON document: each kind's cost on the workers, and the floor."""
    options = _options()
    worker = start_worker(options.workers)
    try:
        meter = Meter(client=worker.pid, postmaster=options.postmaster)
        run = Run.objects.published()
        if run is None or run.as_of != AS_OF:
            spend(meter, as_of=AS_OF)
            run = Run.objects.published()
        kinds = {code: _try(meter, code) for code in options.kinds}
    finally:
        worker.terminate()
        worker.wait(timeout=60)
    json.dump({"kinds": kinds, "floor": _floor(run), "load": os.getloadavg()[0]}, sys.stdout)


def _try(meter: Meter, code: str) -> dict[str, Any]:
    """Back-test a kind beside a draft of it, as a person would ask, and return what it cost."""
    kind = MomentKind.objects.get(code=code)
    BackTest.objects.filter(kind=kind).delete()
    draft = actions.values_of(actions.row_of(kind))
    draft["cool_down_days"] += 1
    with meter.watching_memory():
        began = meter.read()
        test, _is_new = actions.ask(kind, draft=draft, by=_asker(), at=dt.datetime.now(dt.UTC))
        tasks.send(test.pk)
        while test.status == BackTest.Status.RUNNING:
            time.sleep(LOOK_SECONDS)
            test = BackTest.objects.defer("plan", "result").get(pk=test.pk)
        cost: Cost = meter.read() - began
    if test.status != BackTest.Status.DONE:
        sys.exit(test.error)
    return {
        "cost": asdict(cost),
        "peak_client": meter.peak_client,
        "days": (test.last_day - test.first_day).days + 1,
        "others": len(test.plan["others"]),
    }


def _floor(run: Run) -> dict[str, float]:
    """Read the packed months the back-test needs, every fact of every customer, and nothing else; one process."""
    began, used = time.perf_counter(), time.process_time()
    newest = month_of(run.month)
    last = run.plan["last_customer"]
    with connection.cursor() as cursor:
        for bucket in range(run.buckets):
            first, high = id_range(bucket)
            ids = np.arange(first, min(high, last) + 1)
            blocks.read_history(cursor, bucket, ids, month=newest, months=24)
    return {"wall": time.perf_counter() - began, "client": time.process_time() - used}


def _asker() -> Staff:
    found, _is_new = Staff.objects.get_or_create(username="bench-admin", defaults={"role": Staff.Role.ADMIN})
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kinds", nargs="+", required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--postmaster", type=int)
    return parser.parse_args()


if __name__ == "__main__":
    main()
