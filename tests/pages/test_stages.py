"""The flow between the stages: every number adds up and opens exactly its customers, in every slice."""

import csv
import io

import pytest
from django.urls import reverse

from customers.models import HistoryBlock, Rollup, Run, Staff, Standing
from cvm.dashboards.tiles import percent
from cvm.lib.months import label, month_of
from cvm.stages.flow import read_paths
from cvm.stages.measures import of_counties, of_paths
from lifecycle.paths import told_months
from tests.pages import branch
from tests.pages.links import doors, listed

pytestmark = pytest.mark.django_db

NEWEST = month_of(branch.MONTH)
MONTHS = told_months(24)
OLD, NEW = label(NEWEST - MONTHS + 1), label(NEWEST)
PAIRS = [{}, {"from": OLD, "to": NEW}, {"from": label(NEWEST - 5), "to": label(NEWEST - 2)}]
SLICES = [{}, {"band": "1"}, {"layer": "3", "show": "customers"}, {"band": ["1", "2"], "show": "revenue"}]


def shown(client, **query):
    response = client.get(reverse("stages"), query)
    assert response.status_code == 200
    return response


def tiles(response):
    return {tile.name: tile for tile, _url in response.context["tiles"]}


@pytest.mark.parametrize(("pair", "narrowed"), [(PAIRS[0], SLICES[0]), (PAIRS[1], SLICES[3]), (PAIRS[2], SLICES[2])])
def test_every_number_opens_exactly_that_many_customers(client, place, pair, narrowed):
    client.force_login(place.analyst)
    found = sorted(set(doors(shown(client, **pair, **narrowed).content.decode())))
    assert len(found) > 30
    assert [(url, listed(url, place.analyst)) for url, _customers in found] == found
    url, customers = max((door for door in found if door[1] <= 50), key=lambda door: door[1])
    response = client.get(url)
    assert (response.context["number"], len(response.context["rows"])) == (customers, customers)


@pytest.mark.parametrize(("pair", "narrowed"), [(PAIRS[0], SLICES[3]), (PAIRS[1], SLICES[0]), (PAIRS[2], SLICES[1])])
def test_matrix_is_all_customers_of_the_list(client, place, pair, narrowed):
    client.force_login(place.analyst)
    lines = tiles(shown(client, **pair, **narrowed))["matrix"].table.lines
    here = Standing.objects.filter(**{f"{name}__in": list(value) for name, value in narrowed.items() if name != "show"})
    assert lines[-1].entries[-1].customers == here.count()
    for line in lines:
        assert sum(entry.customers for entry in line.entries[:-1]) == line.entries[-1].customers
    for column in range(len(lines[0].entries)):
        assert sum(line.entries[column].customers for line in lines[:-1]) == lines[-1].entries[column].customers


def test_who_was_not_yet_with_us_is_counted(client, place):
    client.force_login(place.analyst)
    lines = {line.label: line for line in tiles(shown(client, **PAIRS[1]))["matrix"].table.lines}
    absent = Standing.objects.alias().filter(stage_path__lt=1 << 3 * (MONTHS - 1)).count()
    assert absent
    assert (
        next(line for line in lines.values() if "stage_at=" + OLD + "%3A0" in line.entries[-1].url).entries[-1].value
        == absent
    )


def test_drawing_has_the_flows_of_the_matrix(client, place):
    client.force_login(place.analyst)
    found = tiles(shown(client, **PAIRS[1]))
    cells = [entry for line in found["matrix"].table.lines[:-1] for entry in line.entries[:-1] if entry.value]
    drawn = [line.entries[1] for line in found["flow"].table.lines]
    assert [(entry.url, entry.value) for entry in drawn] == [(entry.url, entry.value) for entry in cells]
    assert sum(entry.value for entry in drawn) == place.run.customers


def test_churn_is_who_went_into_exit_of_who_was_not_there(client, place):
    client.force_login(place.analyst)
    pairs = tiles(shown(client))["flow"].pairs
    paths = list(Standing.objects.values_list("stage_path", flat=True))
    steps = [(path >> 3 & 7, path & 7) for path in paths]
    living = [after for before, after in steps if before in (1, 2, 3, 4)]
    moved = sum(before != after for before, after in steps if before)
    assert (pairs[0][0].value, pairs[2][0].value) == (moved, percent(living.count(5), len(living)))


def test_revenue_is_that_of_both_months(client, place):
    bills = [1000 * number for number in range(1, branch.CUSTOMERS + 1)]
    for month, times in ((NEWEST, 1), (NEWEST - 1, 3)):
        packed = b"".join((times * fen).to_bytes(4, "little") for fen in bills)
        HistoryBlock.objects.create(
            month=label(month) + "-01", bucket=0, revision=1, size=len(bills), bill_count=len(bills), checksum="",
            arpu_sum_fen=0, **dict.fromkeys(("flags", "voice_min", "data_mb", "sms_count", "active_days", "over_fee_fen"), b""),
            arpu_fen=packed,
        )  # fmt: skip
    client.force_login(place.analyst)
    for show, money in (("both", lambda entry: entry.extra), ("revenue", lambda entry: (entry, *entry.extra))):
        lines = tiles(shown(client, show=show))["matrix"].table.lines
        whole = [part.value for part in money(lines[-1].entries[-1])]
        assert whole == [3 * sum(bills), sum(bills)]
        for at in (0, 1):
            cells = [money(entry)[at].value for line in lines[:-1] for entry in line.entries[:-1]]
            assert sum(cells) == whole[at]


def test_numbers_of_one_county_open_that_county(client, place):
    client.force_login(place.analyst)
    for url, customers in set(doors(shown(client, county=place.east.pk).content.decode())):
        assert f"county={place.east.pk}" in url
        assert listed(url, place.analyst) == customers


