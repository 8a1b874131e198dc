"""Small event files of the inbox: their rows go through the same door as those of the API.

`events….jsonl` holds one event a line, `events….csv` the fields of docs/events.md as its first row. Larger files, and
those with other headers, are not ours: they are imports.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import re
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import EventDelivery
from customers.receiving.accepting import Sender, Taken, take_delivery
from customers.receiving.reading import MOST_EVENTS
from customers.receiving.reasons import EventReason
from cvm.events.sending import send_settle

MOST_BYTES = 512 * 1024
NAME = re.compile(r"events.*\.(jsonl|csv)", re.IGNORECASE)
REQUIRED = {"source_key", "kind", "occurred_at"}
FIELDS = REQUIRED | {
    "user_code", "msisdn", "channel", "detail", "case", "category", "level", "opened_at", "satisfaction", "state", "stop_reason", "cell",
}  # fmt: skip


def rows_of(path: Path) -> list[Any] | None:
    """Return the rows of a small event file, or None when the file is one for the import."""
    if not NAME.fullmatch(path.name) or path.stat().st_size > MOST_BYTES:
        return None
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    rows = _lines(text) if path.suffix.lower() == ".jsonl" else _table(text)
    return rows if rows and len(rows) <= MOST_EVENTS else None


def take_file(path: Path, rows: list[Any], *, now: dt.datetime) -> Taken:
    """Store the events of a file and send the workers word; the same file again gets the first answer."""
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    sender = Sender(EventDelivery.Source.INBOX, file_name=path.name[:200])
    with transaction.atomic():
        taken = take_delivery(rows, sender=sender, idempotency_key=f"file {sha256}", sha256=sha256, now=now)
        if taken.delivery.accepted and not taken.is_again:
            send_settle()
    return taken


def in_words(taken: Taken) -> str:
    """Return the receipt of a file: the sums, then each rejected row with its reason."""
    sums = _("%(rows)s events = %(accepted)s accepted + %(duplicates)s known already + %(rejected)s rejected")
    lines = [sums % {name: getattr(taken.delivery, name) for name in ("rows", "accepted", "duplicates", "rejected")}]
    for receipt in taken.receipts:
        if receipt.reason:
            where = f"{receipt.position + 1} {receipt.source_key} {receipt.field}".strip()
            lines.append(f"{where}: {EventReason(receipt.reason).label}")
    return "\n".join(lines)


def _lines(text: str) -> list[Any]:
    return [_object(line) for line in text.splitlines() if line.strip()]


def _object(line: str) -> Any:
    """Return what a line says; one that is no JSON stays text and is rejected as such."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return line


def _table(text: str) -> list[Any] | None:
    rows = csv.DictReader(io.StringIO(text, newline=""))
    header = set(rows.fieldnames or ())
    if not header >= REQUIRED or not header <= FIELDS:
        return None
    return [_row(row) for row in rows]


def _row(row: dict[str | None, Any]) -> Any:
    if None in row or None in row.values():  # more or fewer cells than the header
        return ",".join(str(value) for value in row.values())
    mark = str(row.get("satisfaction") or "")
    said: dict[str, Any] = {name: value for name, value in row.items() if name and value != ""}
    return said | ({"satisfaction": int(mark)} if mark.isdecimal() and len(mark) < 3 else {})
