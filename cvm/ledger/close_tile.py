"""The signatures under the months of a cohort as a tile."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from cvm.dashboards.tiles import Entry, Head, Line, Table, Tile
from cvm.definitions.catalogue import define
from cvm.lib.months import label
from segmentation.models import LedgerClose


def closes_tile(closes: Sequence[LedgerClose], *, hides: Collection[int]) -> Tile:
    """Return who signed which month on which night; `hides` are the months whose total is withheld."""
    lines = [
        Line(
            label(close.month),
            [
                Entry(str(close.closed_by), "text"),
                Entry(f"{timezone.localtime(close.closed_at):%Y-%m-%d %H:%M}", "text"),
                Entry(str(close.run_id), "text"),
                Entry(close.totals["closing"], is_hidden=close.month in hides),
                Entry(close.checksum, "checksum"),
            ],
        )
        for close in closes
    ]
    heads = [
        Head(_("Month"), is_number=False),
        Head(_("Closed by"), is_number=False),
        Head(_("Closed at"), is_number=False),
        Head(_("Night"), is_number=False),
        Head(_("Kept in the branch")),
        Head(_("Checksum"), is_number=False),
    ]
    return Tile(
        name="closes",
        title=_("Signed months"),
        definition=define("ledger.close"),
        table=Table(_("Signed months of the cohort, the newest first"), heads, lines),
        is_wide=True,
    )
