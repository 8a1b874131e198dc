"""What the API says about each noun; names as in docs/GLOSSARY.md, money in fen, values only by role."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from callcenter.models import QueueItem
from customers.access import can
from customers.masking import masked_number, visible_name
from customers.models import Customer, Run, Standing

SECRET = ("band", "previous_band", "code", "layer", "cohort_state", "cohort_entry", "kept_fen")


class CustomerSerializer(serializers.ModelSerializer[Customer]):
    """A customer's profile with number and name masked by role."""

    msisdn = serializers.SerializerMethodField(help_text="Masked phone number.")
    name = serializers.SerializerMethodField(help_text="Name as far as the caller's role may see it.")

    class Meta:
        model = Customer
        fields = (
            "id",
            "user_code",
            "msisdn",
            "name",
            "join_date",
            "county",
            "hall",
            "brand",
            "plan_name",
            "plan_fee_fen",
            "state",
            "leave_date",
            "is_signed",
            "star_level",
            "manager",
        )

    def get_msisdn(self, customer: Customer) -> str:
        return masked_number(customer.msisdn)

    def get_name(self, customer: Customer) -> str:
        return visible_name(customer.name, user=self.context["request"].user)


class StandingSerializer(serializers.ModelSerializer[Standing]):
    """What the published run says about one customer; value columns only for roles that may see them."""

    run = serializers.IntegerField(source="run_id")
    customer = serializers.IntegerField(source="customer_id")

    class Meta:
        model = Standing
        fields = (
            "run",
            "customer",
            "county_id",
            "manager_id",
            "state",
            "tenure_months",
            "arpu_fen",
            "cum3_fen",
            *SECRET,
            "low_months",
            "stage",
            "stage_reason",
            "stage_since",
            "stage_detail",
            "stage_months",
            "growth_bp",
            "moments",
            "churn_ppm",
            "score",
            "warning",
            "reason_1",
            "reason_2",
            "reason_3",
            "value_1",
            "value_2",
            "value_3",
            "offer_id",
        )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None and not can(request.user, "customers.see_value"):
            for name in SECRET:
                del fields[name]
        return fields


class RunSerializer(serializers.ModelSerializer[Run]):
    """One night: when, over what, how far, with which policy versions."""

    class Meta:
        model = Run
        fields = (
            "id",
            "as_of",
            "month",
            "status",
            "stage",
            "is_current",
            "started_at",
            "finished_at",
            "policies",
            "customers",
            "error",
        )


class CellSerializer(serializers.Serializer[dict[str, int]]):
    """One cell of a rollup: customers and three-month revenue by one or two dimensions."""

    row = serializers.IntegerField()
    column = serializers.IntegerField()
    customers = serializers.IntegerField()
    revenue_fen = serializers.IntegerField()


class SegmentCountsSerializer(serializers.Serializer[dict[str, Any]]):
    """All cells of one rollup of the published run, within the caller's counties."""

    run = serializers.IntegerField()
    as_of = serializers.DateField()
    kind = serializers.CharField()
    cells = CellSerializer(many=True)


class QueueItemSerializer(serializers.ModelSerializer[QueueItem]):
    """One customer to call today, in order."""

    class Meta:
        model = QueueItem
        fields = ("id", "customer", "manager", "rank", "level", "moment_bits", "offer_id", "kept_fen", "status")
