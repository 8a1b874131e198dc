"""The pages of segments: the editor's exact count, who may keep and change what, and the story of a segment."""

import csv
import datetime as dt
import io
import json
import re
from dataclasses import replace
from fractions import Fraction

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from customers.models import AuditEntry, Run, Standing, StandingChange
from cvm.night import partition
from cvm.segments.members import rebuild_with_readers, refresh
from cvm.segments.story import Day, months
from segmentation import segment_actions
from segmentation.models import Segment, SegmentMember, SegmentVersion
from tests.pages.links import doors
from tests.pages.tile_rules import faults_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
LIST, NEW, COUNT, CREATE = (reverse(name) for name in ("segments", "segment-new", "segment-count", "segment-create"))
MID_UP = {"all": [{"field": "band", "op": "in", "value": [4, 5]}]}
LOW = {"all": [{"field": "band", "op": "in", "value": [1, 2]}]}


def make(place, rule=MID_UP, *, by=None, name="One"):
    values = {"name": name, "meaning": "", "rule": rule, "by": by or place.analyst, "at": timezone.now()}
    segment = segment_actions.create_segment(**values)
    rebuild_with_readers(segment, run=place.run)
    return segment


def login(client, person):
    client.force_login(person)
    return client


def save(client, segment=None, *, rule=MID_UP, name="One", seen=1, **more):
    address = reverse("segment-change", args=[segment.pk]) if segment else CREATE
    return client.post(address, {"name": name, "rule": json.dumps(rule), "seen": seen, **more})


def band_of(customer, run):
    return Standing.objects.get(run=run, customer_id=customer).band


def next_night(place, **bands):
    """Publish a second night in which some customers change their band (c7=1), with the change written down."""
    Run.objects.update(is_current=False)
    run = Run.objects.get(pk=place.run.pk)
    run.pk, run.is_current, run.as_of = None, True, place.run.as_of + dt.timedelta(days=1)
    run.save()
    partition.create(run.pk)
    partition.attach(run.pk)
    rows = list(Standing.objects.filter(run=place.run))
    for row in rows:
        row.run, before = run, row.band
        row.band = bands.get(f"c{row.customer_id}", before)
        if row.band != before:
            StandingChange.objects.create(run=run, customer=row.customer, field=1, before=before, after=row.band)
    Standing.objects.bulk_create(rows)
    refresh(run)
    return run


# --- the count ------------------------------------------------------------------------------------


def test_count_is_what_the_saved_segment_and_its_list_hold(client, place):
    login(client, place.analyst)

    live = client.post(COUNT, {"rule": json.dumps(MID_UP)}, headers=HTMX).context["counted"]
    save(client)

    page = client.get(reverse("segment", args=[Segment.objects.get().pk]))
    opened = client.get(page.context["list_url"])
    assert live.customers == page.context["figures"][0].entry.value == opened.context["number"] > 0
    assert live.base == 64
    assert live.revenue_fen == sum(Standing.objects.filter(band__gte=4).values_list("cum3_fen", flat=True))


def test_count_and_sample_keep_to_the_readers_customers(client, place):
    everybody = {"not": [{"field": "score", "op": "below", "value": -1}]}
    seen = {}
    for person in ("analyst", "east_analyst", "manager"):
        counted = login(client, place.people[person]).post(COUNT, {"rule": json.dumps(everybody)}, headers=HTMX)
        seen[person] = counted.context["counted"]

    east = Standing.objects.filter(county_id=place.east.pk).count()
    assert [seen[person].customers for person in seen] == [
        64,
        east,
        Standing.objects.filter(manager_id=place.manager.pk).count(),
    ]
    assert all(found.customers == found.base for found in seen.values())
    assert len(seen["analyst"].sample.lines) == 20


def test_sample_is_masked(client, place):
    page = login(client, place.analyst).post(COUNT, {"rule": json.dumps(MID_UP)}, headers=HTMX)
    words = page.content.decode()

    assert re.search(r"138\*{4}\d{4}", words)
    assert not re.search(r"1380013\d{4}", words)
    assert "小明" not in words


