"""Addresses under /exports/."""

from django.urls import path

from cvm.exports import pages

urlpatterns = [
    path("", pages.export_list, name="exports"),
    path("all/", pages.export_log, name="export-log"),
    path("new/", pages.request_file, name="export-request"),
    path("approval/", pages.approve, name="export-approve"),
    path("refusal/", pages.refuse, name="export-refuse"),
    path("<int:pk>/file/", pages.download, name="export-file"),
]
