"""The frame round a page: who reads, what they may open, which night the figures are from."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from customers.access import can
from customers.models import Run
from cvm.rail import START, Section, lines_for, rail

STALE_AFTER = dt.timedelta(hours=36)
THEMES = ("light", "dark")


@dataclass(frozen=True)
class Language:
    """A language the reader can switch to."""

    code: str
    name: str


class PageFrame:
    """Everything `base.html` shows besides the page itself; each part is read when first used."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.user = getattr(request, "user", None)

    @cached_property
    def theme(self) -> str:
        """Return the chosen theme; light until somebody chooses."""
        chosen = self.request.COOKIES.get("cvm_theme", "")
        return chosen if chosen in THEMES else "light"

    @cached_property
    def sections(self) -> list[Section]:
        """Return the rail for this person's role."""
        return rail(role=getattr(self.user, "role", ""), path=self.request.path, may=self._may, address=address)

    @property
    def may_search(self) -> bool:
        """Return whether the page carries the search box."""
        return self._may("customers.search") and bool(address("search"))

    @property
    def sees_names(self) -> bool:
        return self._may("customers.see_name")

    def _may(self, capability: str) -> bool:
        return self.user is not None and can(self.user, capability)

    @cached_property
    def run(self) -> Run | None:
        """Return the published run, shared with the view of this request."""
        return published_run(self.request) if self._is_somebody else None

    @property
    def _is_somebody(self) -> bool:
        return self.user is not None and self.user.is_authenticated

    @cached_property
    def is_stale(self) -> bool:
        """Return whether the figures are older than a night may be."""
        finished = self.run and (self.run.finished_at or self.run.started_at)
        return bool(finished) and timezone.now() - finished > STALE_AFTER

    @cached_property
    def run_url(self) -> str:
        """Return the page of nights, for those who may open it."""
        return address("runs") if self._may("runs.view") else ""

    @cached_property
    def scope(self) -> str:
        """Return in words whose customers this person sees."""
        if not self._is_somebody:
            return ""
        if self.user.role == self.user.Role.PHONE_MANAGER:
            return _("My portfolio")
        return self.user.branch.name if self.user.branch_id else _("No branch")

    @cached_property
    def person(self) -> str:
        return str(self.user) if self._is_somebody else ""

    @cached_property
    def role(self) -> str:
        return str(self.user.get_role_display()) if self._is_somebody else ""

    @cached_property
    def start_url(self) -> str:
        return start_url(self.user) if self._is_somebody else address("login")

    @property
    def other_language(self) -> Language:
        """Return the language the reader is not using now, in its own name."""
        return Language("zh-hans", "中文") if get_language() == "en" else Language("en", "English")

    @property
    def here(self) -> str:
        return self.request.get_full_path()

    @property
    def language_url(self) -> str:
        return address("set_language")

    @property
    def logout_url(self) -> str:
        return address("logout")

    @property
    def password_url(self) -> str:
        return address("password_change")


def page_frame(request: HttpRequest) -> PageFrame:
    """Return the frame of a page."""
    return PageFrame(request)


def published_run(request: HttpRequest) -> Run | None:
    """Return the published run, asked once per request, so that a page never mixes two nights."""
    if not hasattr(request, "cvm_published_run"):
        request.cvm_published_run = Run.objects.defer("error").published()
    return request.cvm_published_run


def start_url(user) -> str:
    """Return where this person's job is."""
    wanted = START.get(user.role, "")
    if wanted and address(wanted):
        return address(wanted)
    allowed = (address(name) for need, name, _icon, _label in lines_for(user.role) if can(user, need))
    return next((url for url in allowed if url), address("password_change"))


def address(name: str) -> str:
    """Return the address of a page, or nothing where an installation leaves the page out."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def languages() -> list[Language]:
    """Return the languages of the product."""
    return [Language(code, str(name)) for code, name in settings.LANGUAGES]
