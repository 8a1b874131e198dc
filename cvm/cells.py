"""What stands in a cell of a customer list: HTML on the page, a plain value in a file. Masked here, for both."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers import masking
from customers.facets import Credit, codes
from customers.models import Branch, Customer, CustomerTag, Run
from cvm.columns import Column
from cvm.lib.months import label as month_label
from cvm.templatetags import cvm_format
from lifecycle.models import MomentKind, Stage, StageDetail
from offers.models import Offer
from retention.models import WarningLevel
from retention.panels import reason_words, reasons
from segmentation import edge
from segmentation.edge import Edges
from segmentation.ladder_lists import edges_of
from segmentation.models import Band, Code, CohortState, Layer
from segmentation.owners import department_words, owners
from segmentation.tiers import TierThresholds

Row = Any  # a named tuple of the fields the columns ask for
Value = str | int | Decimal
NOTHING = cvm_format.NOTHING


@dataclass
class Names:
    """What cells look up by number, and who reads them."""

    reader: Any
    counties: dict[int, str] = field(default_factory=dict)
    moments: dict[int, str] = field(default_factory=dict)
    offers: dict[int, str] = field(default_factory=dict)
    tags: dict[int, list[str]] = field(default_factory=dict)
    owners: dict[int, str] = field(default_factory=dict)
    edges: tuple[Any, Edges] | None = None

    def edge_of(self, customer: int) -> tuple[int, int, int]:
        """Return kind, line and nudge of a customer; nothing for who is not among the run's customers."""
        if self.edges is None:
            return 0, 0, 0
        ids, found = self.edges
        at = int(ids.searchsorted(customer))
        if at == len(ids) or ids[at] != customer:
            return 0, 0, 0
        return int(found.kind[at]), int(found.line[at]), int(found.nudge_fen[at])


def names_for(columns: Iterable[Column], *, reader: Any, run: Run | None) -> Names:
    """Return the names that the chosen columns need; tags are looked up page by page (`add_tags`)."""
    wanted = {column.name for column in columns}
    names = Names(reader)
    if "county" in wanted:
        counties = Branch.objects.filter(kind=Branch.Kind.COUNTY)
        names.counties = dict(counties.values_list("pk", "name"))
    if "moments" in wanted:
        names.moments = {kind.bit: f"{kind.code} {kind.name}" for kind in MomentKind.objects.order_by("bit")}
    if "offer" in wanted:
        names.offers = {offer.pk: str(offer) for offer in Offer.objects.all()}
    if "owner" in wanted:
        names.owners = owners()
    if wanted & {"edge", "nudge"} and run is not None:
        names.edges = edges_of(run.pk, TierThresholds(**run.plan["tier"]))
    return names


def add_tags(names: Names, rows: Iterable[Row], *, on: Any) -> None:
    """Look up the tags in force of these rows, in place of those of the rows before."""
    ids = [row.customer_id for row in rows]
    found = CustomerTag.objects.in_force(on).filter(customer_id__in=ids).select_related("tag").order_by("tag__bit")
    names.tags = {}
    for tagged in found:
        names.tags.setdefault(tagged.customer_id, []).append(tagged.tag.name)


def shown(column: Column, row: Row, names: Names) -> Any:
    """Return a cell for the page."""
    return (SHOWN.get(column.name) or WRITTEN[column.name])(row, names) or NOTHING


def written(column: Column, row: Row, names: Names) -> Value:
    """Return a cell for a file: text, whole number or yuan; never a name in clear, whoever asks."""
    return WRITTEN[column.name](row, names)


def _all_reasons(row: Row, _names: Names) -> str:
    return "; ".join(reasons(row))


def _first_reason(row: Row, _names: Names) -> str:
    more = bool(row.reason_2) + bool(row.reason_3)
    first = reason_words(row.reason_1, row.value_1)
    return f"{first} +{more}" if more else first


def _moments(row: Row, names: Names) -> list[str]:
    return [words for bit, words in names.moments.items() if row.moments >> bit & 1]


def _lines(words: Iterable[str]) -> Any:
    return format_html_join(" ", '<span class="badge-cvm badge-plain">{}</span>', ((word,) for word in words))


def _yuan(fen: int) -> Decimal:
    return Decimal(fen) / 100


def _label(choices: Any, value: int) -> str:
    return str(choices(value).label) if value in choices.values else ""


def _manager(row: Row, _names: Names) -> str:
    return row.customer__manager__display_name or row.customer__manager__username or ""


