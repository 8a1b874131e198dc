"""How far a batch at work is, and whether somebody wants it to stop: told on a connection of its own."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from django.db import connection

from customers.importing.batches import Cancelled
from customers.importing.reading import Chunk

EVERY_SECONDS = 0.5
READING = 0.6  # the share of the work that reading and parsing is; storing is the rest
SAMPLE_BYTES = 64 * 1024
TEXTS = (".csv", ".txt")


class Progress:
    """Notes the share that is done, at most twice a second; raises Cancelled when that was asked for.

    The import's own transaction cannot tell anybody anything before it ends, so this is another connection, opened
    at the first word and closed by `close`.
    """

    def __init__(self, batch_id: int, *, clock: Callable[[], dt.datetime]) -> None:
        self._batch_id = batch_id
        self._clock = clock
        self._connection: Any = None
        self._told = time.monotonic()

    def __call__(self, share: float) -> None:
        """Note the share of the whole work that is done, 0 to 1."""
        if time.monotonic() - self._told < EVERY_SECONDS:
            return
        self._told = time.monotonic()
        if self._tell(min(int(share * 1000), 999)):
            raise Cancelled

    def storing(self, share: float) -> None:
        """Note the share of the storing that is done."""
        self(READING + (1 - READING) * share)

    def watch(self, chunks: Callable[[Sequence[int]], Iterator[Chunk]], *, expected: int) -> Callable[..., Any]:
        """Return the reading of a file's chunks so that it tells how far it is of the expected rows."""

        def watched(wanted: Sequence[int]) -> Iterator[Chunk]:
            seen = 0
            for chunk in chunks(wanted):
                yield chunk
                seen += len(chunk.lines)
                self(READING * min(seen / max(expected, 1), 1))

        return watched

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()

    def _tell(self, permille: int) -> bool:
        if self._connection is None:
            self._connection = connection.copy()
        with self._connection.cursor() as cursor:
            cursor.execute(
                "update customers_importbatch set progress_permille = %(permille)s, progress_at = %(at)s"
                " where id = %(batch)s and status in ('checking', 'running') returning is_cancel_asked",
                {"permille": permille, "at": self._clock(), "batch": self._batch_id},
            )
            row = cursor.fetchone()
        return bool(row and row[0])


def expected_rows(path: Path) -> int:
    """Return about how many rows a text file has, from the length of its first lines; 0 where that says nothing."""
    if path.suffix.lower() not in TEXTS:
        return 0
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    lines = sample.count(b"\n")
    return path.stat().st_size * lines // len(sample) if lines else 0
