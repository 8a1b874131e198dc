"""Compare the packed history with the bill rows."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils.translation import gettext as _

from customers import blocks
from customers.management.commands.rebuild_history import first_month

MOST_SHOWN = 20


class Command(BaseCommand):
    help = "Compare the packed history with the bill rows; exit code 1 when they differ."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Name one month, or none for all."""
        parser.add_argument("--month", default="", help="YYYY-MM; without it, every month")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare counts, sums, facts and checksums; list what differs."""
        try:
            with connection.cursor() as cursor:
                checked = blocks.check(cursor, only=first_month(options["month"]))
        except blocks.HistoryDiffers as error:
            shown = [blocks.in_words(difference) for difference in error.differences[:MOST_SHOWN]]
            raise CommandError(
                _("The packed history differs from the bills in %(count)d places. Run rebuild_history.")
                % {"count": len(error.differences)}
                + "\n"
                + "\n".join(shown)
            ) from error
        self.stdout.write(_("%(count)d months agree with their bills.") % {"count": checked})
