"""Addresses under /stages/groups/."""

from django.urls import path

from cvm.focus_groups import pages

urlpatterns = [
    path("", pages.groups, name="focus-groups"),
    path("new/", pages.convene, name="focus-group-new"),
    path("<int:pk>/", pages.group, name="focus-group"),
    path("<int:pk>/ideas/", pages.idea, name="focus-group-idea"),
    path("members/<int:pk>/", pages.member, name="focus-group-member"),
    path("members/<int:pk>/needs/", pages.need, name="focus-group-need"),
]
