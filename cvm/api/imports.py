"""/api/v1/imports/: send a file, ask how it fares, confirm it. The same intake as the upload page and the inbox."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from customers.access import staff_of
from customers.importing import guards, intake, spool
from customers.importing.errors import ImportRefused
from customers.importing.spool import Spooled
from customers.importing.templates import template_for
from customers.models import ImportBatch, ImportReject, MappingTemplate
from cvm.api.errors import Conflict, TooLarge
from cvm.api.import_serializers import (
    ConfirmationSerializer,
    ImportFormSerializer,
    ImportSerializer,
    RejectSerializer,
)
from cvm.api.pagination import KeysetPagination
from cvm.api.permissions import HasCapability
from cvm.imports.inbox import AUTOMATIC
from cvm.imports.tasks import send_check, send_commit
from cvm.lib.months import parse_label

KEY = "Idempotency-Key"
LONGEST_KEY = 80
KEY_MEANS = "One per file: sent again with the same file it gives the same answer, with another file 409."
FORM_BYTES = 64 * 1024  # what the other fields of the form may add to the file


class ImportDamaged(ImportRefused):
    words = gettext_noop("%(file)s did not arrive as it was sent: its hash differs. Send it again.")


class Refused(APIException):
    """The file cannot be taken as it is."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "refused"


class NoRoom(APIException):
    """Our disk is full: the same request may succeed later."""

    status_code = status.HTTP_507_INSUFFICIENT_STORAGE
    default_code = "no_room"


class ImportsView(APIView):
    """Send a file. It is checked in the background; ask for it by its id."""

    capability = "imports.push"
    permission_classes = (HasCapability,)
    parser_classes = (MultiPartParser,)
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "imports"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        refuse_large(request)

    @extend_schema(
        parameters=[OpenApiParameter(KEY, str, OpenApiParameter.HEADER, required=True, description=KEY_MEANS)],
        request={"multipart/form-data": ImportFormSerializer},
        responses={202: ImportSerializer, 200: ImportSerializer},
    )
    def post(self, request: Request) -> Response:
        key = _key(request)
        form = ImportFormSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        batch, is_news = _submit(request, form.validated_data, key=key)
        return Response(ImportSerializer(batch).data, status.HTTP_202_ACCEPTED if is_news else status.HTTP_200_OK)


class ImportView(generics.RetrieveAPIView[ImportBatch]):
    """How a file fares, and its receipt."""

    capability = "imports.push"
    permission_classes = (HasCapability,)
    serializer_class = ImportSerializer
    queryset = ImportBatch.objects.select_related("template")


class RejectsView(generics.ListAPIView[ImportReject]):
    """The rows of a file that were not taken, in the order of the file."""

    capability = "imports.push"
    permission_classes = (HasCapability,)
    serializer_class = RejectSerializer
    pagination_class = KeysetPagination
    filter_backends = ()
    queryset = ImportReject.objects.none()
    ordering = ("id",)

    def get_queryset(self) -> QuerySet[ImportReject]:
        return ImportReject.objects.filter(batch=get_object_or_404(ImportBatch, pk=self.kwargs["pk"]))


class ConfirmationView(APIView):
    """Have a checked file stored."""

    capability = "imports.run"
    permission_classes = (HasCapability,)

    @extend_schema(request=ConfirmationSerializer, responses={202: ImportSerializer})
    def post(self, request: Request, pk: int) -> Response:
        batch = get_object_or_404(ImportBatch.objects.select_related("template"), pk=pk)
        said = ConfirmationSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        reason = said.validated_data["override_reason"].strip()
        try:
            with transaction.atomic():
                intake.confirm(batch, by=staff_of(request), now=timezone.now(), override_reason=reason)
                send_commit(pk)
        except ImportRefused as error:
            raise Conflict(str(error), error.code) from error
        return Response(ImportSerializer(batch).data, status.HTTP_202_ACCEPTED)


def refuse_large(request: HttpRequest | Request) -> None:
    """Raise TooLarge by what the request says of its length, before a byte of its body is read."""
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    limit = guards.largest_mb()
    if length > limit * guards.MEGABYTE + FORM_BYTES:
        raise TooLarge(_("The largest file taken has %(limit)s MB.") % {"limit": limit})


def _key(request: Request) -> str:
    key = str(request.headers.get(KEY, "")).strip()
    if not 1 <= len(key) <= LONGEST_KEY or not key.isprintable():
        raise ValidationError({KEY: [_("Send a key of 1 to %(longest)s characters.") % {"longest": LONGEST_KEY}]})
    return key


def _submit(request: Request, said: dict[str, Any], *, key: str) -> tuple[ImportBatch, bool]:
    """Return the import of this file, and False when these bytes had been imported before under another key."""
    file: UploadedFile = said["file"]
    try:
        spooled = spool.take(file.file, name=str(file.name))
        template = _checked(spooled, str(file.name), said)
        with transaction.atomic():
            batch, already = intake.submit(
                spooled,
                file_name=str(file.name),
                source=ImportBatch.Source.API,
                now=timezone.now(),
                by=staff_of(request),
                template=template,
                month=parse_label(said["month"]) if "month" in said else None,
                control=_control(said),
                idempotency_key=key,
            )
            if not already:
                send_check(batch.pk)
    except spool.SpoolFull as error:
        raise NoRoom(str(error), error.code) from error
    except ImportRefused as error:
        raise Refused(str(error), error.code) from error
    is_ours = batch.idempotency_key == key
    if is_ours and (batch.sha256 != spooled.sha256 or batch.kind != template.kind):
        raise Conflict(_("This key has been used for another file."), "key_used")
    return batch, is_ours


def _checked(spooled: Spooled, name: str, said: dict[str, Any]) -> MappingTemplate:
    """Return how the file is to be read; raises ImportRefused, and then no copy stays."""
    try:
        if said.get("sha256", spooled.sha256).lower() != spooled.sha256:
            raise ImportDamaged(file=name)
        guards.kind_of(spool.path_of(spooled.name))
        return template_for(Path(name), kind=said.get("kind", ""), name=said.get("template", ""))
    except BaseException:
        spool.remove(spooled.name)
        raise


def _control(said: dict[str, Any]) -> dict[str, Any]:
    counted: dict[str, Any] = {name: said[name] for name in ("rows", "money_fen") if name in said}
    return {**counted, **(AUTOMATIC if said.get("commit") == "auto" else {})}
