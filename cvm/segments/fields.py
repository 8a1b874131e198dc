"""What a segment's rule may ask about: the allow-list, with the condition each field puts on a standing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.lookups import GreaterThan, In
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from callcenter.models import Contact
from customers.access import can
from customers.facets import FACETS, MOST, SHIFT
from customers.models import (
    Branch,
    Bundle,
    Complaint,
    Customer,
    CustomerTag,
    Event,
    Need,
    NeedKind,
    Run,
    Staff,
    Standing,
    Tag,
)
from customers.needs import OPEN
from cvm.lib.months import month_of, parse_label
from lifecycle import stage_terms
from lifecycle.models import MomentKind, Stage, StageDetail
from lifecycle.queries import stood_in
from retention.models import WarningLevel
from segmentation.models import Band, Code, CohortState, Layer, Segment, SegmentMember
from segmentation.segments import CHOICE, DAYS, EVENTS, MONTH, NUMBER, Catalogue, Condition, Field

OURS = OuterRef("customer_id")
# facets of the night a rule may ask about; brand and payment it reads from the profile as it is now
ASKED_FACETS = ("structure", "bundling", "group", "products", "credit")
MONTHS_NAMED = 24  # a rule may outlive the months a run tells; then it lets nobody through


def catalogue(user: Staff) -> Catalogue:
    """Return the fields this person may ask about, with the values each can take."""
    sees_value = can(user, "customers.see_value")
    segments = Segment.objects.filter(is_active=True).visible_to(user)
    return {field.name: field for field in _fields(segments) if sees_value or not field.is_secret}


def whole_catalogue() -> Catalogue:
    """Return all fields, for rules that were checked when they were saved."""
    return {field.name: field for field in _fields(Segment.objects.all())}


def standings(run: Run, *, condition: Q) -> QuerySet[Standing]:
    """Return the standings of a run that a condition lets through; every reader adds whose customers they see."""
    return Standing.objects.filter(condition, run=run)


def _fields(segments: QuerySet[Segment]) -> Iterable[Field]:
    yield from _standing_fields()
    yield from _facet_fields()
    yield from _profile_fields()
    yield from _life_fields()
    names = dict(segments.order_by("name", "pk").values_list("pk", "name"))
    yield Field("segment", _("Segment"), CHOICE, _of_segment, names)


def _standing_fields() -> Iterable[Field]:
    counties = Branch.objects.filter(kind=Branch.Kind.COUNTY).order_by("code", "pk")
    managers = Staff.objects.filter(role=Staff.Role.PHONE_MANAGER, is_active=True).order_by("display_name", "pk")
    yield Field("band", _("Band"), CHOICE, _one_of("band"), dict(Band.choices), is_secret=True)
    yield Field("code", _("Code"), CHOICE, _one_of("code"), dict(Code.choices), is_secret=True)
    yield Field("layer", _("Layer"), CHOICE, _one_of("layer"), dict(Layer.choices), is_secret=True)
    yield Field("stage", _("Stage"), CHOICE, _one_of("stage"), dict(Stage.choices))
    yield Field("stage_at", _("Stage at a month end"), CHOICE, _stage_at, _stages_at())
    yield Field("stage_detail", _("Stage in detail"), CHOICE, _one_of("stage_detail"), dict(StageDetail.choices))
    yield Field("warning", _("Warning"), CHOICE, _one_of("warning"), dict(WarningLevel.choices))
    yield Field("cohort", _("Cohort"), CHOICE, _one_of("cohort_state"), dict(CohortState.choices), is_secret=True)
    yield Field("entry", _("Entered the cohort in"), MONTH, _entered, is_secret=True)
    yield Field("state", _("State"), CHOICE, _one_of("state"), dict(Customer.State.choices))
    yield Field("county", _("County"), CHOICE, _one_of("county_id"), {one.pk: one.name for one in counties})
    yield Field("manager", _("Phone manager"), CHOICE, _one_of("manager_id"), {one.pk: str(one) for one in managers})
    yield Field("revenue", _("3-month revenue"), NUMBER, _number("cum3_fen"), unit="fen", is_secret=True)
    yield Field("year", _("12-month revenue"), NUMBER, _number("sum12_fen"), unit="fen", is_secret=True)
    yield Field("arpu", _("Newest bill"), NUMBER, _number("arpu_fen"), unit="fen", is_secret=True)
    yield Field("tenure", _("Months on network"), NUMBER, _number("tenure_months"))
    yield Field("score", _("Churn score"), NUMBER, _number("score"))
    yield Field("kept", _("Expected kept"), NUMBER, _number("kept_fen"), unit="fen", is_secret=True)
    yield Field("growth", _("Spend growth"), NUMBER, _number("growth_bp"), unit="bp")


def _facet_fields() -> Iterable[Field]:
    for name in ASKED_FACETS:
        words, choices = FACETS[name]
        yield Field(name, words, CHOICE, _facet(name), dict(choices.choices))


def _profile_fields() -> Iterable[Field]:
    yield Field("fee", _("Plan fee"), NUMBER, _number("customer__plan_fee_fen"), unit="fen")
    yield Field("brand", _("Brand"), CHOICE, _one_of("customer__brand"), dict(Customer.Brand.choices))
    yield Field("payment", _("Payment"), CHOICE, _one_of("customer__pay_mode"), dict(Customer.PayMode.choices))


def _life_fields() -> Iterable[Field]:
    kinds = list(MomentKind.objects.order_by("bit"))
    bits = {kind.code: kind.bit for kind in kinds}
    tags = {tag.code: tag.name for tag in Tag.objects.filter(is_active=True).order_by("code")}
    needs = {kind.code: kind.name for kind in NeedKind.objects.filter(is_active=True).order_by("code")}
    moments: dict[int | str, Any] = {kind.code: f"{kind.code} {kind.name}" for kind in kinds}
    yield Field("moment", _("Key moment"), CHOICE, _moment(bits), moments)
    yield Field("tag", _("Tag"), CHOICE, _tagged, tags)
    yield Field("need", _("Open need"), CHOICE, _needing, needs)
    yield Field("event", _("Event"), EVENTS, _event, dict(Event.Kind.choices))
    yield Field("complaint", _("Complaint"), DAYS, _complained)
    yield Field("untouched", _("No outbound contact"), DAYS, _untouched)
    yield Field("bundle", _("A bundle ends"), DAYS, _bundle_ends)


def _stages_at() -> dict[int | str, str]:
    """Return every stage of the last months as a word of lifecycle/stage_terms.py, the newest month first."""
    newest = Run.objects.filter(is_current=True).values_list("month", flat=True).first()
    months = [month_of(newest) - back for back in range(MONTHS_NAMED)] if newest else []
    words = [stage_terms.term(month, stage) for month in months for stage in stage_terms.NAMES]
    return {word: stage_terms.in_words(word) for word in words}


def _stage_at(_op: str, value: list[str], run: Run) -> Q:
    terms = [stage_terms.parsed(word) for word in value]
    return reduce(or_, (stood_in(run, month=month, stages=stages) for month, stages in terms))


def _one_of(column: str) -> Condition:
    return lambda _op, value, _run: Q(**{f"{column}__in": value})


def _facet(name: str) -> Condition:
    code = F("facets").bitrightshift(SHIFT[name]).bitand(MOST)
    return lambda _op, value, _run: Q(In(code, value))


def _number(column: str) -> Condition:
    lookups = {"at_least": "gte", "below": "lt", "between": "range"}
    return lambda op, value, _run: Q(**{f"{column}__{lookups[op]}": value})


def _entered(_op: str, value: list[str], _run: Run) -> Q:
    return Q(cohort_entry__in=[parse_label(month) for month in value])


def _moment(bits: dict[str, int]) -> Condition:
    def found(_op: str, value: list[str], _run: Run) -> Q:
        wanted = sum({1 << bits[code] for code in value if code in bits})  # a kind may be gone since
        return Q(GreaterThan(F("moments").bitand(wanted), 0))

    return found


def _tagged(_op: str, value: list[str], run: Run) -> Q:
    carried = CustomerTag.objects.in_force(run.as_of).filter(tag__code__in=value, tag__is_active=True)
    return _has(carried)


def _needing(_op: str, value: list[str], _run: Run) -> Q:
    return _has(Need.objects.filter(kind__code__in=value, status__in=OPEN))


def _event(_op: str, value: dict[str, Any], run: Run) -> Q:
    found = Event.objects.filter(kind__in=value["kinds"], occurred_at__range=_last_days(run, value["days"]))
    return _has(found)


def _complained(_op: str, value: int, run: Run) -> Q:
    return _has(Complaint.objects.filter(opened_at__range=_last_days(run, value)))


def _untouched(_op: str, value: int, run: Run) -> Q:
    """Let through whom nobody of ours tried to reach, answered or not."""
    return ~_has(Contact.objects.filter(is_outbound=True, started_at__range=_last_days(run, value)))


def _bundle_ends(_op: str, value: int, run: Run) -> Q:
    until = run.as_of + dt.timedelta(days=value)
    running = Bundle.objects.filter(status=Bundle.Status.ACTIVE, end_date__range=(run.as_of, until))
    return _has(running)


def _of_segment(_op: str, value: list[int], run: Run) -> Q:
    return Q(Exists(SegmentMember.objects.filter(segment_id__in=value, run=run, customer_id=OURS)))


def _has(rows: QuerySet[Any, Any]) -> Q:
    """Let through who has such a row; what an alias has its main record has.

    Two questions, because aliases are few and a join of all the rows with their customers is not.
    """
    of_aliases = rows.filter(customer__merged_into__isnull=False).values("customer__merged_into_id")
    return Q(Exists(rows.filter(customer_id=OURS))) | Q(customer_id__in=of_aliases)


def _last_days(run: Run, days: int) -> tuple[dt.datetime, dt.datetime]:
    """Return the instants of the last so many days up to the end of the day the run is of."""
    end = timezone.make_aware(dt.datetime.combine(run.as_of + dt.timedelta(days=1), dt.time()))
    return end - dt.timedelta(days=days), end - dt.timedelta(microseconds=1)
