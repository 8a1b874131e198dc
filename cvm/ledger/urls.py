"""Addresses under /ledger/."""

from django.urls import path

from cvm.ledger import deeds, pages

urlpatterns = [
    path("", pages.ledger, name="ledger"),
    path("close/", deeds.close, name="ledger-close"),
    path("cohorts/", deeds.open_cohort, name="ledger-open"),
]
