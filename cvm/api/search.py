"""POST /api/v1/customers/search/: the search box for programs, with the same doors, masks and limits."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from customers.actions import NUMBER_SEARCHES_PER_HOUR
from customers.models import Run
from customers.search import LONGEST, understood
from cvm.api.permissions import HasCapability
from cvm.api.serializers import CustomerSerializer
from cvm.search_page import answer_to


class SearchWordsSerializer(serializers.Serializer[dict[str, Any]]):
    """What to look for: a full number, its last four digits, #id, a user code, a name, a group, or text: words."""

    q = serializers.CharField(max_length=LONGEST)


class PassageSerializer(serializers.Serializer[dict[str, Any]]):
    """A customer found, and the passage of a text it was found by."""

    customer = CustomerSerializer()
    passage = serializers.CharField()


class SearchAnswerSerializer(serializers.Serializer[dict[str, Any]]):
    """Whom the words found; `has_more` when the list was cut."""

    results = PassageSerializer(many=True)
    has_more = serializers.BooleanField()


class CustomerSearchView(APIView):
    """Find customers. Words travel in the body only; a search by full number is noted and limited."""

    capability = "customers.search"
    permission_classes = (HasCapability,)

    @extend_schema(request=SearchWordsSerializer, responses=SearchAnswerSerializer)
    def post(self, request: Request) -> Response:
        words = SearchWordsSerializer(data=request.data)
        words.is_valid(raise_exception=True)
        answer = answer_to(understood(words.validated_data["q"]), user=request.user, run=Run.objects.published())
        if answer.is_limited:
            raise Throttled(detail=_too_many())
        rows = [{"customer": row.customer, "passage": row.passage} for row in answer.rows]
        found = {"results": rows, "has_more": answer.found.has_more}
        return Response(SearchAnswerSerializer(found, context={"request": request}).data)


def _too_many() -> str:
    words = gettext("You have searched for %(limit)s numbers within an hour. Wait a little before the next.")
    return words % {"limit": NUMBER_SEARCHES_PER_HOUR}
