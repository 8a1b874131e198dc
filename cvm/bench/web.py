"""The web bench, in a process of its own: gunicorn as `up` starts it, pages asked one after the other, an export.

Every page is asked by an analyst of the whole branch over a kept connection, every search by a team leader of it
(cvm/bench/searching.py); the floor is a view that does nothing, in the same server behind the same middleware and the
same door.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import functools
import http.client
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import QueryDict  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from customers.models import Branch, Export, MonthlyBill, Rollup, Run, Staff, Standing  # noqa: E402
from customers.partitions import ensure_partition  # noqa: E402
from cvm import launch  # noqa: E402
from cvm.bench import analysing, flows, night, searching, web_report  # noqa: E402
from cvm.bench.meter import Meter, private_bytes  # noqa: E402
from cvm.bench.web_app import FLOOR  # noqa: E402
from cvm.exports import files, tasks  # noqa: E402
from cvm.filters import StandingFilter  # noqa: E402
from cvm.lib.months import first_day, month_of  # noqa: E402

HOST = "127.0.0.1"
WARM = 20
WARM_SECONDS, SECONDS = 10.0, 60.0  # a slow page is asked less often
SAMPLES = 40  # customers whose page is opened
COLUMNS = ["name", "county", "code", "band", "stage", "warning", "score", "average", "kept", "tenure", "manager"]


@dataclass(frozen=True)
class Wanted:
    """How often to ask, and a word of the kinds that are asked; the floor always is."""

    times: int
    only: str = ""

    def holds(self, kind: str) -> bool:
        return self.only in kind or kind.startswith("floor")

    def at_most(self, times: int) -> Wanted:
        return Wanted(min(self.times, times), self.only)


@dataclass
class Browser:
    """One kept connection with one person's cookies."""

    port: int
    cookies: str
    token: str
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection(HOST, self.port, timeout=60)

    def ask(self, address: str, form: dict[str, str] | None = None, *, is_final: bool = False) -> tuple[float, str]:
        """Return the milliseconds until the whole answer is here, and the answer; raises on anything but 200.

        A form is sent as the box sends it while somebody types, or (`is_final`) as the Enter key does.
        """
        headers = {"Cookie": self.cookies, "Host": "localhost"}
        body = None
        if form is not None:
            body = urlencode(form)
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": self.token}
            headers |= {"Referer": f"http://localhost:{self.port}/"} | ({} if is_final else {"HX-Request": "true"})
        began = time.perf_counter()
        self.connection.request("POST" if form is not None else "GET", address, body=body, headers=headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        spent = 1000 * (time.perf_counter() - began)
        if answer.status != 200:
            sys.exit(f"{address} answered {answer.status}")
        return spent, text


def main() -> None:
    """Print one JSON document: milliseconds of each page, and what the exports cost."""
    options = _options()
    wanted = Wanted(options.times, options.only)
    call_command("migrate", verbosity=0)
    analyst, leader = _prepare(workers=options.workers)
    with _server(options.port):
        pages = _pages(_browser(analyst, port=options.port), wanted=wanted)
        pages |= _searches(_browser(leader, port=options.port), wanted=wanted)
        pages |= _kinds(_browser(analyst, port=options.port), analysing.of_analyst(_run()), wanted=wanted)
        administrator = _browser(analysing.admin(), port=options.port)
        pages["ladder: first draft after a start"] = [administrator.ask(*analysing.first_draft())[0]]
        pages |= _kinds(administrator, analysing.of_admin(), wanted=wanted)
    pages["pyramid by SQL, as a chart tool asks"] = analysing.chart_query(_run(), times=min(options.times, 20))
    some = _near(5_000)
    exports = (
        []
        if options.only
        else [
            _export(analyst, query=query, file_format=file_format)
            for query, file_format in ((some, "csv"), (some, "xlsx"), ("", "csv"), ("", "xlsx"))
        ]
    )
    pages = {kind: found for kind, found in pages.items() if found}
    json.dump({"pages": pages, "exports": exports, "load": os.getloadavg()[0]}, sys.stdout)


def _prepare(*, workers: int) -> tuple[Staff, Staff]:
    """Spend a night unless one is published; give the search its words and the sampled customers their bills.

    The team leader is a new one each time: searches by full number are counted per person and hour.
    """
    if not Run.objects.filter(is_current=True).exists():
        worker = night.start_worker(workers)
        try:
            night.spend(Meter(client=worker.pid, postmaster=None), as_of=night.AS_OF)
        finally:
            worker.terminate()
            worker.wait(timeout=60)
    searching.prepare()
    run = Run.objects.get(is_current=True)
    _bill(_sample(run), newest=run.month)
    root = Branch.objects.get(parent=None)
    analyst, _ = Staff.objects.get_or_create(username="bench", role=Staff.Role.ANALYST, branch=root)
    leader = Staff.objects.create(
        username=f"bench{timezone.now():%Y%m%d%H%M%S}", role=Staff.Role.TEAM_LEADER, branch=root
    )
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")
    return analyst, leader


def _sample(run: Run) -> list[int]:
    standings = Standing.objects.filter(run=run).order_by("-kept_fen", "customer_id")
    return list(standings.values_list("customer_id", flat=True)[:SAMPLES])


def _bill(customers: list[int], *, newest: dt.date) -> None:
    if MonthlyBill.objects.filter(customer_id__in=customers).exists():
        return
    months = [first_day(month_of(newest) - back) for back in range(24)]
    with connection.cursor() as cursor:
        for month in months:
            ensure_partition(cursor, month=month)
    MonthlyBill.objects.bulk_create(
        MonthlyBill(
            month=month, customer_id=customer, state=1, arpu_fen=12_000, plan_fee_fen=8_000, voice_fee_fen=2_000,
            data_fee_fen=1_500, sms_fee_fen=100, vas_fee_fen=400, roam_fee_fen=0, over_fee_fen=0, voice_min=300,
            data_mb=15_000, sms_count=9, active_days=28, batch_id=1,
        )
        for customer in customers
        for month in months
    )  # fmt: skip


@contextlib.contextmanager
def _server(port: int) -> Iterator[None]:
    """Run gunicorn exactly as `up` does, with the floor added."""
    launch.collect_static()
    command = [word.replace("cvm.wsgi", "cvm.bench.web_app") for word in launch.web_command(host=HOST, port=port)]
    environment = os.environ | {"CVM_PROCESS": "web", "CVM_STATEMENT_TIMEOUT_MS": str(launch.WEB_STATEMENT_TIMEOUT_MS)}
    server = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.DEVNULL)
    try:
        launch.wait_for_web(host=HOST, port=port)
        yield
    finally:
        server.terminate()
        server.wait(timeout=60)


