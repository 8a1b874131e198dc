"""Spread customers without a manager over the phone managers."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from callcenter.portfolios import NobodyToAssignTo, NothingPublished, assign_portfolios

USUAL_CAPACITY = 1_500


class Command(BaseCommand):
    help = "Spread customers without a manager over the phone managers, the same way every time."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Name how many customers a manager may keep, and which layer to spread."""
        parser.add_argument("--capacity", type=int, default=USUAL_CAPACITY, help="customers per manager")
        parser.add_argument("--layer", type=int, default=None, help="only customers of this layer")

    def handle(self, *args: Any, **options: Any) -> None:
        """Assign, and say how many found a manager."""
        try:
            done = assign_portfolios(capacity=options["capacity"], layer=options["layer"], now=timezone.now())
        except NobodyToAssignTo as error:
            raise CommandError(_("There is no active phone manager. Create phone managers first.")) from error
        except NothingPublished as error:
            raise CommandError(_("No night has been published yet, so nobody has a layer.")) from error
        self.stdout.write(
            _("%(assigned)d customers have got a manager; %(left)d found every portfolio full.")
            % {"assigned": done.assigned, "left": done.left}
        )