def _edge(row: Row, names: Names) -> str:
    kind, line, _nudge = names.edge_of(row.customer_id)
    name = next((name for name, number in edge.KINDS.items() if number == kind), "")
    return EDGE_WORDS[name] % {"band": Band(line).label} if name else ""


def _nudge(row: Row, names: Names) -> Value:
    kind, _line, nudge_fen = names.edge_of(row.customer_id)
    return _yuan(nudge_fen) if kind else ""


def _nudge_in_services(row: Row, names: Names) -> str:
    """Return the nudge with the smallest service that is worth it, for whom one is to be given."""
    kind, _line, nudge_fen = names.edge_of(row.customer_id)
    pack = edge.pack_fen(nudge_fen)
    if kind not in (edge.FALL, edge.LIFT) or not pack:
        return cvm_format.yuan(nudge_fen) if kind else ""
    return _("%(nudge)s: a pack of %(pack)s, or %(minutes)s minutes") % {
        "nudge": cvm_format.yuan(nudge_fen),
        "pack": cvm_format.yuan_short(pack),
        "minutes": edge.minutes(nudge_fen),
    }


EDGE_WORDS = {
    "fall": gettext_lazy("Falls below %(band)s, can be kept"),
    "drop": gettext_lazy("Falls below %(band)s"),
    "thin": gettext_lazy("Stays %(band)s by a thin margin"),
    "lift": gettext_lazy("A nudge below %(band)s"),
    "rise": gettext_lazy("Rises to %(band)s"),
}
WRITTEN: dict[str, Callable[[Row, Names], Value]] = {
    "name": lambda row, _names: masking.masked_name(row.customer__name),
    "user_code": lambda row, _names: row.customer__user_code,
    "county": lambda row, names: names.counties.get(row.county_id, ""),
    "code": lambda row, _names: _label(Code, row.code),
    "band": lambda row, _names: _label(Band, row.band),
    "layer": lambda row, _names: _label(Layer, row.layer),
    "owner": lambda row, names: department_words(names.owners.get(row.layer, "")),
    "stage": lambda row, _names: _label(Stage, row.stage),
    "stage_detail": lambda row, _names: _label(StageDetail, row.stage_detail),
    "state": lambda row, _names: _label(Customer.State, row.state),
    "warning": lambda row, _names: _label(WarningLevel, row.warning),
    "score": lambda row, _names: row.score,
    "reasons": _all_reasons,
    "average": lambda row, _names: _yuan(cvm_format.average(row)),
    "revenue": lambda row, _names: _yuan(row.cum3_fen),
    "year": lambda row, _names: _yuan(row.sum12_fen),
    "kept": lambda row, _names: _yuan(row.kept_fen),
    "tenure": lambda row, _names: row.tenure_months,
    "credit": lambda row, _names: _label(Credit, int(codes(row.facets, "credit"))),
    "cohort": lambda row, _names: _label(CohortState, row.cohort_state) if row.cohort_state else "",
    "entry": lambda row, _names: month_label(row.cohort_entry) if row.cohort_entry else "",
    "edge": _edge,
    "nudge": _nudge,
    "moments": lambda row, names: ", ".join(_moments(row, names)),
    "offer": lambda row, names: names.offers.get(row.offer_id, ""),
    "tags": lambda row, names: ", ".join(names.tags.get(row.customer_id, ())),
    "manager": _manager,
}
# where the page shows more than the plain value
SHOWN: dict[str, Callable[[Row, Names], Any]] = {
    "name": lambda row, names: masking.visible_name(row.customer__name, user=names.reader),
    "code": lambda row, _names: cvm_format.code(row.code),
    "band": lambda row, _names: cvm_format.badge("band", row.band),
    "layer": lambda row, _names: cvm_format.badge("layer", row.layer),
    "stage": lambda row, _names: cvm_format.badge("stage", row.stage),
    "warning": lambda row, _names: cvm_format.badge("warning", row.warning) if row.warning else "",
    "score": lambda row, _names: str(row.score),
    "reasons": _first_reason,
    "average": lambda row, _names: cvm_format.yuan(cvm_format.average(row)),
    "revenue": lambda row, _names: cvm_format.yuan(row.cum3_fen),
    "year": lambda row, _names: cvm_format.yuan(row.sum12_fen),
    "kept": lambda row, _names: cvm_format.yuan(row.kept_fen),
    "tenure": lambda row, _names: str(row.tenure_months),
    "nudge": _nudge_in_services,
    "moments": lambda row, names: _lines(_moments(row, names)),
    "tags": lambda row, names: _lines(names.tags.get(row.customer_id, ())),
}
