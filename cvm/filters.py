"""Which customers: one FilterSet over the standings of a run, for the list page and the API alike."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_filters.fields import MultipleChoiceField
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from callcenter.models import CallListEntry
from customers.access import can
from customers.facets import FACETS, MOST, SHIFT
from customers.models import Customer, Run, Standing
from customers.needs import with_need
from customers.queries import one_of
from customers.tags import carriers
from cvm.experiments import parts
from cvm.ledger import terms
from cvm.segments import members
from lifecycle import stage_terms
from lifecycle.models import MomentKind, Stage, StageDetail
from lifecycle.queries import NOBODY, stood_in
from retention.models import WarningLevel
from segmentation import ladder_lists
from segmentation.edge import KINDS
from segmentation.models import Band, ChannelSteering, Code, CohortState, Department, Layer, Segment, TierPolicy
from segmentation.owners import layers_of
from segmentation.panels import PROTECTIONS
from segmentation.queries import entered_in, standing_in
from segmentation.steering import BY_ITSELF, PERSONAL
from segmentation.tiers import TierThresholds

# need customers.see_value
SECRET = (
    *("band", "previous_band", "moved", "code", "layer", "cohort", "entry", "ledger", "segment", "steering"),
    *("edge", "ladder", "owner"),
)

# name in the address -> order; every order ends in the customer's id, so that pages never overlap
SORTS = {
    "-kept": ("kept_fen", True),
    "-value": ("cum3_fen", True),
    "-risk": ("churn_ppm", True),
    "tenure": ("tenure_months", False),
}
DEFAULT_SORT = "-kept"

# How a customer moved on the ladder since the month before
MOVES = {
    "up": Q(previous_band__gt=0, band__gt=F("previous_band")),
    "down": Q(band__gt=0, band__lt=F("previous_band")),
    "left": Q(previous_band__gt=0, band=0),
    "joined": Q(previous_band=0, band__gt=0),
}
MOVE_NAMES = (("up", _("Up")), ("down", _("Down")), ("left", _("Left the network")), ("joined", _("New or back")))
SPARED = "spared-"
# how a code C customer whom people serve could be served, or which clause keeps them with people
STEERING = (
    ("served", _("served by people")),
    ("personal", _("stays with people")),
    ("app", _("would accept the app")),
    ("sms", _("would accept text messages")),
    ("ivr", _("would accept the voice menu")),
    *((f"{SPARED}{clause}", words) for clause, words in PROTECTIONS.items()),
)
# kind of edge in the address -> its words (segmentation/edge.py)
EDGES = {
    "fall": _("expected to fall, within reach"),
    "drop": _("expected to fall, beyond reach"),
    "thin": _("stays by a thin margin"),
    "lift": _("a nudge below the line"),
    "rise": _("expected to rise"),
}
LADDER = {
    "up": _("would rise"),
    "down": _("would fall"),
    "moved": _("would move"),
    "near": _("just below the mid line"),
    "better": _("would get a better code"),
    "worse": _("would get a worse code"),
    "turned": _("would get another code"),
}
YES_NO = (("1", _("yes")), ("0", _("no")))


class IntegerIn(django_filters.TypedMultipleChoiceFilter):
    """One or several values of a numbered choice; given twice in the address means either."""

    def __init__(self, field: str, choices: Any, label: Any) -> None:
        super().__init__(field_name=field, choices=choices, coerce=int, label=label)


class FacetIn(IntegerIn):
    """One or several codes of one facet of the night (customers/facets.py)."""

    def __init__(self, name: str) -> None:
        label, choices = FACETS[name]
        super().__init__("facets", choices.choices, label)
        self.shift = SHIFT[name]

    def filter(self, qs: QuerySet[Standing], value: list[int]) -> QuerySet[Standing]:
        """Keep those whose code is one of these."""
        if not value:
            return qs
        code = F("facets").bitrightshift(self.shift).bitand(MOST)
        return qs.alias(**{f"facet_{self.shift}": code}).filter(**{f"facet_{self.shift}__in": value})


class _StagesAt(MultipleChoiceField):
    """Words of lifecycle/stage_terms.py instead of a list of choices."""

    def valid_value(self, value: Any) -> bool:
        return stage_terms.is_term(str(value))


@extend_schema_field(OpenApiTypes.STR)
class StagesAt(django_filters.MultipleChoiceFilter):
    """Stages at month ends; given twice in the address means both, unlike the other filters of several values."""

    field_class = _StagesAt


class StandingFilter(django_filters.FilterSet):
    """The parameters of a customer list; `request.user` decides which of them exist."""

    band = IntegerIn("band", Band.choices, _("Band"))
    previous_band = IntegerIn("previous_band", Band.choices, _("Band a month earlier"))
    moved = django_filters.ChoiceFilter(choices=MOVE_NAMES, method="by_move", label=_("Moved this month"))
    stage = IntegerIn("stage", Stage.choices, _("Stage"))
    stage_at = StagesAt(method="by_stage_at", label=_("Stage at a month end"))
    stage_detail = IntegerIn("stage_detail", StageDetail.choices, _("Stage in detail"))
    warning = IntegerIn("warning", WarningLevel.choices, _("Warning"))
    layer = IntegerIn("layer", Layer.choices, _("Layer"))
    owner = django_filters.ChoiceFilter(choices=Department.choices, method="by_owner", label=_("Owner department"))
    card = IntegerIn("customer__vip_card", Customer.VipCard.choices, _("Card"))
    code = IntegerIn("code", Code.choices, _("Code"))
    cohort = IntegerIn("cohort_state", CohortState.choices, _("Cohort"))
    entry = django_filters.CharFilter(method="by_entry", label=_("Entered the cohort in"))
    ledger = django_filters.CharFilter(method="by_ledger", label=_("Cohort ledger"))
    state = IntegerIn("state", Customer.State.choices, _("State"))
    county = django_filters.NumberFilter(field_name="county_id", label=_("County"))
    manager = django_filters.NumberFilter(field_name="manager_id", label=_("Phone manager"))
    moment = django_filters.CharFilter(method="by_moment", label=_("Key moment"))
    tag = django_filters.CharFilter(method="by_tag", label=_("Tag"))
    need = django_filters.CharFilter(method="by_need", label=_("Need"))
    brand = FacetIn("brand")
    tenure_band = FacetIn("tenure_band")
    structure = FacetIn("structure")
    bundling = FacetIn("bundling")
    group = FacetIn("group")
    payment = FacetIn("payment")
    products = FacetIn("products")
    credit = FacetIn("credit")
    call_list = django_filters.NumberFilter(method="by_call_list", label=_("Call list"))
    experiment = django_filters.CharFilter(method="by_experiment", label=_("Test of offers"))
    edge = django_filters.CharFilter(method="by_edge", label=_("Near the edge"))
    ladder = django_filters.CharFilter(method="by_ladder", label=_("Version of the ladder"))
    segment = django_filters.ChoiceFilter(choices=(), method="by_segment", label=_("Segment"))
    steering = django_filters.ChoiceFilter(choices=STEERING, method="by_steering", label=_("Way of service"))
    in_network = django_filters.TypedChoiceFilter(
        choices=YES_NO, coerce="1".__eq__, method="by_network", label=_("On the network")
    )

    class Meta:
        model = Standing
        fields: list[str] = []

    def __init__(self, data: Any = None, queryset: Any = None, *, request: Any = None, prefix: Any = None) -> None:
        super().__init__(None if data is None else filled(data), queryset, request=request, prefix=prefix)
        if request is None or not can(request.user, "customers.see_value"):
            for name in SECRET:
                self.filters.pop(name)
        if "ladder" in self.filters and not can(request.user, "tiers.view"):
            self.filters.pop("ladder")
        if request is None or not can(request.user, "experiments.view"):
            self.filters.pop("experiment")
        if "segment" in self.filters and "segment" in self.data:
            chosen = self.filters["segment"]
            chosen.extra["choices"] = segment_choices(request.user)
            vars(chosen).pop(
                "_field", None
            )  # made from the class's filter once the API's schema was read, without choices
        if "ledger" in self.filters and "ledger" in self.data:
            self.form.fields["ledger"].choices = [
                (self.data["ledger"], terms.ledger_words(self.data["ledger"]))
            ]  # the chip
        if "stage_at" in self.data:
            self.form.fields["stage_at"].choices = [
                (term, stage_terms.in_words(term)) for term in self.data.getlist("stage_at")
            ]
        for name, words in (("edge", edge_words), ("ladder", _version_words), ("experiment", parts.in_words)):
            if name in self.filters and name in self.data:
                self.form.fields[name].choices = [(self.data[name], words(self.data[name]))]

    def is_valid(self) -> bool:
        """Check the parameters; words to search for are refused, because an address is no place for a name."""
        valid: bool = super().is_valid()
        if "q" in self.data:
            self.form.add_error(None, gettext("Names and numbers are not searched by address: use the search box."))
            return False
        return valid

    def by_owner(self, standings: QuerySet[Standing], _name: str, value: str) -> QuerySet[Standing]:
        """Keep those whose layer this department looks after."""
        return standings.filter(layer__in=layers_of(value))

    def by_entry(self, standings: QuerySet[Standing], _name: str, value: str) -> QuerySet[Standing]:
        """Keep those who entered the cohort in this month: YYYY-MM, of an older cohort YYYY-MM:YEAR, or as signed."""
        run = self._run()
        try:
            month, year, places = terms.entry_cell(value)
        except ValueError:
            return standings.none()
        if places is not None:
            return terms.signed_in(standings, year, what="", month=None, entry=month, places=places)
        return entered_in(standings, run=run, month=month, year=year) if run else standings

    def by_ledger(self, standings: QuerySet[Standing], _name: str, value: str) -> QuerySet[Standing]:
        """Keep those who stand in a number of the cohort's ledger: YYYY-MM:WHAT, see LEDGER; of an older year …:YEAR.

        As it was signed: …:YEAR:signed, see cvm/ledger/signed.py.
        """
        run = self._run()
        try:
            month, what, year, places = terms.ledger_cell(value)
        except ValueError:
            return standings.none()
        if places is not None:
            return terms.signed_in(standings, year, what=what, month=month, entry=None, places=places)
        return standing_in(standings, run=run, month=month, what=what, year=year) if run else standings.none()

    def by_stage_at(self, standings: QuerySet[Standing], _name: str, values: list[str]) -> QuerySet[Standing]:
        """Keep those who were in these stages at all of these month ends (lifecycle/stage_terms.py)."""
        run = Run.objects.filter(pk__in=self.queryset.order_by().values("run_id")[:1]).first() if values else None
        for value in values:
            month, stages = stage_terms.parsed(value)
            standings = standings.filter(stood_in(run, month=month, stages=stages) if run else NOBODY)
        return standings

    def by_move(self, standings: QuerySet[Standing], _name: str, value: str) -> QuerySet[Standing]:
        """Keep those who moved this way on the value ladder since last month."""
        return standings.filter(MOVES[value])

    def by_moment(self, standings: QuerySet[Standing], _name: str, value: str) -> QuerySet[Standing]:
        """Keep those for whom the night found this key moment (its code)."""
        bit = MomentKind.objects.filter(code=value).values_list("bit", flat=True).first()
        if bit is None:
            return standings.none()
        return standings.alias(has_moment=F("moments").bitand(1 << bit)).filter(has_moment__gt=0)

    def by_tag(self, standings: QuerySet[Standing], _name: str, value: str) -> QuerySet[Standing]:
        """Keep those who carry this tag (its code) today."""
        return standings.filter(customer_id__in=carriers(value, on=timezone.localdate()))

    def by_need(self, standings: QuerySet[Standing], _name: str, value: str) -> QuerySet[Standing]:
        """Keep those with a need of this kind at this step: KIND:STATUS, KIND:open, KIND:suggested, or KIND alone."""
        return standings.filter(customer_id__in=with_need(value))

    def by_call_list(self, standings: QuerySet[Standing], _name: str, value: int) -> QuerySet[Standing]:
        """Keep the customers of a call list."""
        entries = CallListEntry.objects.filter(call_list_id=int(value), customer_id=OuterRef("customer_id"))
        return standings.filter(Exists(entries))

    def by_edge(self, standings: QuerySet[Standing], _name: str, value: str) -> QuerySet[Standing]:
        """Keep those at an edge of the ladder of the run: KIND, or KIND:LINE with the band above the line."""
        run = self._run()
        kind, _colon, line = value.partition(":")
        if run is None or kind not in KINDS or line not in ("", "2", "3", "4", "5"):
            return standings.none()
        ids = ladder_lists.at_edge(
            run.pk, TierThresholds(**run.plan["tier"]), kind=KINDS[kind], line=int(line) if line else 0
        )
        return standings.filter(one_of("customer_id", ids))

    def by_ladder(self, standings: QuerySet[Standing], _name: str, value: str) -> QuerySet[Standing]:
        """Keep those a version of the ladder moves or holds: VERSION:WHAT, see segmentation/ladder_lists.py."""
        run = self._run()
        version, _colon, what = value.partition(":")
        if run is None or not version.isdecimal():
            return standings.none()
        try:
            return standings.filter(one_of("customer_id", ladder_lists.behind(run.pk, int(version), what)))
        except (ladder_lists.UnknownCell, TierPolicy.DoesNotExist):
            return standings.none()

    def by_experiment(self, standings: QuerySet[Standing], _name: str, value: str) -> QuerySet[Standing]:
        """Keep the customers behind a number of a test's page: ID:ARM:PART, see cvm/experiments/parts.py."""
        mains = parts.mains_in(value, user=self.request.user)
        return standings.none() if mains is None else standings.filter(customer_id__in=mains)

    def _run(self) -> Run | None:
        return Run.objects.filter(pk__in=self.queryset.order_by().values("run_id")[:1]).first()

    def by_segment(self, standings: QuerySet[Standing], _name: str, value: str) -> QuerySet[Standing]:
        """Keep the members of a segment: ID; or those who came or went since the day before: ID:entered, ID:left."""
        run = self._run()
        pk, _, part = value.partition(":")
        return members.listed(standings, segment=int(pk), run=run, part=part) if run else standings.none()

    def by_steering(self, standings: QuerySet[Standing], _name: str, value: str) -> QuerySet[Standing]:
        """Keep the code C customers whom people serve and who would accept this way, or are spared for this reason."""
        found = ChannelSteering.objects.filter(run_id__in=self.queryset.order_by().values("run_id")[:1])
        if value.startswith(SPARED):
            found = found.alias(clause=F("protection").bitand(int(value.removeprefix(SPARED)))).filter(clause__gt=0)
        elif value in (*BY_ITSELF, "personal"):
            found = found.filter(way=PERSONAL if value == "personal" else value)
        return standings.filter(customer_id__in=found.values("customer_id"))

    def by_network(self, standings: QuerySet[Standing], _name: str, value: bool) -> QuerySet[Standing]:
        """Keep those on (or off) the network: band 0 is the band of those off it."""
        return standings.filter(band__gt=0) if value else standings.filter(band=0)


