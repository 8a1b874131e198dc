"""`manage.py suggest_needs`: bring the suggested needs in line with the published run, now."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Run
from cvm.needs.suggesting import suggest


class Command(BaseCommand):
    help = "Suggest needs from the data of the published run. Also done every day at five by the schedule."

    def handle(self, **options):
        run = Run.objects.published()
        if run is None:
            raise CommandError(_("There is no published night yet."))
        made = suggest(run=run, at=timezone.now())
        for code, number in sorted(made.items()):
            self.stdout.write(f"{code}: {number:,}")
        self.stdout.write(_("%(number)s new suggestions.") % {"number": f"{sum(made.values()):,}"})
