"""Who is in a segment: written once per run, read by lists, by other segments' rules and by the segment's page."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from customers.models import Run, Standing
from cvm.segments.fields import standings, whole_catalogue
from cvm.segments.reasons import RULE, Reasons, reasons
from segmentation.models import Segment, SegmentMember, SegmentSize
from segmentation.segment_actions import current_rules
from segmentation.segments import Catalogue, condition_of, inner_first, readers_of

NOW, ENTERED, LEFT = "", "entered", "left"
Stays = dict[int, tuple[int, int]]  # county -> on the network the day before, and of them still
NOBODY = 0  # the county of the line that says a segment was counted, and is empty


def condition(segment: Segment, fields: Catalogue, run: Run) -> Q:
    """Return the condition of a segment `with_rule`; a circle keeps to its owner's portfolio."""
    asked = condition_of(segment.rule, fields, run)
    return asked & Q(manager_id=segment.owner_id) if segment.is_circle else asked


def listed(rows: QuerySet[Standing], *, segment: int, run: Run, part: str = NOW) -> QuerySet[Standing]:
    """Keep of a run's standings the members of a segment, or those who entered or left since the day before."""
    if part == NOW:
        return rows.filter(membership(segment, run.pk))
    before = earlier_run(segment, run)
    if before is None:
        return rows.none()
    if part == ENTERED:
        return rows.filter(membership(segment, run.pk), ~membership(segment, before))
    return rows.filter(membership(segment, before), ~membership(segment, run.pk))


def membership(segment: int, run_id: int) -> Exists:
    """Return the condition on a standing that its customer was in the segment in that run."""
    members = SegmentMember.objects.filter(segment_id=segment, run_id=run_id)
    return Exists(members.filter(customer_id=OuterRef("customer_id")))


def earlier_run(segment: int, run: Run) -> int | None:
    """Return the run of the last day before this one on which the segment was counted."""
    sizes = SegmentSize.objects.filter(segment_id=segment, as_of__lt=run.as_of)
    return sizes.order_by("-as_of").values_list("run_id", flat=True).first()


def refresh(run: Run) -> int:
    """Count every segment in use that this run has not been counted for; returns how many that were."""
    rules = current_rules()
    segments = Segment.objects.with_rule().in_bulk(rules)
    counted = set(SegmentSize.objects.filter(run=run).values_list("segment_id", "version"))
    fields = whole_catalogue()
    due = [segments[pk] for pk in inner_first(rules) if (pk, segments[pk].version) not in counted]
    everybody: dict[int, Stays] = {}
    for segment in due:
        rebuild(segment, fields, run=run, everybody=everybody)
    return len(due)


def rebuild_with_readers(segment: Segment, *, run: Run) -> None:
    """Count a changed segment anew, and every segment whose rule reads it."""
    rules = current_rules()
    stale = readers_of(segment.pk, rules) | {segment.pk}
    segments = Segment.objects.with_rule().in_bulk(stale)
    fields, everybody = whole_catalogue(), dict[int, Stays]()
    for pk in inner_first(rules):
        if pk in stale:
            rebuild(segments[pk], fields, run=run, everybody=everybody)


@transaction.atomic
def rebuild(segment: Segment, fields: Catalogue, *, run: Run, everybody: dict[int, Stays] | None = None) -> None:
    """Write the members of a run and the size of its day; doing it twice changes nothing.

    `everybody` keeps, for several segments in a row, how all customers stayed since an earlier run.
    """
    Segment.objects.select_for_update(of=("self",)).get(pk=segment.pk)
    before = earlier_run(segment.pk, run)
    SegmentMember.objects.filter(segment=segment).exclude(run_id=before).delete()
    _write_members(segment, standings(run, condition=condition(segment, fields, run)), run=run)
    SegmentSize.objects.filter(segment=segment, as_of=run.as_of).delete()
    SegmentSize.objects.bulk_create(_sizes(segment, run, before, {} if everybody is None else everybody))


def _stayed(segment: Segment, run: Run, before: int, everybody: dict[int, Stays]) -> dict[int, dict[str, int]]:
    """Return, by the county of the day before, who was on the network then and still is: members and all the others."""
    rows = Standing.objects.filter(run_id=before, band__gt=0)
    if before not in everybody:
        everybody[before] = _stays(rows, run)
    mine = _stays(rows.filter(membership(segment.pk, before)), run)
    found = {}
    for county, (all_before, all_stayed) in everybody[before].items():
        members, stayed = mine.get(county, (0, 0))
        found[county] = {
            "members_before": members,
            "members_stayed": stayed,
            "others_before": all_before - members,
            "others_stayed": all_stayed - stayed,
        }
    return found


def _stays(rows: QuerySet[Standing], run: Run) -> Stays:
    still = Exists(Standing.objects.filter(run=run, customer_id=OuterRef("customer_id"), band__gt=0))
    counts = rows.order_by().alias(still=still).values_list("county_id")
    counted = counts.annotate(before=Count("customer_id"), stayed=Count("customer_id", filter=Q(still=True)))
    return {county: (before, stayed) for county, before, stayed in counted}


def _reasons(segment: Segment, run: Run, before: int) -> dict[int, dict[str, Reasons]]:
    """Return why customers came and went since the day before, by county: by the rule itself where its version changed."""
    is_new_rule = not SegmentSize.objects.filter(segment=segment, run=before, version=segment.version).exists()
    found: dict[int, dict[str, Reasons]] = defaultdict(dict)
    for part in (ENTERED, LEFT):
        rows = listed(Standing.objects.filter(run=run), segment=segment.pk, run=run, part=part)
        for county, why in reasons(rows, segment.rule, run).items():
            found[county][part] = {RULE: sum(why.values())} if is_new_rule else why
    return found


def _write_members(segment: Segment, rows: QuerySet[Standing], *, run: Run) -> None:
    select, values = rows.values_list("customer_id").order_by().query.sql_with_params()
    insert = "insert into segmentation_segmentmember (segment_id, run_id, customer_id) select %s, %s, found.customer_id"
    with connection.cursor() as cursor:
        # The select is the ORM's own, with its parameters beside it.
        cursor.execute(f"{insert} from ({select}) as found (customer_id)", [segment.pk, run.pk, *values])


def _sizes(segment: Segment, run: Run, before: int | None, everybody: dict[int, Stays]) -> list[SegmentSize]:
    counted: dict[int, dict[str, Any]] = defaultdict(dict)
    for part, column in ((NOW, "customers"), (ENTERED, "entered"), (LEFT, "left")):
        rows = listed(Standing.objects.filter(run=run), segment=segment.pk, run=run, part=part)
        for county, number in rows.order_by().values_list("county_id").annotate(number=Count("customer_id")):
            counted[county][column] = number
    if before is not None:
        for county, stayed in _stayed(segment, run, before, everybody).items():
            counted[county] |= stayed
        for county, why in _reasons(segment, run, before).items():
            counted[county]["reasons"] = why
    common = {"segment": segment, "run": run, "as_of": run.as_of, "version": segment.version}
    nothing = {"customers": 0, "entered": 0, "left": 0, "reasons": {}}
    lines = counted or {NOBODY: nothing}
    return [SegmentSize(**common, county_id=county, **nothing | figures) for county, figures in lines.items()]
