"""The endpoints: each one door, one capability, one serializer."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from callcenter.models import QueueItem
from customers.access import can, scope_of
from customers.models import Customer, DoNotDisturb, Run, Standing
from customers.queries import cells_by_kind
from cvm.api.pagination import KeysetPagination
from cvm.api.permissions import HasCapability
from cvm.api.serializers import (
    CustomerSerializer,
    QueueItemSerializer,
    RunSerializer,
    SegmentCountsSerializer,
    StandingSerializer,
)
from cvm.filters import StandingFilter

KINDS = ("band_stage", "band_previous", "warning_band", "layer_code", "cohort", "state")
OPEN_KINDS = ("state",)  # the only rollup that says nothing about value


FILTERS = [OpenApiParameter(name, str, required=False) for name in StandingFilter.base_filters]


@extend_schema_view(list=extend_schema(parameters=FILTERS))
class CustomerViewSet(mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet[Customer]):
    """Customers within the caller's scope, masked; takes the filters of the customer list."""

    capability = "customers.list"
    permission_classes = (HasCapability,)
    serializer_class = CustomerSerializer
    pagination_class = KeysetPagination
    filter_backends = ()  # filtered by standing, below
    queryset = Customer.objects.none()
    ordering = ("id",)

    def get_queryset(self) -> QuerySet[Customer]:
        return Customer.objects.visible_to(self.request.user)

    def filter_queryset(self, queryset: QuerySet[Customer]) -> QuerySet[Customer]:
        """Filter by standing: the rows of the list page with the same parameters."""
        if not any(name in self.request.query_params for name in (*StandingFilter.base_filters, "q")):
            return queryset
        wanted = StandingFilter(self.request.query_params, standings_of(self.request), request=self.request)
        if not wanted.is_valid():
            raise ValidationError(wanted.errors)
        return queryset.filter(pk__in=wanted.qs.order_by().values("customer_id"))


@extend_schema_view(retrieve=extend_schema(parameters=[OpenApiParameter("customer_id", int, "path")]))
class StandingViewSet(mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet[Standing]):
    """What the published run says, highest expected kept revenue first; same filters as the customer list."""

    capability = "customers.list"
    permission_classes = (HasCapability,)
    serializer_class = StandingSerializer
    pagination_class = KeysetPagination
    filterset_class = StandingFilter
    queryset = Standing.objects.none()
    lookup_field = "customer_id"
    lookup_value_regex = r"\d{1,9}"
    ordering = ("-kept_fen", "customer_id")

    def get_queryset(self) -> QuerySet[Standing]:
        return standings_of(self.request)


class RunViewSet(mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet[Run]):
    """The nights, newest first."""

    capability = "runs.view"
    permission_classes = (HasCapability,)
    serializer_class = RunSerializer
    pagination_class = KeysetPagination
    filter_backends = ()
    queryset = Run.objects.all()
    ordering = ("-id",)


class QueueViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[QueueItem]):
    """Whom the calling phone manager still has to call today, in order."""

    capability = "desk.work"
    permission_classes = (HasCapability,)
    serializer_class = QueueItemSerializer
    pagination_class = KeysetPagination
    filter_backends = ()
    queryset = QueueItem.objects.none()
    ordering = ("rank", "id")

    def get_queryset(self) -> QuerySet[QueueItem]:
        silenced = DoNotDisturb.objects.in_force(timezone.now()).filter(customer=OuterRef("customer"))
        waiting = QueueItem.objects.filter(run__is_current=True, status=QueueItem.Status.PENDING)
        return waiting.filter(~Exists(silenced), manager=self.request.user.pk)


class SegmentCountsView(APIView):
    """Customers and three-month revenue of the published run by one or two dimensions."""

    capability = "customers.list"
    permission_classes = (HasCapability,)

    @extend_schema(
        parameters=[OpenApiParameter("kind", str, enum=KINDS, required=True)], responses=SegmentCountsSerializer
    )
    def get(self, request: Request) -> Response:
        kind = self._kind(request)
        run = Run.objects.published()
        if run is None:
            raise Http404
        scope = scope_of(request.user)
        counties = None if scope.is_everything else list(scope.county_ids)
        cells = cells_by_kind(run, county_ids=counties).get(kind, {})
        rows = [
            {"row": row, "column": column, "customers": cell.customers, "revenue_fen": cell.revenue_fen}
            for (row, column), cell in sorted(cells.items())
        ]
        answer = {"run": run.pk, "as_of": run.as_of, "kind": kind, "cells": rows}
        return Response(SegmentCountsSerializer(answer).data)

    def _kind(self, request: Request) -> str:
        kind: str = request.query_params.get("kind", "")
        allowed = KINDS if can(request.user, "customers.see_value") else OPEN_KINDS
        if kind not in allowed:
            raise ValidationError({"kind": [f"one of {', '.join(allowed)}"]})
        return kind


def standings_of(request: Any) -> QuerySet[Standing]:
    """Return the standings of the published run within the caller's scope; none before the first night."""
    run = Run.objects.published()
    if run is None:
        return Standing.objects.none()
    return Standing.objects.filter(run=run).visible_to(request.user)
