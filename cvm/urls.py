"""Every address of the product. Each part keeps its own list; this file only joins them."""

from django.urls import include, path

urlpatterns = [
    path("i18n/", include("django.conf.urls.i18n")),
]
