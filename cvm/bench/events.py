"""The events bench, in a process of its own: gunicorn and the worker of events as `up` starts them, and 60 desks asking.

An event is posted on its own, as it would happen, at a fixed rate whether or not the answers keep up; a desk asks every
second. What counts is the time from sending an event to the answer in which its desk is told. The floor: rows written
straight into the queue at the same rate and told to the same desks, which nothing that ends on a desk can undercut.
"""

from __future__ import annotations

import argparse
import contextlib
import heapq
import http.client
import itertools
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import django

django.setup()

import psycopg2  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from callcenter.models import QueueItem  # noqa: E402
from customers.models import Branch, Customer, EventReceipt, Run, SigningKey, Staff  # noqa: E402
from customers.receiving import keys, signing  # noqa: E402
from cvm import launch, staffing  # noqa: E402
from cvm.bench import night  # noqa: E402
from cvm.bench.meter import Meter  # noqa: E402
from cvm.celery import app  # noqa: E402

HOST = "127.0.0.1"
DESKS = 60
SENDERS, ASKERS = 8, 6
GRACE = 20  # seconds for what is still on its way when the sending ends
MOST_SECONDS, MOST_RATE = 120, 200
KIND = "porting_eligible"

# Whom an event brings to a desk: worth a call, nothing known against it, not in the queue yet, no group's (whose task is
# the account manager's). They live alone: of a household one is called for all, and a second event brings no second card.
_CHOSEN = """
select standing.customer_id, customer.user_code, standing.manager_id
from customers_standing as standing
join customers_customer as customer on customer.id = standing.customer_id
join customers_consent as consent
  on consent.customer_id = customer.id and consent.channel = 'call' and consent.is_given
where standing.run_id = %(run)s and standing.manager_id = any(%(desks)s) and standing.layer in (1, 3) and customer.state = 1
  and customer.family_id is null and customer.group_id is null
  and not (customer.is_red_listed or customer.is_black_listed or customer.is_special or customer.is_sensitive)
  and not exists (select from customers_donotdisturb as quiet where quiet.customer_id = customer.id)
  and not exists (select from callcenter_queueitem as item where item.customer_id = customer.id and item.run_id = standing.run_id)
order by md5(standing.customer_id::text)
limit %(many)s
"""
_FORGET = (
    "delete from callcenter_queueitem where arrived_at is not null",
    "delete from callcenter_dispatch where event_id is not null",
    "delete from lifecycle_keymoment where found_at is not null",
    "truncate customers_eventdelivery cascade",
    "delete from customers_event where source_key like 'bench-%%'",
)
# what a quiet night's vacuum does: a run right after another one must not pay for its leavings
_TIDY = """
vacuum (analyze) callcenter_queueitem, callcenter_dispatch, lifecycle_keymoment, customers_event, customers_eventreceipt
"""
_STRAIGHT = """
insert into callcenter_queueitem
    (run_id, customer_id, manager_id, rank, level, moment_bits, offer_id, kept_fen, status, withdrawn_reason, covers,
     arrived_at)
values (%s, %s, %s, 0, 3, 1, 0, 0, 'pending', '', '{}', now())
"""


class DeskFailed(Exception):
    """A desk asked for its news and got an error."""


@dataclass
class Watch:
    """When each customer was sent and when a desk first told of them; shared by all threads."""

    sent: dict[int, float] = field(default_factory=dict)
    told: dict[int, float] = field(default_factory=dict)
    failures: int = 0
    asked: int = 0
    asking_ms: list[float] = field(default_factory=list)
    late: int = 0
    broken: str = ""  # why a desk could not be asked any more

    def spent(self) -> list[float]:
        """Return the seconds of every customer who was told, sorted."""
        return sorted(self.told[one] - at for one, at in self.sent.items() if one in self.told)


