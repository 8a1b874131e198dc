"""When the database is away: one honest page that comes back by itself, instead of a fault of ours."""

import logging

from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from cvm.progress import bilingual

log = logging.getLogger(__name__)

TRY_AGAIN_SECONDS = 10
API = "/api/"
# PostgreSQL is shutting down, has crashed, is starting, has no free connection.
PASSING = {"57P01", "57P02", "57P03", "53300"}


class OutageMiddleware:
    """Answer 503 where a view finds no database."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass everything on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return the page for an outage, None for every other error."""
        if not is_outage(error):
            return None
        log.error("no database for %s: %s", request.path, first_line(error))
        return outage(request)


def is_outage(error: BaseException) -> bool:
    """Tell whether an error means that the database is away, not that a statement was wrong or slow."""
    if isinstance(error, InterfaceError):
        return "connection" in str(error)
    state = getattr(error.__cause__, "pgcode", None)
    return isinstance(error, OperationalError) and (state is None or state.startswith("08") or state in PASSING)


def told(error: Exception) -> str:
    """Return the sentence for a terminal, in both languages: which database, and its own first words."""
    address = f"{connection.settings_dict['HOST']}/{connection.settings_dict['NAME']}"
    text = gettext_noop("The database at %(address)s does not answer: %(reason)s")
    return bilingual(text, address=address, reason=first_line(error))


def first_line(error: Exception) -> str:
    """Return what an error says first; the rest guesses at causes."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def outage(request: HttpRequest) -> HttpResponse:
    """Return what people and programs see meanwhile; asks the database nothing."""
    headers = {"Retry-After": str(TRY_AGAIN_SECONDS), "Cache-Control": "no-store"}
    if request.path.startswith(API):
        text = _("The database does not answer at the moment. Try again in a few seconds.")
        return JsonResponse({"detail": text}, status=503, headers=headers)
    context = {"seconds": TRY_AGAIN_SECONDS, "is_read": request.method == "GET"}
    response = render(None, "503.html", context, status=503)  # without the request: it would ask who is logged in
    for name, value in headers.items():
        response[name] = value
    return response
