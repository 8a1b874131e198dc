"""The addresses of needs, tags, surveys and records."""

from django.urls import path

from cvm.needs import customer, loop, records, surveys, tags

urlpatterns = [
    path("customers/<int:pk>/needs/", customer.record, name="customer-need"),
    path("customers/<int:pk>/needs/dismissal/", customer.dismiss, name="customer-need-dismissal"),
    path("customers/<int:pk>/fields/", customer.field, name="customer-field"),
    path("needs/", loop.overview, name="needs"),
    path("needs/analysis/", loop.analyse, name="needs-analyse"),
    path("needs/application/", loop.apply, name="needs-apply"),
    path("needs/drop/", loop.drop, name="needs-drop"),
    path("needs/records/", records.overview, name="needs-records"),
    path("needs/surveys/", surveys.results, name="needs-surveys"),
    path("tags/", tags.catalogue, name="tags"),
    path("tags/new/", tags.create, name="tag-new"),
    path("tags/<int:pk>/", tags.change, name="tag-change"),
    path("tags/offers/<int:pk>/", tags.offer, name="offer-tags"),
    path("tags/moments/<int:pk>/", tags.moment, name="moment-tags"),
    path("tags/<int:pk>/switch/", tags.switch, name="tag-switch"),
]
