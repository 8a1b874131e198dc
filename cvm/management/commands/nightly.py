"""`manage.py nightly`: start the night of a day and watch it."""

from __future__ import annotations

import argparse
import datetime as dt
import time

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Run
from cvm.night.errors import NightError
from cvm.night.sending import is_a_worker_there
from cvm.night.watching import Progress as Seen
from cvm.night.watching import failure, progress
from cvm.nightly import start_night, sweep
from cvm.progress import Progress

LOOK_SECONDS = 0.3
FIRST_CARE_SECONDS = 3  # long enough for a worker to take the first step
CARE_SECONDS = 30


class Command(BaseCommand):
    help = "Compute every customer as of a day, and publish. Needs a running worker (`manage.py up` brings one)."

    def add_arguments(self, parser):
        parser.add_argument("--as-of", type=_day, help="YYYY-MM-DD; today when left out")
        parser.add_argument("--reason", default="", help="kept in the audit log")
        parser.add_argument(
            "--accept-fewer", action="store_true", help="publish although many customers left the network at once"
        )
        parser.add_argument("--no-wait", dest="wait", action="store_false", help="return as soon as it has begun")
        parser.add_argument("--wait", dest="wait", action="store_true", default=True, help="show progress (default)")

    def handle(self, *, as_of, reason, wait, accept_fewer, **options):
        try:
            run = start_night(as_of=as_of or timezone.localdate(), reason=reason, accept_fewer=accept_fewer)
        except NightError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_("Night %(run)s as of %(as_of)s has begun.") % {"run": run.pk, "as_of": run.as_of})
        if wait:
            self._watch(run)

    def _watch(self, run: Run) -> None:
        try:
            _follow(run, Progress(self.stdout))
        except KeyboardInterrupt:
            self.stdout.write("\n" + _("The night goes on without this window."))
            return
        if run.status == Run.Status.FAILED:
            raise CommandError(failure(run))
        text = _("Published: %(customers)s customers, %(queued)s calls for the desk.")
        self.stdout.write(text % {"customers": run.customers, "queued": run.summary["queued"]})


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(_("Write the day as YYYY-MM-DD.")) from None


def _follow(run: Run, show: Progress) -> None:
    """Redraw the bar until the run has ended; care for the run now and then, as no beat may be running."""
    care_at = time.monotonic() + FIRST_CARE_SECONDS
    while run.status == Run.Status.RUNNING:
        show(_label(progress(run)), done=progress(run).percent, total=100)
        time.sleep(LOOK_SECONDS)
        if time.monotonic() > care_at:
            _care(show)
            care_at = time.monotonic() + CARE_SECONDS
        run.refresh_from_db()
    if run.status == Run.Status.PUBLISHED:
        show(_label(progress(run)), done=100, total=100)


def _care(show: Progress) -> None:
    """Say when nobody works on the run, and send again what stands still."""
    if not is_a_worker_there():
        show(_("No worker answers; the night waits for one. Start CVM: python3 manage.py up"))
    try:
        sweep()
    except NightError as error:
        show(str(error))


def _label(seen: Seen) -> str:
    if seen.stage == "buckets" and seen.rows_per_second:
        return _("%(stage)s, %(rate)s a second") % {"stage": seen.stage_name, "rate": f"{seen.rows_per_second:,}"}
    return seen.stage_name