def _browser(user: Staff, *, port: int) -> Browser:
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    token = re.search(r'"X-CSRFToken": "(\w+)"', client.get("/accounts/password/").content.decode())
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    return Browser(port, cookies, token.group(1) if token else "")


def _pages(browser: Browser, *, wanted: Wanted) -> dict[str, list[float]]:
    """Return the milliseconds of each page, sorted; the pages of a kind take turns with others of it."""
    run = Run.objects.get(is_current=True)
    customers = [f"/customers/{customer}/" for customer in _sample(run)]
    second = re.search(r'rel="next" href="([^"]+)"', browser.ask("/customers/")[1])
    following = second.group(1).replace("&amp;", "&") if second else "/customers/"
    kinds = {
        "floor: a view that does nothing": [FLOOR],
        "list": ["/customers/"],
        "list, three filters": ["/customers/?band=4&stage=3&warning=2"],
        "list by value": ["/customers/?sort=-value"],
        "list by risk": ["/customers/?sort=-risk"],
        "list by tenure": ["/customers/?sort=tenure"],
        "next page": [following],
        "customer page": customers,
        **flows.addresses(run),
    }
    return {
        kind: _times(kind, [functools.partial(browser.ask, address) for address in addresses], wanted=wanted)
        for kind, addresses in kinds.items()
    }


def _searches(browser: Browser, *, wanted: Wanted) -> dict[str, list[float]]:
    """Return the milliseconds of every way to search, sorted."""
    found = {}
    for way in searching.ways():
        asks = [functools.partial(browser.ask, "/search/", {"q": typed}, is_final=way.is_final) for typed in way.typed]
        found[way.label] = _times(
            way.label, asks, wanted=wanted.at_most(searching.NUMBERS_ASKED) if way.is_final else wanted
        )
    return found


def _times(kind: str, asks: Sequence[Callable[[], tuple[float, str]]], *, wanted: Wanted) -> list[float]:
    """Return the milliseconds of so many questions, sorted, and say them at once: the whole bench takes long.

    Nothing for a kind that is not wanted.
    """
    if not wanted.holds(kind):
        return []
    for _warm in _ask_in_turn(asks, times=WARM, seconds=WARM_SECONDS):
        pass
    found = sorted(_ask_in_turn(asks, times=wanted.times, seconds=SECONDS))
    sys.stderr.write(f"  {kind}: p95 {web_report.at(found, 95):.1f} ms of {len(found)}\n")
    return found


def _ask_in_turn(asks: Sequence[Callable[[], tuple[float, str]]], *, times: int, seconds: float) -> Iterator[float]:
    ends = time.monotonic() + seconds
    for number in range(times):
        if time.monotonic() > ends:
            break
        yield asks[number % len(asks)]()[0]


def _export(user: Staff, *, query: str, file_format: str) -> dict[str, Any]:
    """Write a file as a worker does; return its seconds, rows, bytes and the memory it took beyond the start."""
    run = Run.objects.get(is_current=True)
    rows = StandingFilter(QueryDict(query), Standing.objects.filter(run=run), request=SimpleNamespace(user=user))
    export = Export.objects.create(
        requested_by=user,
        requested_at=timezone.now(),
        purpose="bench",
        run=run,
        query=query,
        columns=COLUMNS,
        format=file_format,
        rows_expected=rows.qs.count(),
    )
    meter = Meter(client=os.getpid(), postmaster=None)
    before = private_bytes(os.getpid())
    began = time.perf_counter()
    with meter.watching_memory():
        tasks.write_export(export.pk)
    seconds = time.perf_counter() - began
    export.refresh_from_db()
    if export.status != Export.Status.READY:
        sys.exit(f"the export failed: {export.error}")
    size = files.path_of(export.file_name).stat().st_size
    files.remove(export.file_name)
    export.delete()
    return {
        "rows": export.rows_written,
        "format": file_format,
        "seconds": seconds,
        "bytes": size,
        "memory": max(0, meter.peak_client - before),
    }


def _near(rows: int) -> str:
    """Return a filter that lets about so many customers through."""
    cells = Rollup.objects.filter(run__is_current=True, kind="band_stage").order_by("pk")
    cell = min(cells, key=lambda cell: abs(cell.customers - rows))
    return urlencode({"county": cell.county_id, "band": cell.row, "stage": cell.column})


def _kinds(browser: Browser, kinds: analysing.Kinds, *, wanted: Wanted) -> dict[str, list[float]]:
    return {
        kind: _times(kind, [functools.partial(browser.ask, *request) for request in requests], wanted=wanted)
        for kind, requests in kinds.items()
    }


def _run() -> Run:
    return Run.objects.get(is_current=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--port", type=int, default=8391)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--only", default="")
    return parser.parse_args()


if __name__ == "__main__":
    main()
