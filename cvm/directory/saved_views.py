"""Saved views: a name for an address of the list. Own, or shared with the people of one's branch."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import QueryDict

from customers.models import SavedView, Staff
from cvm import columns
from cvm.directory.addresses import POSITION, query_with, with_query
from cvm.filters import SORTS, StandingFilter, filled

MOST_VIEWS = 50


class NameTaken(Exception):
    """This person already has a view of this name."""


class TooManyViews(Exception):
    """This person already keeps as many views as a menu can hold."""


@dataclass(frozen=True)
class MenuEntry:
    """One view in the menu of the list."""

    name: str
    url: str
    owner: str  # empty for one's own
    is_current: bool


def visible_to(user: Staff) -> QuerySet[SavedView]:
    """Return the person's own views and those the people of the same branch share."""
    shared = Q(is_shared=True, owner__branch_id=user.branch_id) if user.branch_id else Q(pk__in=[])
    return SavedView.objects.filter(Q(owner=user) | shared)


def menu(user: Staff, *, current: str) -> list[MenuEntry]:
    """Return the views of the list's menu, own ones first; `current` is the address without its position."""
    views = visible_to(user).select_related("owner").order_by("name", "pk")[: 2 * MOST_VIEWS]
    entries = []
    for view in sorted(views, key=lambda view: view.owner_id != user.pk):
        query, _dropped = cleaned(view.query, user=user)  # a view of others may ask for more than this reader sees
        owner = "" if view.owner_id == user.pk else str(view.owner)
        entries.append(MenuEntry(view.name, with_query(query), owner, bool(query) and query == current))
    return entries


def cleaned(query: str, *, user: Any) -> tuple[str, list[str]]:
    """Return an address with what the list knows and this person may ask for, and the names of what was dropped.

    Filters with their values, sort and columns stay; a position in the list and words to search for are never kept.
    """
    given = filled(QueryDict(query))
    request = type("Reader", (), {"user": user})  # all a FilterSet wants of a request
    filters = StandingFilter(given, request=request)
    bad = set(filters.errors)
    known = {column.name for column in columns.allowed(user)}
    kept = QueryDict(mutable=True)
    dropped = []
    for name, values in given.lists():
        if name in filters.filters and name not in bad:
            kept.setlist(name, values)
        elif name == columns.PARAMETER:
            names = columns.names_in(given)
            kept[name] = ",".join(column.name for column in columns.allowed(user) if column.name in names)
            dropped += sorted(names - known)
        elif name == "sort" and values[-1] in SORTS:
            kept[name] = values[-1]
        elif name not in POSITION:
            dropped.append(name)
    return query_with(filled(kept), {}), dropped


@transaction.atomic
def save_view(*, owner: Staff, name: str, query: str, is_shared: bool, at: dt.datetime) -> SavedView:
    """Keep an address under a name, in place of an own view of that name. Raises TooManyViews."""
    Staff.objects.select_for_update(no_key=True).get(pk=owner.pk)
    if SavedView.objects.filter(owner=owner).exclude(name=name).count() >= MOST_VIEWS:
        raise TooManyViews
    changes = {"query": query, "is_shared": is_shared}
    view, _is_new = SavedView.objects.update_or_create(
        owner=owner, name=name, defaults=changes, create_defaults=changes | {"created_at": at}
    )
    return view


def change_view(view: SavedView, *, name: str, is_shared: bool) -> None:
    """Give a view another name, share it or stop sharing it. Raises NameTaken."""
    try:
        with transaction.atomic():
            SavedView.objects.filter(pk=view.pk).update(name=name, is_shared=is_shared)
    except IntegrityError as error:
        raise NameTaken from error
