"""The product's own web application with one page more: the floor, a view that only knows who asks."""

from __future__ import annotations

from cvm.wsgi import application  # first: it prepares Django

# isort: split
from django.http import HttpRequest, HttpResponse
from django.urls import path

from customers.access import requires
from cvm import urls

__all__ = ["application"]

FLOOR = "/bench/floor/"


@requires("customers.list")
def floor(_request: HttpRequest) -> HttpResponse:
    """Answer with two letters, behind every middleware and the door."""
    return HttpResponse("ok")


urls.urlpatterns.append(path(FLOOR.lstrip("/"), floor, name="bench-floor"))
