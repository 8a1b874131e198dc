"""Addresses under /imports/."""

from django.urls import path

from cvm.imports import deeds, pages, rejects_page, template_pages

urlpatterns = [
    path("", pages.batch_list, name="imports"),
    path("new/", deeds.new, name="import-new"),
    path("files/", deeds.upload, name="import-upload"),
    path("<int:pk>/", pages.batch_page, name="import"),
    path("<int:pk>/mapping/", deeds.mapping, name="import-mapping"),
    path("<int:pk>/mapping/preview/", deeds.mapping_preview, name="import-mapping-preview"),
    path("<int:pk>/confirmation/", deeds.confirm, name="import-confirm"),
    path("<int:pk>/cancellation/", deeds.cancel, name="import-cancel"),
    path("<int:pk>/undoing/", deeds.undo_batch, name="import-undo"),
    path("<int:pk>/rejects.csv", rejects_page.rejects, name="import-rejects"),
    path("templates/", template_pages.template_list, name="import-templates"),
    path("templates/new/", template_pages.template_new, name="import-template-new"),
    path("templates/<int:pk>.json", template_pages.template_file, name="import-template-file"),
    path("templates/<int:pk>/name/", template_pages.template_rename, name="import-template-rename"),
    path("templates/<int:pk>/deletion/", template_pages.template_delete, name="import-template-delete"),
]
