"""Addresses under /ledger/."""

from django.urls import path

from cvm.ledger import deeds, pages

urlpatterns = [
    path("", pages.ledger, name="ledger"),
    path("file/", pages.file, name="ledger-file"),
    path("close/", deeds.close, name="ledger-close"),
]
