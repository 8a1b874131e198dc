"""Addresses under /stages/playbooks/."""

from django.urls import path

from cvm.playbooks import pages

urlpatterns = [
    path("", pages.playbooks, name="playbooks"),
    path("offers/<int:pk>/", pages.offer_stages, name="offer-stages"),
    path("<int:stage>/", pages.playbook, name="playbook"),
    path("<int:stage>/draft/", pages.save, name="playbook-save"),
    path("<int:stage>/publication/", pages.publish, name="playbook-publish"),
    path("<int:stage>/discard/", pages.discard, name="playbook-discard"),
    path("<int:stage>/<int:number>/restoration/", pages.roll_back, name="playbook-roll-back"),
]
