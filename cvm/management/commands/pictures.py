"""`manage.py pictures`: photograph the running product for the documentation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils.translation import gettext as _

from customers.models import ImportBatch, Run, Staff, Standing

BACKEND = "django.contrib.auth.backends.ModelBackend"
CHROMIUM = "/usr/bin/chromium"
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
DESKTOP, TELEPHONE = (1440, 900), (390, 844)
SETTLE_MS = 900  # charts draw themselves


@dataclass(frozen=True)
class Shot:
    """One picture: who looks at what, how; `fill` types into a field (selector, text), `press` is a key pressed last."""

    name: str
    role: str
    address: str
    language: str = "zh-hans"
    theme: str = "light"
    size: tuple[int, int] = DESKTOP
    fill: tuple[str, str] | None = None
    press: str = ""


class Command(BaseCommand):
    """Pictures of the pages people use, taken from the running product."""

    help = "Photograph the running product into docs/pictures/."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take where the product runs and where the pictures go."""
        parser.add_argument("--address", default="http://127.0.0.1:8000")
        parser.add_argument("--folder", type=Path, default=settings.BASE_DIR / "docs" / "pictures")
        parser.add_argument("--chromium", default=CHROMIUM)

    def handle(self, *args: Any, **options: Any) -> None:
        """Take every picture."""
        folder: Path = options["folder"]
        folder.mkdir(parents=True, exist_ok=True)
        for shot in shots():
            path = folder / f"{shot.name}.png"
            with session_of(shot.role) as key, _browser(options["chromium"]) as browser:
                _take(browser, shot, address=options["address"], key=key, path=path)
            self.stdout.write(str(path))


def shots() -> list[Shot]:
    """Return the pictures to take; the customer is the one with most to keep."""
    run = Run.objects.published()
    best = Standing.objects.filter(run=run).order_by("-kept_fen", "customer_id").first()
    if best is None:
        raise CommandError(_("No night is published yet; there is nothing to photograph."))
    customer = reverse("customer", args=[best.customer_id])
    return [
        Shot("overview", "analyst", reverse("home")),
        Shot("overview-dark", "analyst", reverse("home"), theme="dark"),
        Shot("overview-en", "analyst", reverse("home"), language="en"),
        Shot("overview-telephone", "analyst", reverse("home"), size=TELEPHONE),
        Shot("customers", "analyst", f"{reverse('customers')}?band=5&band=4&warning=3"),
        Shot("customer", "analyst", customer),
        Shot("desk", "phone_manager", reverse("callcenter:desk"), press="n"),  # holds a customer for a few minutes
        Shot("tiers", "admin", reverse("tiers"), fill=("#id_mid_from", "110")),
        Shot("nights", "admin", reverse("runs")),
        Shot("ledger", "analyst", reverse("ledger")),
        *(Shot("import", "admin", reverse("import", args=[batch.pk])) for batch in _with_rejects()),
    ]


def _with_rejects() -> list[ImportBatch]:
    """Return the newest stored import with rejected rows, the receipt with most to show; none is no picture."""
    stored = ImportBatch.objects.filter(status=ImportBatch.Status.COMMITTED, rows_rejected__gt=0)
    return list(stored.order_by("-pk")[:1])


@contextmanager
def session_of(role: str) -> Iterator[str]:
    """Yield the key of a session of somebody with this role; the session ends with the picture."""
    person = Staff.objects.filter(role=role, is_active=True).order_by("pk").first()
    if person is None:
        raise CommandError(_("Nobody has the role “%(role)s”.") % {"role": role})
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(person.pk), BACKEND
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    try:
        yield session.session_key
    finally:
        session.delete()


@contextmanager
def _browser(path: str) -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise CommandError(_("Playwright is not installed: it comes with requirements-dev.lock.")) from error
    with sync_playwright() as playwright:  # its loop must be closed again before the database is asked
        browser = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        yield browser
        browser.close()


def _take(browser: Any, shot: Shot, *, address: str, key: str, path: Path) -> None:
    width, height = shot.size
    context = browser.new_context(base_url=address, viewport={"width": width, "height": height})
    cookies = {
        settings.SESSION_COOKIE_NAME: key,
        settings.LANGUAGE_COOKIE_NAME: shot.language,
        "cvm_theme": shot.theme,
    }
    context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
    page = context.new_page()
    answer = page.goto(shot.address)
    if answer is None or not answer.ok:
        raise CommandError(_("%(address)s does not open for the picture.") % {"address": shot.address})
    if shot.fill:
        page.wait_for_timeout(SETTLE_MS)
        page.fill(*shot.fill)
    if shot.press:
        page.keyboard.press(shot.press)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=str(path))
    context.close()
