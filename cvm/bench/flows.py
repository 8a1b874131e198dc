"""What the web bench asks of the stage flow: the page in its first, its widest and a narrowed form, and lists behind it."""

from __future__ import annotations

from urllib.parse import urlencode

from customers.models import Run
from cvm.lib.months import label, month_of
from lifecycle.models import Stage
from lifecycle.queries import told_of
from lifecycle.stage_terms import term


def addresses(run: Run) -> dict[str, list[str]]:
    """Return kind -> addresses; empty for a run that tells one month only."""
    newest, oldest = month_of(run.month), month_of(run.month) - told_of(run) + 1
    if newest == oldest:
        return {}
    widest = urlencode({"from": label(oldest), "to": label(newest)})
    return {
        "stage flow": ["/stages/"],
        "stage flow, first to last month": [f"/stages/?{widest}"],
        "stage flow, one band": [f"/stages/?{widest}&band=4"],
        "list behind a large flow": [_list(oldest, Stage.MATURITY, newest, Stage.MATURITY)],
        "list behind a small flow": [_list(newest - 1, Stage.DECLINE, newest, Stage.EXIT)],
    }


def _list(start: int, before: Stage, end: int, after: Stage) -> str:
    return f"/customers/?{urlencode({'stage_at': [term(start, before), term(end, after)]}, doseq=True)}"