def test_count_says_where_a_rule_is_wrong(client, place):
    bad = {"all": [{"any": [{"field": "password", "op": "in", "value": [1]}]}]}

    page = login(client, place.analyst).post(COUNT, {"rule": json.dumps(bad)}, headers=HTMX)

    assert "all[0].any[0]" in page.content.decode()
    assert page.context["counted"] is None


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 5000, '{"all": []}', "7", '{"all": [{"field": "band", "op": "in", "value": [1e400]}]}']
)
def test_without_scripts_a_bad_rule_comes_back_with_the_reason(client, place, text):
    page = login(client, place.analyst).post(COUNT, {"rule": text})

    assert page.status_code == 422
    assert page.context["problems"]


def test_without_scripts_the_count_stands_beside_the_editor(client, place):
    page = login(client, place.analyst).post(COUNT, {"rule": json.dumps(MID_UP), "name": "Kept"})

    assert page.status_code == 200
    assert page.context["counted"].customers == Standing.objects.filter(band__gte=4).count()
    assert 'value="Kept"' in page.content.decode()


def test_count_of_a_change_says_who_would_come_and_go(client, place):
    segment = make(place)

    data = {"rule": json.dumps({"all": [{"field": "band", "op": "in", "value": [3, 4]}]}), "segment": segment.pk}
    counted = login(client, place.analyst).post(COUNT, data, headers=HTMX).context["counted"]

    number = {band: Standing.objects.filter(band=band).count() for band in (3, 5)}
    assert (counted.more, counted.fewer) == (number[3], number[5])


def test_count_asks_as_often_for_many_conditions_as_for_one(client, place):
    login(client, place.analyst)
    counts = []
    for number in (1, 20):
        client.post(COUNT, {"rule": json.dumps({"any": MID_UP["all"] * number})}, headers=HTMX)
        with CaptureQueriesContext(connection) as queries:
            client.post(COUNT, {"rule": json.dumps({"any": MID_UP["all"] * number})}, headers=HTMX)
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 15


# --- keep, change, lock ---------------------------------------------------------------------------


def test_changed_rule_is_a_new_version_and_its_difference_is_in_words(client, place):
    segment = make(place)
    login(client, place.analyst)

    answer = save(client, segment, rule={"all": [*MID_UP["all"], {"field": "tenure", "op": "at_least", "value": 12}]})
    page = client.get(answer["Location"])

    assert [version.number for version, _words in page.context["versions"]] == [2, 1]
    assert len(page.context["versions"][0][1]) == 1
    assert "12" in page.context["versions"][0][1][0]
    assert page.context["is_counted"]
    assert list(AuditEntry.objects.filter(subject="segmentation.segment").values_list("action", flat=True)) == [
        "segment.create", "segment.change",
    ]  # fmt: skip


def test_new_name_is_no_new_version(client, place):
    segment = make(place)

    save(login(client, place.analyst), segment, name="Other")

    segment.refresh_from_db()
    assert (segment.name, segment.version, SegmentVersion.objects.count()) == ("Other", 1, 1)


def test_second_of_two_who_change_at_once_is_told(client, place):
    segment = make(place)
    login(client, place.analyst)

    answers = [save(client, segment, rule=rule).status_code for rule in (LOW, {"any": LOW["all"]})]

    assert answers == [302, 422]
    assert SegmentVersion.objects.get(number=2).rule == LOW


def test_locked_segment_is_changed_by_its_owner_only(client, place):
    segment = make(place)
    login(client, place.analyst).post(reverse("segment-lock", args=[segment.pk]), {"on": "1"})

    answers = {}
    for person in ("east_analyst", "analyst"):
        login(client, place.people[person])
        answers[person] = [
            client.get(reverse("segment-edit", args=[segment.pk])).status_code,
            save(client, segment, rule=LOW).status_code,
        ]
    client.post(reverse("segment-lock", args=[segment.pk]), {"on": "0"})

    assert answers == {"east_analyst": [403, 422], "analyst": [200, 302]}
    segment.refresh_from_db()
    assert (segment.is_locked, segment.version) == (False, 2)


def test_only_the_owner_locks(client, place):
    segment = make(place)
    login(client, place.east_analyst).post(reverse("segment-lock", args=[segment.pk]), {"on": "1"})

    segment.refresh_from_db()
    assert not segment.is_locked


