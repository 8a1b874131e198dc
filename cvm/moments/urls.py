"""The addresses of key moments."""

from django.urls import path

from cvm.moments import editing, log, pages

urlpatterns = [
    path("", pages.catalogue, name="moments"),
    path("log/", log.detections, name="moment-log"),
    path("<str:code>/", pages.kind_page, name="moment"),
    path("<str:code>/edit/", editing.edit, name="moment-edit"),
    path("<str:code>/change/", editing.change, name="moment-change"),
]
