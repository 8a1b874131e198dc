"""What a check found, as one JSON value that pages, command and API show before anything is stored."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from customers.importing import control, journal
from customers.importing.errors import spoken_warning
from customers.importing.rows import Account
from customers.importing.targets import BECOMES, Target, frozen_on
from customers.masking import masked_text
from customers.models import ImportBatch
from cvm.lib.money import yuan_text
from cvm.lib.months import first_day, label, month_of, parse_label

ROWS_SHOWN = 20
REJECTS_SHOWN = 50
FIELD_OF = {column: field for field, column in BECOMES.items() if column != "customer_id"} | {
    "hall_id": "hall",
    "manager_id": "manager",
    "group_id": "group_code",
    "family_id": "code",
}
STOPS = {
    "extract_incomplete": _(
        "%(missing)s of %(known)s customers in the network are not in this full extract; at most %(permille)s in a"
        " thousand may be missing. Ask for the whole extract."
    ),
    "control_rows": _("The sender counted %(said)s rows, the file has %(found)s."),
    "control_money_fen": _("The sender counted %(said)s fen, the file has %(found)s fen."),
    "control_sha256": _("The file is not the one the sender made: its hash differs."),
    "month_future": _("%(month)s has not begun yet."),
    "month_gap": _("%(missing)s has not been imported, but the file is about %(month)s."),
    "median_jumps": _(
        "The median bill of %(month)s is %(median)s, the month before it was %(last)s. Check the money unit."
    ),
}
WARNINGS = {
    "month_again": _("%(month)s has been imported before: this is revision %(revision)s and corrects it."),
    "all_rejected": _("Every row was rejected."),
    "frozen_month": _("%(rows)s corrected bills of %(month)s lie under the frozen cohort %(cohort)s, which stays."),
}


def preview_of(
    batch: ImportBatch,
    target: Target,
    account: Account,
    cursor: Any,
    *,
    headers: Sequence[str],
    sample: Sequence[Sequence[str]],
) -> dict[str, Any]:
    """Return what was found in a file, to be asked in the transaction that stored it."""
    money = account.money_accepted_fen + account.money_rejected_fen if target.money else None
    compared, stops = control.compare(batch.control, rows=account.read, money_fen=money, sha256=batch.sha256)
    months = [one | {"revision": _revision(batch, one["month"])} for one in account.months]
    frozen = _frozen(cursor, batch.pk)
    return {
        "headers": [masked_text(header) for header in headers],
        "rows": [[masked_text(cell) for cell in row] for row in sample],
        "rows_read": account.read,
        "rows_new": account.new,
        "rows_changed": account.changed,
        "rows_unchanged": account.unchanged,
        "rows_rejected": len(account.rejects),
        "rows_duplicate": account.duplicate,
        "money_accepted_fen": account.money_accepted_fen,
        "money_rejected_fen": account.money_rejected_fen,
        "months": months,
        "control": compared,
        "fields": _fields(batch, target, account, cursor),
        "warnings": [
            *({"code": code, "detail": detail} for code, detail in account.warnings),
            *_warnings(account, months, frozen),
        ],
        "stops": [*stops, *account.stops],
        "rejects": _rejects(account),
        "frozen": frozen,
    }


def still_held(preview: Mapping[str, Any], *, overridden: Sequence[str], reason: str) -> list[dict[str, Any]]:
    """Return the stops of a file that nobody has overridden, or that nobody can."""
    return [
        stop
        for stop in preview["stops"]
        if not (reason and stop["can_override"] and (stop["code"] in overridden or not overridden))
    ]


def spoken_stop(stop: Mapping[str, Any]) -> str:
    """Return the sentence of a stop in the reader's language."""
    return gettext(STOPS[stop["code"]]) % stop["detail"] if stop["code"] in STOPS else str(stop["code"])


def spoken_remark(code: str, detail: Mapping[str, Any]) -> str:
    """Return the sentence of a warning, ours or the readers' (errors.py), in the reader's language."""
    return gettext(WARNINGS[code]) % detail if code in WARNINGS else spoken_warning(code, dict(detail))


def spoken_month(one: Mapping[str, Any]) -> str:
    """Return what a preview says about one month of bills in one line."""
    words = {
        "month": one["month"],
        "rows": one["rows"],
        "median": "–" if one["median_fen"] is None else yuan_text(one["median_fen"]),
        "last": "–" if one["last_median_fen"] is None else yuan_text(one["last_median_fen"]),
    }
    return gettext("%(month)s: %(rows)d bills, median %(median)s, the month before %(last)s.") % words


def revision_of(preview: Mapping[str, Any]) -> int:
    """Return which file of its month (the most often revised one, when there are several) this is."""
    return max((one["revision"] for one in preview["months"]), default=1)


def _revision(batch: ImportBatch, month: str) -> int:
    about = Q(month=first_day(parse_label(month))) | Q(preview__months__contains=[{"month": month}])
    stored = ImportBatch.objects.filter(about, kind=batch.kind, status=ImportBatch.Status.COMMITTED)
    return 1 + stored.exclude(pk=batch.pk).count()


def _fields(batch: ImportBatch, target: Target, account: Account, cursor: Any) -> list[dict[str, Any]]:
    changed: dict[str, int] = {}
    for column, rows in journal.changed_columns(cursor, batch_id=batch.pk).items():
        changed[FIELD_OF.get(column, column)] = rows
    names = [field.name for field in target.fields if field.name in account.filled or field.name in changed]
    return [{"name": name, "filled": account.filled.get(name), "changed": changed.get(name, 0)} for name in names]


def _frozen(cursor: Any, batch_id: int) -> list[dict[str, Any]]:
    corrected: dict[dt.date, int] = journal.changed_bills(cursor, batch_id=batch_id)
    return [
        {"month": label(month_of(month)), "cohort": year, "rows": rows}
        for month, rows in corrected.items()
        for year in frozen_on(month_of(month))
    ]


def _warnings(
    account: Account, months: Sequence[Mapping[str, Any]], frozen: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    again = [
        {"code": "month_again", "detail": {"month": one["month"], "revision": one["revision"]}}
        for one in months
        if one["revision"] > 1
    ]
    nothing = [{"code": "all_rejected", "detail": {}}] if account.rejects and not account.accepted else []
    return [*again, *nothing, *({"code": "frozen_month", "detail": dict(one)} for one in frozen)]


def _rejects(account: Account) -> list[dict[str, Any]]:
    return [
        {
            "sheet": reject.sheet,
            "line": reject.line,
            "column": reject.column,
            "value": masked_text(reject.value) if reject.column else "",
            "reason": reject.reason,
        }
        for reject in account.rejects[:REJECTS_SHOWN]
    ]