def edge_words(value: str) -> str:
    """Return an edge of an address in words: the line and what is expected."""
    kind, _colon, line = value.partition(":")
    if kind not in EDGES:
        return value
    return f"{Band(int(line)).label} · {EDGES[kind]}" if line in ("2", "3", "4", "5") else str(EDGES[kind])


def _version_words(value: str) -> str:
    version, _colon, what = value.partition(":")
    return f"v{version} · {ladder_words(what)}"


def ladder_words(what: str) -> str:
    """Return in words which of the customers a version of the ladder moves are meant (segmentation/ladder_lists.py)."""
    if what in LADDER:
        return str(LADDER[what])
    names: type[Band | Code] = Code if what.startswith("k") else Band
    parts = [what[1:2], what[2:3]] if what[:1] in ("m", "k") else what[1:].split("-")
    labels = {str(one.value): str(one.label) for one in names}
    known = [", ".join(labels[one] for one in part if one in labels) for part in parts]
    return " → ".join(filter(None, known))


def segment_choices(user: Any) -> list[tuple[str, str]]:
    """Return the values of the filter `segment` for this person, with their words."""
    words = (("", "%(name)s"), (":entered", gettext("%(name)s: entered")), (":left", gettext("%(name)s: left")))
    known = Segment.objects.visible_to(user).order_by("name", "pk")
    return [(f"{one.pk}{part}", word % {"name": one.name}) for one in known for part, word in words]


def filled(query: QueryDict) -> QueryDict:
    """Return the parameters that say something: a form sends its empty fields as well."""
    said = QueryDict(mutable=True)
    for name, values in query.lists():
        if any(values):
            said.setlist(name, [value for value in values if value])
    return said
