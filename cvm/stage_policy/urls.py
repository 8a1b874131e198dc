"""Addresses under /stages/policy/."""

from django.urls import path

from cvm.stage_policy import deeds, pages

urlpatterns = [
    path("", pages.policy, name="stage-policy"),
    path("preview/", pages.preview, name="stage-policy-preview"),
    path("movers/", pages.movers, name="stage-policy-movers"),
    path("back-test/", pages.back_test, name="stage-policy-back-test"),
    path("day/", pages.on_day, name="stage-policy-day"),
    path("draft/", deeds.save, name="stage-policy-save"),
    path("publication/", deeds.publish, name="stage-policy-publish"),
    path("approval/", deeds.approve, name="stage-policy-approve"),
    path("withdrawal/", deeds.take_back, name="stage-policy-take-back"),
    path("discard/", deeds.discard, name="stage-policy-discard"),
    path("<int:number>/", pages.version, name="stage-policy-version"),
    path("<int:number>/effect/", pages.version_effect, name="stage-policy-version-effect"),
    path("<int:number>/restoration/", deeds.roll_back, name="stage-policy-roll-back"),
]
