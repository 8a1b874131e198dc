"""Addresses under /definitions/."""

from django.urls import path

from cvm.definitions import pages

urlpatterns = [path("", pages.definitions, name="definitions")]
