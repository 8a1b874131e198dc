"""Addresses under /stages/."""

from django.urls import path

from cvm.stages import pages

urlpatterns = [path("", pages.stages, name="stages")]
