"""What `up` says while it works: one line per step, a bar where the end is known."""

import sys
import time
from typing import IO

from django.utils.translation import gettext, override

WIDTH = 30


class Progress:
    """Print steps and bars; a bar redraws its line on a terminal and stays quiet elsewhere.

    `progress(text)` announces a step. `progress(text, done=3, total=16)` moves its bar.
    """

    def __init__(self, stream: IO[str] | None = None):
        self.stream = stream or sys.stdout
        self.started = time.monotonic()
        self._bar_is_open = False
        self._last_share = -1

    def __call__(self, text: str, *, done: int | None = None, total: int | None = None) -> None:
        """Announce a step, or move the bar of the current one."""
        if done is None or not total:
            self._line(text)
        else:
            self._bar(text, done=done, total=total)

    def _line(self, text: str) -> None:
        self._close_bar()
        seconds = time.monotonic() - self.started
        self.stream.write(f"[{seconds:5.1f} s] {text}\n")
        self.stream.flush()

    def _bar(self, text: str, *, done: int, total: int) -> None:
        share = min(100, done * 100 // total)
        if not self.stream.isatty():
            # A log wants a few lines, not a hundred.
            if share // 25 > self._last_share // 25 or (done >= total > 0 and share != self._last_share):
                self._line(f"{text} {share}%")
            self._last_share = -1 if done >= total else share
            return
        filled = "█" * (share * WIDTH // 100)
        self.stream.write(f"\r          {filled:<{WIDTH}} {share:3d}% {text}\033[K")
        self.stream.flush()
        self._bar_is_open = True
        if done >= total:
            self._close_bar()

    def _close_bar(self) -> None:
        if self._bar_is_open:
            self.stream.write("\n")
            self._bar_is_open = False


def bilingual(message: str, **values: object) -> str:
    """Return a message in Chinese and English: nobody knows yet who sits at the terminal."""
    with override("zh-hans"):
        chinese = gettext(message) % values
    with override("en"):
        english = gettext(message) % values
    return chinese if chinese == english else f"{chinese} / {english}"
