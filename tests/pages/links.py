"""The numbers of a page that are doors: where each leads, how many customers it promises and how many are behind it."""

from html.parser import HTMLParser

from django.test import RequestFactory
from django.urls import resolve

from customers.models import Standing
from cvm.context import published_run
from cvm.filters import StandingFilter


class _Doors(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "a" and "data-count" in attributes:
            self.found.append((attributes["href"], int(attributes["data-count"])))


def doors(html):
    """Return (address, customers) of every number that is a link."""
    parser = _Doors()
    parser.feed(html)
    return parser.found


def listed(url, user):
    """Return how many rows the customer list of this address has for this person.

    Counted by the filters the list, the API and the export share, never out of a rollup; the list itself is not drawn.
    """
    request = RequestFactory().get(url)
    assert resolve(request.path).url_name == "customers"
    request.user = user
    rows = Standing.objects.filter(run=published_run(request)).visible_to(user)
    wanted = StandingFilter(request.GET, rows, request=request)
    assert wanted.is_valid(), wanted.errors
    return wanted.qs.order_by().count()
