"""Addresses under /back-tests/."""

from django.urls import path

from cvm.backtests import deeds, pages

urlpatterns = [
    path("", pages.back_tests, name="back-tests"),
    path("kinds/<str:code>/", pages.kind_page, name="back-test-kind"),
    path("kinds/<str:code>/new/", deeds.ask, name="back-test-ask"),
    path("<int:pk>/", pages.back_test, name="back-test"),
    path("<int:pk>/cancellation/", deeds.cancel, name="back-test-cancel"),
    path("<int:pk>/adoption/", deeds.adopt, name="back-test-adopt"),
]
