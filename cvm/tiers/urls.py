"""Addresses under /tiers/."""

from django.urls import path

from cvm.tiers import deeds, pages, who

urlpatterns = [
    path("", pages.tiers, name="tiers"),
    path("preview/", pages.preview, name="tiers-preview"),
    path("codes/", pages.codes, name="tiers-codes"),
    path("who/", who.who, name="tiers-who"),
    path("back-test/", pages.back_test, name="tiers-back-test"),
    path("density/", pages.density, name="tiers-density"),
    path("day/", pages.on_day, name="tiers-day"),
    path("draft/", deeds.save, name="tiers-save"),
    path("publication/", deeds.publish, name="tiers-publish"),
    path("approval/", deeds.approve, name="tiers-approve"),
    path("withdrawal/", deeds.take_back, name="tiers-take-back"),
    path("discard/", deeds.discard, name="tiers-discard"),
    path("<int:number>/", pages.version, name="tiers-version"),
    path("<int:number>/moves/", pages.version_file, name="tiers-version-file"),
    path("<int:number>/effect/", pages.version_effect, name="tiers-version-effect"),
    path("<int:number>/codes/", pages.version_codes, name="tiers-version-codes"),
    path("<int:number>/who/", who.version_who, name="tiers-version-who"),
    path("<int:number>/restoration/", deeds.roll_back, name="tiers-roll-back"),
]
