"""Addresses under /call-lists/."""

from django.urls import path

from cvm.call_lists import pages

urlpatterns = [
    path("", pages.call_lists, name="call-lists"),
    path("new/", pages.make, name="call-list-make"),
    path("<int:pk>/", pages.call_list, name="call-list"),
    path("<int:pk>/closure/", pages.close, name="call-list-close"),
]
