"""Addresses under /boards/."""

from django.urls import path

from cvm.dashboards import pages, reported

urlpatterns = [
    path("", pages.boards, name="boards"),
    path("reported/", reported.figures_page, name="reported-figures"),
    path("reported/new/", reported.figure_report, name="reported-figure-new"),
    path("reported/<int:pk>/withdraw/", reported.figure_withdraw, name="reported-figure-withdraw"),
    *(path(f"{name}/", pages.board, {"name": name}, name=f"board-{name}") for name in pages.BOARDS),
]
