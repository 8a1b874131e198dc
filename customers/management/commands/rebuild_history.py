"""Make the packed history again from the bill rows."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction
from django.utils.translation import gettext as _

from customers import blocks
from cvm.lib.months import first_day, parse_label


class Command(BaseCommand):
    help = "Make the packed history again from the bill rows."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Name one month, or none for all."""
        parser.add_argument("--month", default="", help="YYYY-MM; without it, every month")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild month by month, each in its own transaction."""
        with connection.cursor() as cursor:
            for month in blocks.months_known(cursor, only=first_month(options["month"])):
                with transaction.atomic():
                    stored = blocks.rebuild(cursor, month=month, buckets=blocks.buckets_of(cursor, month=month))
                self.stdout.write(
                    _("%(month)s: %(count)d blocks.") % {"month": month.strftime("%Y-%m"), "count": stored}
                )


def first_month(text: str) -> Any:
    """Return the first day of a month given as YYYY-MM, or None for an empty text."""
    return first_day(parse_label(text)) if text else None
