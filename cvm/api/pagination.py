"""Keyset pages for lists of any depth."""

from rest_framework.pagination import CursorPagination


class StandingPagination(CursorPagination):
    """Customers by expected kept revenue; page 10,000 costs what page 1 costs (index standing_r*_kept)."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 500
    ordering = ("-kept_fen", "customer_id")


class RunPagination(CursorPagination):
    page_size = 50
    ordering = ("-id",)


class QueuePagination(CursorPagination):
    page_size = 50
    ordering = ("rank", "id")
