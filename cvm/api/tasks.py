"""/api/v1/tasks/: one schema for desk, hall, account manager, hotline and the senders of messages (DOMAIN 2.3)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from callcenter import task_actions
from callcenter.dispatching import RELATED, tasks_of
from callcenter.models import Dispatch
from callcenter.task_forms import TaskFilter
from callcenter.verdicts import home_verdicts
from customers.access import staff_of
from cvm.api.errors import Conflict
from cvm.api.pagination import KeysetPagination
from cvm.api.permissions import HasCapability

FILTERS = [OpenApiParameter(name, str, required=False) for name in TaskFilter.base_fields]


@extend_schema_view(get=extend_schema(parameters=FILTERS, responses={200: dict}))
class TasksView(generics.ListAPIView[Dispatch]):
    """Tasks within the caller's scope, due first; without `state` the open ones. `channel` and `state=outbox` for senders."""

    capability = "tasks.view"
    permission_classes = (HasCapability,)
    pagination_class = KeysetPagination
    filter_backends = ()
    queryset = Dispatch.objects.none()
    ordering = ("due_at", "id")

    def get_queryset(self) -> QuerySet[Dispatch]:
        chosen = TaskFilter(self.request.query_params)
        if not chosen.is_valid():
            raise ValidationError({name: list(messages) for name, messages in chosen.errors.items()})
        seen = Dispatch.objects.visible_to(staff_of(self.request))
        return seen.filter(chosen.where(at=timezone.now())).select_related(*RELATED)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        rows, at = page or [], timezone.now()
        tasks = tasks_of(rows, user=staff_of(request), at=at, verdicts=home_verdicts(rows, at=at))
        return self.get_paginated_response(tasks)


class TaskSentView(APIView):
    """A sender delivered the message of a task of the outbox. Asks the contact gate; 409 with its rule when it says no."""

    capability = "tasks.send"
    permission_classes = (HasCapability,)

    @extend_schema(request=None, responses={200: dict})
    def post(self, request: Request, pk: int) -> Response:
        seen = Dispatch.objects.visible_to(staff_of(request)).select_related(*RELATED)
        task, at = get_object_or_404(seen, pk=pk), timezone.now()
        try:
            task_actions.mark_sent(task, by=staff_of(request), at=at)
        except task_actions.NotAMessage as error:
            raise ValidationError({"channel": [_("Only messages are sent; this task goes another way.")]}) from error
        except task_actions.MayNotContact as forbidden:
            raise Conflict({"rule": forbidden.verdict.rule, "words": forbidden.verdict.message}) from forbidden
        except task_actions.NotOpen as gone:
            raise Conflict(_("Somebody else took or closed this task meanwhile.")) from gone
        task.refresh_from_db()
        return Response(tasks_of([task], user=staff_of(request), at=at)[0])
