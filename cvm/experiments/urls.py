"""Addresses under /tests/."""

from django.urls import path

from cvm.experiments import deeds, pages

urlpatterns = [
    path("", pages.experiments, name="experiments"),
    path("new/", pages.new, name="experiment-new"),
    path("creation/", deeds.create, name="experiment-create"),
    path("<int:pk>/", pages.experiment, name="experiment"),
    path("<int:pk>/file/", pages.experiment_file, name="experiment-file"),
    path("<int:pk>/start/", deeds.start, name="experiment-start"),
    path("<int:pk>/stop/", deeds.stop, name="experiment-stop"),
    path("<int:pk>/discard/", deeds.discard, name="experiment-discard"),
]
