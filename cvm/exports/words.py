"""What an export says: why it failed, whose it is, and how many rows it holds."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from customers.models import Export

RUN_GONE, LIST_CHANGED, RIGHT_GONE, NOT_WRITTEN = "run_gone", "list_changed", "right_gone", "not_written"
FAILURES = {
    RUN_GONE: gettext_lazy("The night this list is from has been cleared away. Request the list again."),
    LIST_CHANGED: gettext_lazy("The list has changed since it was requested. Request it again."),
    RIGHT_GONE: gettext_lazy("The requester may not export any more."),
    NOT_WRITTEN: gettext_lazy(
        "The file could not be written. Request it again; if it fails again, tell the administrator."
    ),
}


def failure(export: Export) -> str:
    """Return why an export failed or was refused, in words; nothing while all is well."""
    return str(FAILURES.get(export.error, export.error))


def watermark(export: Export) -> str:
    """Return the first line of a file: whose request it is, when, which night. Nothing a customer is known by."""
    return _(
        "CVM export %(number)s · requested by %(person)s (%(login)s) at %(time)s · night %(night)s, as of %(day)s"
    ) % {
        "number": export.pk,
        "person": export.requested_by,
        "login": export.requested_by.username,
        "time": timezone.localtime(export.requested_at).strftime("%Y-%m-%d %H:%M:%S"),
        "night": export.run_id,
        "day": export.run.as_of.isoformat(),
    }


def row_count(rows: int) -> str:
    """Return the last line of a file."""
    return ngettext("%(rows)s row in all", "%(rows)s rows in all", rows) % {"rows": rows}


def download_name(export: Export) -> str:
    """Return the name under which a browser keeps the file: it tells nothing but the number."""
    return f"customers-{export.pk}.{export.format}"