def main() -> None:
    """Print one JSON document: seconds from event to card, and the floor's."""
    options = _options()
    seconds, rate = min(options.seconds, MOST_SECONDS), min(options.rate, MOST_RATE)
    call_command("migrate", verbosity=0)
    run = _prepare(workers=options.workers)
    with connection.cursor() as cursor:
        for statement in _FORGET:
            cursor.execute(statement.replace("%%", "%"))
        cursor.execute(_TIDY)
    sender, desks = _sender(), _desks()
    floor_many = rate * max(5, seconds // 3)
    people = _people(run, desks, many=seconds * rate + floor_many)
    with _server(options.port), _worker():
        _warm(options.port, desks)
        floor = _measure(people[:floor_many], rate, desks, options.port, send=_straight(run))
        with connection.cursor() as cursor:
            cursor.execute(_FORGET[0])
        meter = Meter(client=os.getpid(), postmaster=options.postmaster)
        before = meter.read()
        whole = _measure(people[floor_many:], rate, desks, options.port, send=_posting(sender, options.port))
        cost = meter.read() - before
    answer = {"floor": _figures(floor), "events": _figures(whole), "load": os.getloadavg()[0], "rate": rate}
    json.dump(answer | {"desks": len(desks), "outcomes": _outcomes(), "processor": cost.processor}, sys.stdout)


def _prepare(*, workers: int) -> Run:
    """Spend a night unless one is published."""
    if Run.objects.published() is None:
        worker = night.start_worker(workers)
        try:
            night.spend(Meter(client=worker.pid, postmaster=None), as_of=night.AS_OF)
        finally:
            worker.terminate()
            worker.wait(timeout=60)
    found = Run.objects.published()
    assert found is not None  # noqa: S101 - just spent
    return found


@dataclass(frozen=True)
class Sender:
    """The API client of the bench."""

    token: str
    key: SigningKey
    secret: str


def _sender() -> Sender:
    root = Branch.objects.get(parent=None)
    client, _ = Staff.objects.get_or_create(username="bench-events", role=Staff.Role.API_CLIENT, branch=root)
    SigningKey.objects.filter(client=client).delete()
    key, secret = keys.create_key(client, by=None, at=timezone.now())
    return Sender(staffing.token_of(client), key, secret)


def _desks() -> list[tuple[int, str]]:
    """Return 60 open desks as manager and cookies; a small branch has fewer managers, so some have two windows open."""
    managers = Staff.objects.filter(role=Staff.Role.PHONE_MANAGER, is_active=True).order_by("pk")[:DESKS]
    return [(manager.pk, _cookies(manager)) for manager in itertools.islice(itertools.cycle(managers), DESKS)]


def _cookies(manager: Staff) -> str:
    client = Client(headers={"host": "localhost"})
    client.force_login(manager)
    return "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())


def _people(run: Run, desks: list[tuple[int, str]], *, many: int) -> list[tuple[int, str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_CHOSEN, {"run": run.pk, "desks": [manager for manager, _cookies in desks], "many": many})
        found = cursor.fetchall()
    if len(found) < many:
        sys.exit(
            f"only {len(found)} customers can come to a desk, {many} are needed: take more customers, or fewer seconds"
        )
    return found


@contextlib.contextmanager
def _server(port: int) -> Iterator[None]:
    """Run gunicorn exactly as `up` does."""
    launch.collect_static()
    environment = os.environ | {"CVM_PROCESS": "web", "CVM_STATEMENT_TIMEOUT_MS": str(launch.WEB_STATEMENT_TIMEOUT_MS)}
    with _running(launch.web_command(host=HOST, port=port), environment):
        launch.wait_for_web(host=HOST, port=port)
        yield


@contextlib.contextmanager
def _worker() -> Iterator[None]:
    """Run the worker of events exactly as `up` does."""
    app.control.purge()
    with _running(launch.events_command(), os.environ | {"CVM_PROCESS": "events"}):
        launch.wait_for_worker()
        yield


@contextlib.contextmanager
def _running(command: list[str], environment: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()


def _warm(port: int, desks: list[tuple[int, str]]) -> None:
    """Let every thread of the server and both workers load what they need once."""
    browser = http.client.HTTPConnection(HOST, port, timeout=30)
    for _ in range(3):
        for _manager, cookies in desks[:10]:
            _ask(browser, cookies, "0")
    for _ in range(4):
        app.send_task("cvm.events.tasks.settle", queue="events")
    time.sleep(2)


# --- sending and asking --------------------------------------------------------------------------

Send = Callable[[], Callable[[tuple[int, str, int]], bool]]


def _measure(
    people: list[tuple[int, str, int]], rate: int, desks: list[tuple[int, str]], port: int, *, send: Send
) -> Watch:
    """Send everybody at the rate while the desks ask; ends when all were told, or the grace is over."""
    watch, stop = Watch(), threading.Event()
    askers = [
        threading.Thread(target=_asking, args=(watch, desks[place::ASKERS], port, stop)) for place in range(ASKERS)
    ]
    began = time.perf_counter() + 0.5
    senders = [
        threading.Thread(
            target=_sending, args=(watch, people[place::SENDERS], began + place / rate, SENDERS / rate, send)
        )
        for place in range(SENDERS)
    ]
    for thread in (*askers, *senders):
        thread.start()
    for thread in senders:
        thread.join()
    deadline = time.perf_counter() + GRACE
    while len(watch.told) < len(watch.sent) and time.perf_counter() < deadline and not watch.broken:
        time.sleep(0.1)
    stop.set()
    for thread in askers:
        thread.join()
    if watch.broken:
        sys.exit(watch.broken)
    return watch


def _sending(watch: Watch, people: list[tuple[int, str, int]], at: float, step: float, send: Send) -> None:
    """Send one after the other, each at its own time; who is behind does not wait, and is counted as late."""
    post = send()
    for number, person in enumerate(people):
        due = at + number * step
        wait = due - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        elif wait < -0.1:
            watch.late += 1
        watch.sent[person[0]] = due  # from when it should have left: waiting here is the system's doing
        if not post(person):
            watch.failures += 1
            del watch.sent[person[0]]


def _posting(sender: Sender, port: int) -> Send:
    def connect() -> Callable[[tuple[int, str, int]], bool]:
        browser = http.client.HTTPConnection(HOST, port, timeout=30)
        return lambda person: _post(browser, sender, person)

    return connect


def _post(browser: http.client.HTTPConnection, sender: Sender, person: tuple[int, str, int]) -> bool:
    row = {"source_key": f"bench-{person[0]}", "kind": KIND, "user_code": person[1]}
    row["occurred_at"] = timezone.now().isoformat()
    body, now = json.dumps({"events": [row]}).encode(), int(time.time())
    headers = {
        "Host": "localhost",
        "Authorization": f"Token {sender.token}",
        "Content-Type": "application/json",
        "X-CVM-Key": sender.key.code,
        "X-CVM-Timestamp": str(now),
        "X-CVM-Signature": signing.sign(sender.secret, timestamp=now, body=body),
    }
    browser.request("POST", "/api/v1/events/", body=body, headers=headers)
    answer = browser.getresponse()
    answer.read()
    return answer.status == 202


def _straight(run: Run) -> Send:
    """Return a way to write into the queue past everything: one row, one commit."""

    def connect() -> Callable[[tuple[int, str, int]], bool]:
        values = settings.DATABASES["default"]
        database = psycopg2.connect(
            host=values["HOST"], port=values["PORT"] or None, user=values["USER"], password=values["PASSWORD"],
            dbname=values["NAME"],
        )  # fmt: skip
        database.autocommit = True
        cursor = database.cursor()

        def write(person: tuple[int, str, int]) -> bool:
            cursor.execute(_STRAIGHT, (run.pk, person[0], person[2]))
            return True

        return write

    return connect


def _asking(watch: Watch, desks: list[tuple[int, str]], port: int, stop: threading.Event) -> None:
    """Ask for each desk once a second, as its page would, spread over the second."""
    browser = http.client.HTTPConnection(HOST, port, timeout=30)
    seen = ["0"] * len(desks)
    due = [(time.perf_counter() + place / len(desks), place, cookies) for place, (_desk, cookies) in enumerate(desks)]
    heapq.heapify(due)
    while not stop.is_set():
        at, desk, cookies = heapq.heappop(due)
        if stop.wait(max(0.0, at - time.perf_counter())):
            return
        began = time.perf_counter()
        try:
            version, customers = _ask(browser, cookies, seen[desk])
        except DeskFailed as failed:
            watch.broken = str(failed)
            return
        now = time.perf_counter()
        seen[desk] = version
        watch.asked += 1
        watch.asking_ms.append(1000 * (now - began))
        for customer in customers:
            watch.told.setdefault(customer, now)
        heapq.heappush(due, (now + 1, desk, cookies))  # htmx asks again a second after the answer


def _ask(browser: http.client.HTTPConnection, cookies: str, seen: str) -> tuple[str, list[int]]:
    address = f"/desk/news/?{urlencode({'seen': seen})}"
    browser.request("GET", address, headers={"Cookie": cookies, "Host": "localhost", "HX-Request": "true"})
    answer = browser.getresponse()
    text = answer.read().decode()
    if answer.status == 204:
        return seen, []
    if answer.status != 200:
        raise DeskFailed(f"the desk answered {answer.status}")
    version = re.search(r"seen=(\w+)", text)
    return version.group(1) if version else "0", [int(one) for one in re.findall(r'data-customer="(\d+)"', text)]


# --- what came of it -----------------------------------------------------------------------------


def _figures(watch: Watch) -> dict[str, Any]:
    return {
        "sent": len(watch.sent),
        "seconds": watch.spent(),
        "failures": watch.failures,
        "late": watch.late,
        "asked": watch.asked,
        "asking_ms": sorted(watch.asking_ms),
    }


def _outcomes() -> dict[str, int]:
    found: dict[str, int] = {}
    for outcome in EventReceipt.objects.values_list("outcome", flat=True):
        found[outcome or "waiting"] = found.get(outcome or "waiting", 0) + 1
    doubled = (
        QueueItem.objects.filter(arrived_at__isnull=False).count()
        - Customer.objects.filter(pk__in=QueueItem.objects.filter(arrived_at__isnull=False).values("customer")).count()
    )
    return found | {"doubled": doubled}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--port", type=int, default=8392)
    parser.add_argument("--postmaster", type=int)
    return parser.parse_args()


if __name__ == "__main__":
    main()
