"""Addresses under /segments/."""

from django.urls import path

from cvm.segments import deeds, pages

urlpatterns = [
    path("", pages.segments, name="segments"),
    path("new/", pages.new, name="segment-new"),
    path("count/", pages.count, name="segment-count"),
    path("creation/", deeds.create, name="segment-create"),
    path("<int:pk>/", pages.segment_page, name="segment"),
    path("<int:pk>/story/", pages.segment_story, name="segment-story"),
    path("<int:pk>/rule/", pages.edit, name="segment-edit"),
    path("<int:pk>/change/", deeds.change, name="segment-change"),
    path("<int:pk>/lock/", deeds.lock, name="segment-lock"),
    path("<int:pk>/retirement/", deeds.retire, name="segment-retire"),
]
