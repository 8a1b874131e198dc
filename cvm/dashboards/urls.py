"""Addresses under /boards/."""

from django.urls import path

from cvm.dashboards import pages

urlpatterns = [
    path("", pages.boards, name="boards"),
    *(path(f"{name}/", pages.board, {"name": name}, name=f"board-{name}") for name in pages.BOARDS),
]
