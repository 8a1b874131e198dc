"""Keyset pages for lists of any depth: page 10,000 costs what page 1 costs."""

from rest_framework.pagination import CursorPagination


class KeysetPagination(CursorPagination):
    """Pages of 50, at most 500, by each view's own `ordering`, which ends in a unique column."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 500

    def get_ordering(self, request, queryset, view):
        return view.ordering
