"""Addresses under /events/."""

from django.urls import path

from cvm.events import pages

urlpatterns = [
    path("", pages.event_log, name="events"),
    path("keys/", pages.key_list, name="signing-keys"),
    path("keys/new/", pages.key_new, name="signing-key-new"),
    path("keys/retire/", pages.key_retire, name="signing-key-retire"),
    path("<int:pk>/", pages.delivery, name="event-delivery"),
    path("<int:pk>/again/", pages.retry, name="event-delivery-again"),
]
