"""The addresses of the scoreboard, under /scoreboard/."""

from django.urls import path

from cvm.scoreboard import pages

urlpatterns = [
    path("", pages.scoreboard, name="scoreboard"),
    path("file/", pages.scoreboard_file, name="scoreboard-file"),
]
