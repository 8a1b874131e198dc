"""`manage.py up`: the whole product on this machine, until Ctrl-C."""

import contextlib
import importlib
import importlib.util
import os
import signal
import threading
import time

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.utils.translation import gettext_noop as _

from cvm import assets, launch, supervise
from cvm.imports import inbox
from cvm.localstack import LocalStackError
from cvm.progress import Progress, bilingual

LOOK_AGAIN_SECONDS = 10


class Command(BaseCommand):
    """Servers, assets, tables, demo data, then web, worker and beat."""

    help = "Run the whole product on this machine until Ctrl-C."
    requires_system_checks = []

    def add_arguments(self, parser):
        """Where to listen, how many jobs at once."""
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--bind", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--jobs", type=int, default=_processors(), help="parallel tasks")
        parser.add_argument("--no-demo", action="store_true", help="no demo branch, no first night")

    def handle(self, *args, port, bind, jobs, no_demo, **options):
        """Tell the story top to bottom; everything started here is stopped here."""
        self.progress = Progress(self.stdout)
        address = f"http://{'[' + bind + ']' if ':' in bind else bind}:{port}/"
        with _signals_end_us(), launch.only_one(address=address):
            if count := supervise.stop_leftovers(launch.record()):
                self._say(_("Stopped %(count)s programs of an earlier start."), count=count)
            launch.refuse_taken_port(host=bind, port=port)
            self._say(_("Starting the database and the queue"))
            with settings.LOCAL_STACK.session():
                self._prepare(with_demo=not no_demo)
                services = launch.services(host=bind, port=port, jobs=jobs)
                watched = supervise.Supervisor(services, record=launch.record(), cwd=settings.BASE_DIR)
                self._run(watched, address=address, host=bind, port=port, with_demo=not no_demo)
        self._say(_("Stopped."))

    def _prepare(self, *, with_demo: bool) -> None:
        launch.check_servers()
        self._fetch_assets()
        self._say(_("Preparing the tables"))
        call_command("migrate", interactive=False, verbosity=0)
        # A mistake that would end every program at its start is better told once, here.
        self.check(databases=["default"])
        if launch.collect_static():
            self._say(_("Static files collected"))
        if with_demo:
            _call_demo("prepare", self.progress)
        self._make_inbox()
        settings.LOCAL_STACK.hand_over_files()
        connections.close_all()

    def _make_inbox(self) -> None:
        try:
            inbox.folder()
        except OSError as error:
            text = _("The inbox %(folder)s cannot be made (%(reason)s). Set CVM_INBOX to a folder of ours.")
            raise CommandError(bilingual(text, folder=settings.INBOX_DIR, reason=error.strerror)) from error

    def _fetch_assets(self) -> None:
        try:
            if assets.ensure(settings.ASSETS_DIR, say=self.progress):
                self._say(_("Vendor files fetched"))
        except assets.AssetsUnavailable as error:
            text = _("Charts and icons are missing, pages work as tables: %(reason)s")
            self._say(text, reason=error)

    def _run(self, watched, *, address: str, host: str, port: int, with_demo: bool) -> None:
        if os.geteuid() == 0:
            account = launch.runs_as().pw_name
            self._say(_("Programs run under the account %(account)s"), account=account)
        self._say(_("Starting web, worker and scheduler"))
        stopping = threading.Event()
        guard = threading.Thread(target=self._watch, args=(watched, stopping), daemon=True)
        try:
            watched.start()
            guard.start()
            launch.wait_for_web(host=host, port=port)
            launch.wait_for_worker()
            self._say(_("Web and worker answer"))
            if with_demo:
                _call_demo("first_night", self.progress)
            self._say(_("CVM is ready at %(address)s (Ctrl-C stops it)"), address=address)
            guard.join()
        except KeyboardInterrupt:
            self._say(_("Stopping …"))
        finally:
            _ignore_signals()
            stopping.set()
            if guard.is_alive():
                guard.join()
            watched.stop()
        if self.failure:
            text = _("%(name)s ended %(lives)s times within a minute; everything is stopped.")
            lives = supervise.LIVES
            raise CommandError(bilingual(text, name=self.failure.name, lives=lives))

    failure: supervise.KeepsDying | None = None
    look_again_at: float = 0  # when a server that would not start is tried again

    def _watch(self, watched: supervise.Supervisor, stopping: threading.Event) -> None:
        try:
            while not stopping.wait(0.3):
                for name in (*self._revive_servers(), *watched.revive()):
                    self._say(_("%(name)s ended and was started again"), name=name)
        except supervise.KeepsDying as error:
            self.failure = error
            os.kill(os.getpid(), signal.SIGINT)  # the main thread may be waiting for an answer

    def _revive_servers(self) -> list[str]:
        """Start a dead database or queue again; what stands in the way is told, and may pass."""
        if time.monotonic() < self.look_again_at:
            return []
        try:
            return settings.LOCAL_STACK.revive()
        except LocalStackError as error:
            self.progress(str(error))
            self.look_again_at = time.monotonic() + LOOK_AGAIN_SECONDS
            return []

    def _say(self, message: str, **values) -> None:
        self.progress(bilingual(message, **values))


def _processors() -> int:
    return max(2, min(8, len(os.sched_getaffinity(0))))


def _call_demo(name: str, progress: Progress) -> None:
    if importlib.util.find_spec("cvm.demo") and importlib.util.find_spec("cvm.demo.up"):
        step = getattr(importlib.import_module("cvm.demo.up"), name, None)
        if step:
            step(progress)


def _stop_like_ctrl_c(number, frame):
    raise KeyboardInterrupt


@contextlib.contextmanager
def _signals_end_us():
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, _stop_like_ctrl_c)
    try:
        yield
    except KeyboardInterrupt:
        raise CommandError(bilingual(_("Stopped."))) from None


def _ignore_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
