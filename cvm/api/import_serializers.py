"""What the API reads and says about imports."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from customers.importing.checking import spoken_stop
from customers.importing.errors import spoken_error
from customers.importing.receipts import spoken
from customers.masking import HIDDEN, masked_text
from customers.models import ImportBatch, ImportReject, MappingTemplate
from cvm.lib.months import parse_label


class ImportFormSerializer(serializers.Serializer[dict[str, Any]]):
    """A file and what its sender says about it."""

    file = serializers.FileField(allow_empty_file=True, help_text="csv, txt, xlsx, xls or Parquet; csv also as .gz.")
    kind = serializers.ChoiceField(
        MappingTemplate.Kind.choices, required=False, help_text="Told by the file's name when left out."
    )
    template = serializers.CharField(
        max_length=64, required=False, help_text="Name of a mapping template; told by the file's name when left out."
    )
    month = serializers.RegexField(r"^\d{4}-\d{2}$", required=False, help_text="YYYY-MM, for files that do not say.")
    rows = serializers.IntegerField(min_value=0, required=False, help_text="Rows the sender counted.")
    money_fen = serializers.IntegerField(required=False, help_text="Money the sender added up, in fen.")
    sha256 = serializers.RegexField(r"^[0-9a-fA-F]{64}$", required=False, help_text="Hash of the file.")
    commit = serializers.ChoiceField(
        [("auto", "auto")], required=False, help_text="auto: stored without another word when the check has no stops."
    )

    def validate_month(self, value: str) -> str:
        """Refuse a thirteenth month."""
        try:
            parse_label(value)
        except ValueError as error:
            raise serializers.ValidationError(_("Not a month")) from error
        return value


class StopSerializer(serializers.Serializer[dict[str, Any]]):
    """Something the check found that keeps a file from being stored."""

    code = serializers.CharField()
    words = serializers.CharField()
    can_override = serializers.BooleanField()


class ImportErrorSerializer(serializers.Serializer[dict[str, Any]]):
    """Why a file was not taken."""

    code = serializers.CharField()
    words = serializers.CharField()


class ImportSerializer(serializers.ModelSerializer[ImportBatch]):
    """One file and its receipt: rows read = accepted + rejected + duplicate; accepted = new + changed + unchanged."""

    template = serializers.CharField(source="template.name", default=None)
    stops = serializers.SerializerMethodField()
    problem = serializers.SerializerMethodField()

    class Meta:
        model = ImportBatch
        fields = (
            "id",
            "status",
            "kind",
            "template",
            "source",
            "file_name",
            "sha256",
            "size_bytes",
            "month",
            "revision",
            "progress_permille",
            "rows_read",
            "rows_accepted",
            "rows_rejected",
            "rows_duplicate",
            "rows_new",
            "rows_changed",
            "rows_unchanged",
            "money_accepted_fen",
            "money_rejected_fen",
            "stops",
            "problem",
            "started_at",
            "finished_at",
        )

    @extend_schema_field(StopSerializer(many=True))
    def get_stops(self, batch: ImportBatch) -> list[dict[str, Any]]:
        return [
            {"code": stop["code"], "words": spoken_stop(stop), "can_override": stop["can_override"]}
            for stop in batch.preview.get("stops", [])
        ]

    @extend_schema_field(ImportErrorSerializer(allow_null=True))
    def get_problem(self, batch: ImportBatch) -> dict[str, str] | None:
        if not batch.error_code and not batch.error:
            return None
        words = spoken_error(batch.error_code, batch.error_detail) if batch.error_code else batch.error
        return {"code": batch.error_code or "failed", "words": words}


class RejectSerializer(serializers.ModelSerializer[ImportReject]):
    """A row that was not taken; long numbers in it are masked."""

    value = serializers.SerializerMethodField()
    words = serializers.SerializerMethodField()

    class Meta:
        model = ImportReject
        fields = ("sheet", "line", "column", "value", "reason", "words")

    def get_value(self, reject: ImportReject) -> str:
        return masked_text(reject.value) if reject.column else HIDDEN

    def get_words(self, reject: ImportReject) -> str:
        return spoken(reject.reason)


class ConfirmationSerializer(serializers.Serializer[dict[str, Any]]):
    """Why a file is to be stored although its check found stops that can be overridden."""

    override_reason = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