def test_an_analyst_of_one_county_sees_that_county_only(client, place):
    client.force_login(place.east_analyst)
    lines = tiles(shown(client))["matrix"].table.lines
    assert lines[-1].entries[-1].value == Standing.objects.filter(county_id=place.east.pk).count()
    assert client.get(reverse("stages"), {"county": place.west.pk}).status_code == 404


def test_measures_of_the_night_are_those_of_the_paths(place):
    night = of_counties(place.run, county_ids=None)
    told = of_paths(read_paths(Standing.objects.filter(run=place.run)), months=MONTHS)
    for name in ("lasting", "flapping", "leaving"):
        assert (getattr(night, name) == getattr(told, name)).all(), name
    assert night.leaving.any()


def test_measures_of_a_segment_are_counted_for_its_customers(client, place):
    client.force_login(place.analyst)
    response = shown(client, layer="4")
    lines = tiles(response)["returns"].table.lines
    paths = read_paths(Standing.objects.filter(layer=4))
    told = of_paths(paths, months=MONTHS)
    assert [line.entries[0].value for line in lines[:-1]] == told.leaving[:12, 0].tolist()
    assert "growth" not in tiles(response)


def test_filters_without_a_select_are_said_and_kept(client, place):
    client.force_login(place.analyst)
    response = shown(client, brand="1", band="2")
    assert [chip.value for chip in response.context["chips"]]
    assert 'type="hidden" name="brand" value="1"' in response.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2017-01"}, {"from": "never"}, {"to": "2026-13"}, {"county": "9999"}, {"band": "9"}, {"show": "all"},
        {"stage_at": "2026-10"}, {"q": "wang"}, {"file": "passwords"}, {"from": NEW},
    ],
)  # fmt: skip
def test_what_nobody_knows_is_not_found(client, place, query):
    client.force_login(place.analyst)
    assert client.get(reverse("stages"), query).status_code == 404


def test_months_in_the_wrong_order_are_told(client, place):
    client.force_login(place.analyst)
    response = shown(client, **{"from": label(NEWEST - 2), "to": label(NEWEST - 3)})
    assert response.context["board"].empty
    assert "matrix" not in tiles(response)


def test_one_month_has_no_flow_and_says_so(client, place):
    place.run.plan["history_months"] = 6
    place.run.save()
    client.force_login(place.analyst)
    response = shown(client)
    assert response.context["board"].empty
    assert {"flow", "matrix"}.isdisjoint(tiles(response))
    assert client.get(reverse("stages"), {"from": label(NEWEST - 1)}).status_code == 404


def test_page_explains_itself_before_the_first_night_and_for_nights_of_before(client, place):
    client.force_login(place.analyst)
    Rollup.objects.filter(kind__startswith="stage_").delete()
    assert shown(client).context["board"].empty
    Run.objects.update(is_current=False)
    assert "home/empty.html" in [template.name for template in shown(client).templates]


@pytest.mark.parametrize("query", [{}, {"from": OLD}])
def test_who_opens_no_lists_sees_no_small_cell(client, place, query):
    client.force_login(place.admin)
    response = shown(client, **query)
    assert doors(response.content.decode()) == []
    for tile in tiles(response).values():
        for line in tile.table.lines:
            for entry in line.entries:
                if entry.kind == "count" and entry.value:
                    assert entry.is_hidden or entry.value >= 10, (tile.name, line)
    for narrowed in ({"band": "1"}, {"show": "revenue"}):
        assert client.get(reverse("stages"), narrowed).status_code == 404


def test_who_may_not_see_boards_is_turned_away(client, place):
    for person in (place.manager, place.clerk):
        client.force_login(person)
        assert client.get(reverse("stages")).status_code == 403
    client.force_login(place.analyst)
    assert client.post(reverse("stages")).status_code == 405


def test_file_of_a_tile_has_its_numbers(client, place):
    client.force_login(place.analyst)
    response = client.get(reverse("stages"), {"file": "matrix", "layer": "3", "show": "customers"})
    rows = list(csv.reader(io.StringIO(response.content.decode().removeprefix("\ufeff"))))
    table = tiles(shown(client, layer="3", show="customers"))["matrix"].table
    assert response["Content-Disposition"] == 'attachment; filename="stages-matrix-20261122.csv"'
    assert [[int(cell) for cell in row[1:]] for row in rows[4:]] == [
        [entry.value for entry in line.entries] for line in table.lines
    ]
    assert len(rows[2]) == 6  # and the version of the definition, and of the policy behind it


@pytest.mark.parametrize("query", [{}, {"layer": "3", "brand": "1", "from": OLD}])
def test_page_needs_few_queries(client, place, query, django_assert_max_num_queries):
    client.force_login(place.east_analyst)
    with django_assert_max_num_queries(14):
        client.get(reverse("stages"), query)


def test_list_refuses_a_stage_nobody_knows(client, place):
    client.force_login(place.analyst)
    for term in ("2026-10:9", "2026-10", "0000-01:3", "2026-13:1"):
        assert client.get(reverse("customers"), {"stage_at": term}).status_code == 400
    assert client.get(reverse("customers"), {"stage_at": "2019-01:3"}).context["number"] == 0


def test_phone_manager_lists_own_customers_of_a_flow(client, place):
    client.force_login(place.manager)
    query = {"stage_at": [f"{label(NEWEST - 1)}:12345", f"{NEW}:3"]}
    response = client.get(reverse("customers"), query)
    assert (
        response.context["number"]
        == Standing.objects.filter(manager_id=place.manager.pk, stage=3).exclude(stage_path__lt=8).count()
    )
    assert Staff.objects.get(pk=place.manager.pk).role == "phone_manager"
