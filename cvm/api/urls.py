"""/api/v1/ …: the router and the schema with its offline documentation page."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import DefaultRouter

from cvm.api import events, imports, search, stages, tasks, views

router = DefaultRouter()
router.register("customers", views.CustomerViewSet, basename="api-customer")
router.register("standings", views.StandingViewSet, basename="api-standing")
router.register("runs", views.RunViewSet, basename="api-run")
router.register("queue", views.QueueViewSet, basename="api-queue")

urlpatterns = [
    path("v1/customers/search/", search.CustomerSearchView.as_view(), name="api-customer-search"),
    path("v1/", include(router.urls)),
    path("v1/segments/counts/", views.SegmentCountsView.as_view(), name="api-segment-counts"),
    path("v1/stages/flow/", stages.StageFlowView.as_view(), name="api-stage-flow"),
    path("v1/stages/measures/", stages.StageMeasuresView.as_view(), name="api-stage-measures"),
    path("v1/events/", events.EventsView.as_view(), name="api-event-list"),
    path("v1/imports/", imports.ImportsView.as_view(), name="api-import-list"),
    path("v1/imports/<int:pk>/", imports.ImportView.as_view(), name="api-import-detail"),
    path("v1/imports/<int:pk>/rejects/", imports.RejectsView.as_view(), name="api-import-rejects"),
    path("v1/imports/<int:pk>/confirmation/", imports.ConfirmationView.as_view(), name="api-import-confirmation"),
    path("v1/tasks/", tasks.TasksView.as_view(), name="api-task-list"),
    path("v1/tasks/<int:pk>/sent/", tasks.TaskSentView.as_view(), name="api-task-sent"),
    path("v1/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
]
