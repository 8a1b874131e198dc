"""The stages over time for other systems: the numbers of the page, behind the doors of the customer list."""

from __future__ import annotations

from typing import Any

from django.http import Http404, QueryDict
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from customers.access import Scope, scope_of
from customers.models import Run
from cvm.api.permissions import HasCapability
from cvm.filters import StandingFilter
from cvm.lib.months import label
from cvm.stages.measures import Measures
from cvm.stages.view import UnknownQuestion, View, view_of
from lifecycle.journeys import BACK_WITHIN, Int64
from lifecycle.models import Stage

MONTHS = [
    OpenApiParameter("from", str, description="First month end, YYYY-MM; a month before the newest by default."),
    OpenApiParameter("to", str, description="Second month end, YYYY-MM; the newest by default."),
]
FILTERS = [OpenApiParameter(name, str, required=False) for name in StandingFilter.base_filters]


class FlowSerializer(serializers.Serializer[dict[str, int]]):
    """Customers from one stage (0 = not with us yet) to another, with their bills of both months in fen."""

    before = serializers.IntegerField()
    after = serializers.IntegerField()
    customers = serializers.IntegerField()
    before_fen = serializers.IntegerField()
    after_fen = serializers.IntegerField()


class StageFlowSerializer(serializers.Serializer[dict[str, Any]]):
    """All flows between two month ends; every customer of the list stands in exactly one."""

    run = serializers.IntegerField()
    as_of = serializers.DateField()
    start = serializers.CharField()
    end = serializers.CharField()
    months = serializers.ListField(child=serializers.CharField(), help_text="The months told, newest first.")
    flows = FlowSerializer(many=True)


class LastingSerializer(serializers.Serializer[dict[str, int]]):
    """Who could leave a stage after so many months in it, who did, and who of them for exit."""

    stage = serializers.IntegerField()
    months = serializers.IntegerField()
    at_risk = serializers.IntegerField()
    left = serializers.IntegerField()
    left_for_exit = serializers.IntegerField()


class FlappingSerializer(serializers.Serializer[dict[str, Any]]):
    """Who left a stage in a month, and who of them was back in it after one, two and three months."""

    month = serializers.CharField()
    stage = serializers.IntegerField()
    left = serializers.IntegerField()
    back = serializers.ListField(child=serializers.IntegerField())


class ExitSerializer(serializers.Serializer[dict[str, Any]]):
    """Who went into exit in a month, who of them is in another stage now, and their revenue of three months."""

    month = serializers.CharField()
    exited = serializers.IntegerField()
    returned = serializers.IntegerField()
    revenue_fen = serializers.IntegerField()


class StageMeasuresSerializer(serializers.Serializer[dict[str, Any]]):
    """The measures of the stages as counts; rates are left to the reader."""

    run = serializers.IntegerField()
    as_of = serializers.DateField()
    lasting = LastingSerializer(many=True)
    flapping = FlappingSerializer(many=True)
    exits = ExitSerializer(many=True)


class StagesView(APIView):
    """What both endpoints share: the published run, the filters of the customer list, the caller's scope."""

    capability = "customers.list"
    permission_classes = (HasCapability,)

    def view(self, request: Request) -> View:
        """Return what the address asks; raises Http404 before the first night and ValidationError."""
        run = Run.objects.published()
        if run is None:
            raise Http404
        query: QueryDict = request.query_params
        try:
            return view_of(request, query, run, county_ids=_counties(query.get("county", ""), scope_of(request.user)))
        except UnknownQuestion as error:
            raise ValidationError({error.name: ["unknown"]}) from error


class StageFlowView(StagesView):
    """Who went from which stage to which between two month ends; takes the filters of the customer list."""

    @extend_schema(parameters=[*MONTHS, *FILTERS], responses=StageFlowSerializer)
    def get(self, request: Request) -> Response:
        view = self.view(request)
        if view.start >= view.end:
            raise ValidationError({"from": ["before `to`"]})
        flows = [
            {"before": before, "after": after, **vars(flow)} for (before, after), flow in sorted(view.flows().items())
        ]
        answer = {
            **_of(view),
            "start": label(view.start),
            "end": label(view.end),
            "months": [label(month) for month in view.months],
            "flows": flows,
        }
        return Response(StageFlowSerializer(answer).data)


class StageMeasuresView(StagesView):
    """How long stages last, who flaps and who comes back; takes the filters of the customer list."""

    @extend_schema(parameters=FILTERS, responses=StageMeasuresSerializer)
    def get(self, request: Request) -> Response:
        view = self.view(request)
        found = view.measures(whole_counties=scope_of(request.user).manager_id is None)
        if found is None:
            raise Http404
        answer = {**_of(view), "lasting": _lasting(found.lasting), **_comings_and_goings(found, view)}
        return Response(StageMeasuresSerializer(answer).data)


def _counties(only: str, scope: Scope) -> list[int] | None:
    """Return the counties asked for, as far as the caller sees them; None for all."""
    if not only.isdecimal():
        return None if scope.is_everything else list(scope.county_ids)
    return [int(only)] if scope.is_everything or int(only) in scope.county_ids else []


def _of(view: View) -> dict[str, Any]:
    return {"run": view.run.pk, "as_of": view.run.as_of}


def _lasting(counted: Int64) -> list[dict[str, int]]:
    return [
        {
            "stage": int(stage),
            "months": months,
            "at_risk": int(counted[0, stage, months]),
            "left": int(counted[1, stage, months]),
            "left_for_exit": int(counted[2, stage, months]),
        }
        for stage in Stage
        for months in range(1, counted.shape[2])
        if counted[0, stage, months]
    ]


def _comings_and_goings(found: Measures, view: View) -> dict[str, Any]:
    flapping = [
        {
            "month": label(view.newest - BACK_WITHIN - index),
            "stage": int(stage),
            "left": int(found.flapping[index, stage, 0]),
            "back": found.flapping[index, stage, 1:].tolist(),
        }
        for index in range(len(found.flapping))
        for stage in Stage
        if found.flapping[index, stage, 0]
    ]
    exits = [
        {"month": label(month), **dict(zip(("exited", "returned", "revenue_fen"), counts, strict=True))}
        for month, counts in zip(view.months[:-1], found.leaving.tolist(), strict=False)
    ]
    return {"flapping": flapping, "exits": exits}
