"""Addresses under /imports/."""

from django.urls import path

from cvm.imports import pages

urlpatterns = [
    path("", pages.batch_list, name="imports"),
    path("<int:pk>/rejects.csv", pages.rejects, name="import-rejects"),
]
