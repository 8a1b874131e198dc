"""Addresses under /customers/views/."""

from django.urls import path

from cvm.directory import saved_view_pages

urlpatterns = [
    path("", saved_view_pages.view_list, name="saved-views"),
    path("new/", saved_view_pages.save, name="saved-view-save"),
    path("naming/", saved_view_pages.rename, name="saved-view-rename"),
    path("removal/", saved_view_pages.delete, name="saved-view-delete"),
]
