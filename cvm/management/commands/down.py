"""`manage.py down`: stop the `up` of this folder."""

import os
import signal
import time

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext_noop as _

from cvm import launch, supervise
from cvm.progress import bilingual

STOP_SECONDS = 120


class Command(BaseCommand):
    """Ask the running `up` to stop, and wait until it has."""

    help = "Stop a running `up`."
    requires_system_checks = []

    def handle(self, *args, **options):
        """Return when everything has ended."""
        found = launch.running()
        if found is None:
            self._clean_up()
            return
        try:
            os.kill(found["pid"], signal.SIGTERM)
        except PermissionError as error:
            text = _("CVM was started by another user; stop it as that user.")
            raise CommandError(bilingual(text)) from error
        self._wait()

    def _clean_up(self) -> None:
        """Stop what an `up` left behind that was killed itself."""
        count = supervise.stop_leftovers(launch.record())
        settings.LOCAL_STACK.stop_if_unused()
        text = _("Stopped what an earlier start left behind.") if count else _("CVM is not running.")
        self.stdout.write(bilingual(text))

    def _wait(self) -> None:
        deadline = time.monotonic() + STOP_SECONDS
        while launch.running():
            if time.monotonic() > deadline:
                text = _("CVM has not stopped within %(seconds)s seconds.")
                raise CommandError(bilingual(text, seconds=STOP_SECONDS))
            time.sleep(0.2)
        self.stdout.write(bilingual(_("Stopped.")))
