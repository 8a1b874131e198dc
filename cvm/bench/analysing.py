"""The analyst's and the administrator's pages of the web bench: boards, ledger, drills, a rule while it is written, a
ladder while it is drawn; and the query a chart tool would send to the same database for one of these tiles.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict

from django.db import connection

from customers.models import Run, Staff
from lifecycle.signs import StageThresholds

Kinds = dict[str, list[tuple[str, dict[str, str] | None]]]

RULE = {
    "all": [
        {"field": "revenue", "op": "between", "value": [330_00, 390_00]},
        {"not": [{"field": "stage", "op": "in", "value": [5]}]},
        {"any": [{"field": "warning", "op": "in", "value": [2, 3]}, {"field": "bundle", "op": "within", "value": 60}]},
    ]
}
CHART = """
select band, count(*), sum(cum3_fen) from customers_standing where run_id = %s and band > 0 group by band order by band
"""


def of_analyst(run: Run) -> Kinds:
    """Return what an analyst asks."""
    month = f"{run.month:%Y-%m}"
    return {
        "overview": [("/", None)],
        "boards, the five steps": [("/boards/", None)],
        "board, dimensions": [(f"/boards/pivots/?by={name}", None) for name in ("brand", "tenure_band", "payment")],
        "board, movement of a year": [("/boards/movement/", None)],
        "cohort ledger": [("/ledger/", None)],
        "near the edge": [("/edge/", None)],
        "drill: band by stage": [(f"/customers/?band={band}&stage=3", None) for band in range(1, 6)],
        "drill: a cell of the ledger": [
            (f"/customers/?ledger={month}:{name}", None) for name in ("closing", "lost_off")
        ],
        "drill: near the edge": [
            (f"/customers/?edge={kind}&columns=band,edge,nudge", None) for kind in ("fall", "thin")
        ],
        "rule counted while written": [("/segments/count/", {"rule": json.dumps(RULE)})],
    }


def of_admin() -> Kinds:
    """Return what an administrator asks while a limit is dragged."""
    drafts = [_draft(mid) for mid in range(100, 140)]
    terms = {name: str(value) for name, value in asdict(StageThresholds()).items()} | {"return_bill": "10"}
    return {
        "stages: effect of a draft": [
            ("/stages/policy/preview/", terms | {"decline_percent": str(-line)}) for line in range(10, 30)
        ],
        "ladder: codes of a draft": [("/tiers/codes/", draft) for draft in drafts[:10]],
        "ladder: effect of a draft": [("/tiers/preview/", draft) for draft in drafts],
        "ladder: back-test of a year": [("/tiers/back-test/", draft) for draft in drafts[:3]],
    }


def first_draft() -> tuple[str, dict[str, str]]:
    """Return the question that finds the server with nothing kept."""
    return "/tiers/preview/", _draft(141)


def _draft(mid: int) -> dict[str, str]:
    return {"low_from": "50", "potential_from": "80", "mid_from": str(mid), "high_from": "200", "grace_months": "1"}


def admin() -> Staff:
    """Return the administrator of the bench."""
    person, _ = Staff.objects.get_or_create(username="bench-admin", role=Staff.Role.ADMIN)
    return person


def chart_query(run: Run, *, times: int) -> list[float]:
    """Return the milliseconds of the pyramid asked of the standings themselves, sorted: what a chart tool sends."""
    found = []
    with connection.cursor() as cursor:
        for _ in range(times):
            began = time.perf_counter()
            cursor.execute(CHART, [run.pk])
            cursor.fetchall()
            found.append(1000 * (time.perf_counter() - began))
    return sorted(found)