@pytest.mark.parametrize(("days", "holds"), [(-1, True), (0, True), (1, False)])
def test_lock_with_a_last_day_opens_by_itself(place, days, holds):
    segment, last = make(place), timezone.localdate() + dt.timedelta(days=5)
    segment_actions.lock_segment(segment, is_locked=True, until=last, by=place.analyst, at=timezone.now())
    segment.refresh_from_db()
    at = timezone.now() + dt.timedelta(days=5 + days)

    assert segment.is_locked_on(last + dt.timedelta(days=days)) == holds
    change = {"name": "Other", "meaning": "", "rule": LOW, "seen": 1, "by": place.east_analyst, "at": at}
    if holds:
        with pytest.raises(segment_actions.NotYours):
            segment_actions.change_segment(segment, **change)
    else:
        assert segment_actions.change_segment(segment, **change).version == 2
        segment_actions.lock_segment(segment, is_locked=True, by=place.analyst, at=at)
        assert Segment.objects.values_list("is_locked", "locked_until").get() == (True, None)


@pytest.mark.parametrize(("days", "stored", "is_marked"), [(1, 1, True), (0, 0, True), (-1, None, False)])
def test_page_takes_and_shows_the_last_day(client, place, days, stored, is_marked):
    segment, today = make(place), timezone.localdate()
    day = today + dt.timedelta(days=days)

    login(client, place.analyst).post(reverse("segment-lock", args=[segment.pk]), {"on": "1", "until": str(day)})

    segment.refresh_from_db()
    assert segment.locked_until == (None if stored is None else day)
    for address in (LIST, reverse("segment", args=[segment.pk])):
        assert bool(re.search(rf'badge-plain">[^<]*{day}', client.get(address).content.decode())) == is_marked


def test_lock_over_yesterday_is_shown_as_open(client, place):
    segment = make(place)
    Segment.objects.update(is_locked=True, locked_until=timezone.localdate() - dt.timedelta(days=1))

    page = login(client, place.east_analyst).get(reverse("segment", args=[segment.pk]))

    assert page.context["may_change"]
    assert not page.context["is_locked"]
    assert 'badge-plain">' not in client.get(LIST).content.decode()
    assert client.get(reverse("segment-edit", args=[segment.pk])).status_code == 200


@pytest.mark.parametrize("form", [{"on": "1", "until": "soon"}, {"until": ""}, {"on": "2"}])
def test_unreadable_lock_changes_nothing(client, place, form):
    segment = make(place)

    login(client, place.analyst).post(reverse("segment-lock", args=[segment.pk]), form)

    segment.refresh_from_db()
    assert not segment.is_locked


def test_circle_is_its_managers_and_does_not_exist_for_another(client, place):
    save(login(client, place.manager), name="Mine")
    circle = Segment.objects.get()

    page = client.get(reverse("segment", args=[circle.pk]))
    assert circle.is_circle
    assert (
        page.context["figures"][0].entry.value
        == Standing.objects.filter(manager_id=place.manager.pk, band__gte=4).count()
    )
    assert len(page.context["days"]) == 1
    addresses = [reverse(name, args=[circle.pk]) for name in ("segment", "segment-story", "segment-edit")]
    addresses.append(f"{NEW}?copy={circle.pk}")
    assert {login(client, place.other_manager).get(address).status_code for address in addresses} == {404}
    assert save(client, circle, rule=LOW).status_code == 404
    assert save(login(client, place.analyst), circle, rule=LOW).status_code == 422


def test_copy_begins_with_the_same_rule(client, place):
    segment = make(place)

    page = login(client, place.manager).get(NEW, {"copy": segment.pk})

    assert json.loads(page.context["form"].initial["rule"]) == MID_UP
    assert save(client, name="Copy").status_code == 302


def test_segment_others_read_stays_in_use_and_cannot_read_them(client, place):
    inner = make(place)
    outer = make(place, {"all": [{"field": "segment", "op": "in", "value": [inner.pk]}]}, name="Outer")
    login(client, place.analyst)

    client.post(reverse("segment-retire", args=[inner.pk]))
    cycle = save(client, inner, rule={"all": [{"field": "segment", "op": "in", "value": [outer.pk]}]})

    assert cycle.status_code == 422
    inner.refresh_from_db()
    assert (inner.is_active, inner.version) == (True, 1)
    for segment in (outer, inner):
        client.post(reverse("segment-retire", args=[segment.pk]))
    assert not Segment.objects.filter(is_active=True).exists()


def test_name_twice_by_one_owner_is_refused(client, place):
    make(place)

    assert save(login(client, place.analyst)).status_code == 422
    assert Segment.objects.count() == 1


