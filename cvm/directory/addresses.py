"""Addresses of the list: everything a reader chose stands in them, except the search for somebody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from cvm import columns

POSITION = ("after", "before")


def list_url(**filters: Any) -> str:
    """Return the address of the list with these filters; None is left out, a sequence means either value."""
    given = {name: value for name, value in filters.items() if value is not None}
    return with_query(urlencode(given, doseq=True))


def with_query(query: str) -> str:
    """Return the address of the list with a query that is already written."""
    return f"{reverse('customers')}?{query}" if query else reverse("customers")


def changed(query: QueryDict, changes: Mapping[str, str], *, without: tuple[str, str] | None = None) -> str:
    """Return the list's address with changes, back at the first page; `without` drops one value of one filter."""
    return with_query(query_with(query, changes, without=without))


def query_with(query: QueryDict, changes: Mapping[str, str], *, without: tuple[str, str] | None = None) -> str:
    """Return the query of `changed`: columns as one parameter, what is emptied left out."""
    new = query.copy()
    for name in POSITION:
        new.pop(name, None)
    names = new.pop(columns.PARAMETER, [])
    if names:
        new[columns.PARAMETER] = ",".join(filter(None, names))
    for name, value in changes.items():
        new[name] = value
        if not value:
            del new[name]
    if without:
        new.setlist(without[0], [value for value in new.getlist(without[0]) if value != without[1]])
    return new.urlencode(safe=",")