@pytest.mark.parametrize("values", [{"name": ""}, {"rule": {"all": []}}, {"name": "x" * 65}])
def test_segment_without_name_or_with_a_bad_rule_is_not_kept(client, place, values):
    assert save(login(client, place.analyst), **values).status_code == 422
    assert not Segment.objects.exists()


# --- the story ------------------------------------------------------------------------------------


def test_who_came_and_went_is_told_with_reasons_that_add_up(client, place):
    stays = {"all": [{"any": [*MID_UP["all"], {"field": "tenure", "op": "at_least", "value": 10_000}]}]}
    segment = make(place, stays)
    members = sorted(SegmentMember.objects.filter(segment=segment).values_list("customer_id", flat=True))
    came = next(one for one in range(1, 65) if one not in members and band_of(one, place.run))
    still = next(one for one in members[2:] if band_of(one, place.run) == 5)
    run = next_night(place, **{f"c{members[0]}": 1, f"c{members[1]}": 0, f"c{came}": 4, f"c{still}": 4})

    page = login(client, place.analyst).get(reverse("segment-story", args=[segment.pk]), headers=HTMX)

    flows = {flow.part: flow for flow in page.context["flows"]}
    assert [flows[part].customers for part in ("entered", "left")] == [1, 2]
    assert [[number for _words, number in flows[part].reasons] for part in flows] == [[1], [2]]
    assert len(doors(page.content.decode())) == 2
    for url, customers in doors(page.content.decode()):
        assert client.get(url).context["number"] == customers
    found = page.context["retention"]
    assert (found.members, found.members_kept) == (len(members), len(members) - 1)
    on_network = Standing.objects.filter(run=place.run, band__gt=0).count()
    assert found.others == found.others_kept == on_network - len(members)
    assert run.pk != place.run.pk


def test_change_the_night_did_not_write_down_is_other_data(client, place):
    segment = make(place)
    out = SegmentMember.objects.filter(segment=segment).values_list("customer_id", flat=True)[0]
    next_night(place, **{f"c{out}": 1})
    StandingChange.objects.all().delete()

    page = login(client, place.analyst).get(reverse("segment-story", args=[segment.pk]))

    assert [number for flow in page.context["flows"] for _words, number in flow.reasons] == [1]
    assert page.templates[0].name == "segments/story.html"


def test_new_version_is_the_reason_for_all_it_moved(client, place):
    segment = make(place)
    before = SegmentMember.objects.filter(segment=segment).count()
    run = next_night(place)
    login(client, place.analyst)
    save(client, segment, rule=LOW)

    flows = dict(enumerate(client.get(reverse("segment-story", args=[segment.pk])).context["flows"]))

    now = SegmentMember.objects.filter(segment=segment, run=run).count()
    assert [[number for _words, number in flows[place].reasons] for place in flows] == [[now], [before]]


def test_overlap_counts_customers_in_both(client, place):
    one = make(place)
    other = make(place, {"all": [{"field": "band", "op": "in", "value": [3, 4]}]}, name="Other")
    make(place, LOW, name="Apart")

    for person, rows in (
        ("analyst", Standing.objects.all()),
        ("east_analyst", Standing.objects.filter(county_id=place.east.pk)),
    ):
        page = login(client, place.people[person]).get(reverse("segment-story", args=[one.pk]))
        assert page.context["overlap"] == [(other.pk, "Other", rows.filter(band=4).count())]


def test_size_over_time_adds_up_day_by_day_and_for_each_county(client, place):
    segment = make(place)
    members = sorted(SegmentMember.objects.values_list("customer_id", flat=True))
    next_night(place, **{f"c{members[0]}": 1})

    for person in ("analyst", "east_analyst"):
        page = login(client, place.people[person]).get(reverse("segment", args=[segment.pk]))
        newest, before = page.context["days"]
        assert newest.customers == before.customers + newest.entered - newest.left
        assert newest.customers == page.context["figures"][0].entry.value
        for name, tiles in (("segment", 2), ("segment-story", 2)):
            assert faults_of(client, reverse(name, args=[segment.pk]), run=page.context["run"], tiles=tiles) == []


def test_months_are_the_products_of_their_nights_exactly():
    nights = [
        ("2026-10-31", 3, 2, 7, 7),
        ("2026-11-01", 2, 1, 9, 8),
        ("2026-11-02", 0, 0, 9, 9),
        ("2026-11-03", 3, 3, 8, 7),
    ]
    days = [Day(dt.date.fromisoformat(day), 1, 0, 0, 0, *numbers) for day, *numbers in reversed(nights)]

    found = [(month.name, month.nights, month.members, month.others) for month in months(days)]

    assert found == [
        ("2026-10", 1, Fraction(2, 3), Fraction(1)),
        ("2026-11", 2, Fraction(1, 2), Fraction(8, 9) * Fraction(7, 8)),
    ]


def test_retention_of_every_night_stays_with_reasons_file_and_link(client, place):
    segment = make(place)
    members = sorted(SegmentMember.objects.values_list("customer_id", flat=True))
    login(client, place.analyst)
    said = []
    night = place
    for gone in members[:2]:
        night_before, run = night.run, next_night(night, **{f"c{gone}": 0})
        night = replace(place, run=run)
        found = client.get(reverse("segment-story", args=[segment.pk])).context["retention"]
        said.append((found.members, found.members_kept, found.others, found.others_kept))

    page = client.get(reverse("segment", args=[segment.pk]))

    days = page.context["days"]
    assert [(d.members_before, d.members_stayed, d.others_before, d.others_stayed) for d in days[:2]] == said[::-1]
    assert [sum(day.reasons["left"].values()) for day in days[:2]] == [day.left for day in days[:2]] == [1, 1]
    tiles = {tile.name: url for tile, url in page.context["tiles"]}
    assert list(tiles) == ["size", "months", "nights"]
    assert f"?run={run.pk}#nights" in page.content.decode()
    rows = list(
        csv.reader(io.StringIO(client.get(reverse("segment", args=[segment.pk]) + tiles["nights"]).content.decode()))
    )
    assert [tuple(map(int, row[4:])) for row in rows[4:]] == said
    pinned = client.get(reverse("segment", args=[segment.pk]), {"run": place.run.pk})
    assert [day.as_of for day in pinned.context["days"]] == [place.run.as_of]
    earlier = client.get(reverse("segment-story", args=[segment.pk]), {"run": night_before.pk}).context
    assert ([flow.customers for flow in earlier["flows"]], earlier["overlap"]) == ([0, 1], None)
    assert (earlier["retention"].members, earlier["retention"].others_kept) == (said[0][0], said[0][3])
    story = client.get(reverse("segment-story", args=[segment.pk]), {"file": "flow"})
    assert segment.name in story.content.decode()
    for name in ("segment", "segment-story"):
        assert client.get(reverse(name, args=[segment.pk]), {"file": "x"}).status_code == 404


def test_page_asks_as_often_for_many_versions_and_overlaps_as_for_one(client, place):
    segment = make(place)
    login(client, place.analyst)
    counts = []
    for names in ((), ("Two", "Three")):
        for name in names:
            make(place, name=name)
            save(
                client,
                segment,
                rule={"any": LOW["all"] * (len(name) - 1)},
                seen=Segment.objects.get(name="One").version,
            )
        asked = []
        for address in ("segment", "segment-story"):
            with CaptureQueriesContext(connection) as queries:
                client.get(reverse(address, args=[segment.pk]))
            asked.append(len(queries))
        counts.append(asked)

    assert SegmentVersion.objects.filter(segment=segment).count() == 3
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 20


def test_list_asks_as_often_for_many_segments_as_for_one(client, place):
    login(client, place.analyst)
    counts = []
    for names in (["One"], ["Two", "Three", "Four"]):
        for name in names:
            make(place, name=name)
        client.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 12


def test_list_shows_the_readers_numbers(client, place):
    segment = make(place)

    for person, rows in (
        ("analyst", Standing.objects.all()),
        ("manager", Standing.objects.filter(manager_id=place.manager.pk)),
    ):
        ((shown, _is_locked, _words, number, url),) = login(client, place.people[person]).get(LIST).context["rows"]
        assert (shown, number) == (segment, rows.filter(band__gte=4).count())
        assert client.get(url).context["number"] == number


def test_pages_before_the_first_night_say_so(client, place):
    Run.objects.update(is_current=False)
    login(client, place.analyst)

    assert save(client).status_code == 302
    segment = Segment.objects.get()
    for address in (LIST, NEW, reverse("segment", args=[segment.pk]), reverse("segment-story", args=[segment.pk])):
        assert client.get(address).status_code == 200
    assert client.post(COUNT, {"rule": json.dumps(MID_UP)}, headers=HTMX).context["counted"] is None
