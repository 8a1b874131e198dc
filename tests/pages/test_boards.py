"""The boards: parts that add up, numbers that open exactly their customers, nothing small for who sees no lists."""

import csv
import io
import re

import pytest
from django.urls import reverse

from customers.models import Rollup, Run, Standing
from cvm.dashboards import movement
from cvm.dashboards.pages import BOARDS
from segmentation.models import Band
from tests.pages.links import doors, listed

pytestmark = pytest.mark.django_db

NAMES = list(BOARDS)
DIMENSIONS = ["brand", "tenure_band", "structure", "bundling", "group", "payment", "products", "credit"]
GROUPS = ["mid_high", "all", "high", "ordinary", "basic"]
ADDRESSES = [
    ("board-concentration", {}),
    ("board-products", {}),
    ("board-costs", {}),
    ("board-keep", {}),
    ("board-outcome", {}),
    *[("board-pivots", {"by": name}) for name in DIMENSIONS],
    *[("board-movement", {"who": name}) for name in GROUPS],
]


def shown(client, name, **query):
    response = client.get(reverse(name), query)
    assert response.status_code == 200
    return response


def tiles(response):
    return {tile.name: tile for tile, _url in response.context["tiles"]}


@pytest.mark.parametrize(("name", "query"), ADDRESSES)
def test_every_number_opens_exactly_that_many_customers(client, place, name, query):
    client.force_login(place.analyst)
    found = doors(shown(client, name, **query).content.decode())
    assert found
    for url, customers in set(found):
        assert (url, listed(url, place.analyst)) == (url, customers)


@pytest.mark.parametrize("name", NAMES)
def test_numbers_of_one_county_open_that_county(client, place, name):
    client.force_login(place.analyst)
    for url, customers in set(doors(shown(client, f"board-{name}", county=place.east.pk).content.decode())):
        assert f"county={place.east.pk}" in url
        assert listed(url, place.analyst) == customers


@pytest.mark.parametrize("name", DIMENSIONS)
def test_cells_of_a_pivot_add_up_to_the_customers_of_the_run(client, place, name):
    client.force_login(place.analyst)
    found = tiles(shown(client, "board-pivots", by=name))
    lines = found["pivot"].table.lines
    cells = [entry for line in lines if not line.is_sum for entry in line.entries[:-1]]
    assert sum(entry.value for entry in cells) == place.run.customers == lines[-1].entries[-1].value
    assert sum(entry.extra[0].value for entry in cells) == sum(Standing.objects.values_list("cum3_fen", flat=True))
    for line in lines:
        assert sum(entry.value for entry in line.entries[:-1]) == line.entries[-1].value
    on_network = Standing.objects.filter(band__gt=0).count()
    assert sum(line.entries[0].value for line in found["shares"].table.lines[:-1]) == on_network


def test_efficiency_is_share_of_revenue_per_share_of_customers(client, place):
    Rollup.objects.filter(kind="by_brand").delete()
    for brand, customers, revenue in ((1, 1, 300), (2, 3, 100)):
        Rollup.objects.create(
            run=place.run, kind="by_brand", county_id=place.east.pk, row=brand, column=3, customers=customers,
            revenue_fen=revenue,
        )  # fmt: skip
    client.force_login(place.analyst)
    lines = tiles(shown(client, "board-pivots"))["shares"].table.lines
    assert [line.entries[-1].text for line in lines] == ["×3.00", "×0.33", "×1.00"]


def test_curve_ends_at_everything_and_never_bends_upwards(client, place):
    client.force_login(place.analyst)
    lines = tiles(shown(client, "board-concentration"))["curve"].table.lines
    here = Standing.objects.filter(band__gt=0)
    assert len(lines) == 101
    assert (lines[-1].entries[0].value, lines[-1].entries[1].value) == (
        here.count(),
        sum(here.values_list("cum3_fen", flat=True)),
    )
    best = here.order_by("-cum3_fen").values_list("cum3_fen", flat=True)[: lines[20].entries[0].value]
    assert lines[20].entries[1].value == sum(best)


def test_curve_of_one_county_is_that_county(client, place):
    client.force_login(place.east_analyst)
    lines = tiles(shown(client, "board-concentration"))["curve"].table.lines
    assert lines[-1].entries[0].value == Standing.objects.filter(band__gt=0, county_id=place.east.pk).count()


@pytest.mark.parametrize("who", GROUPS)
def test_steps_lead_from_the_first_month_to_the_second(client, place, who):
    client.force_login(place.analyst)
    found = tiles(shown(client, "board-movement", who=who))
    *steps, end = [line.entries[0].value for line in found["waterfall"].table.lines]
    assert sum(steps) == end
    for line in found["flows"].table.lines:
        assert sum(entry.value for entry in line.entries[:-1]) == line.entries[-1].value


def test_matrix_holds_everybody_on_the_network_at_one_end(client, place):
    client.force_login(place.analyst)
    lines = tiles(shown(client, "board-movement"))["matrix"].table.lines
    nowhere = Standing.objects.filter(band=0, previous_band=0).count()
    assert lines[-1].entries[-1].value == place.run.customers - nowhere


@pytest.mark.parametrize(
    "query", [{"from": "2017-01"}, {"from": "never"}, {"to": "2026-13"}, {"who": "nobody"}, {"county": "9999"}]
)
def test_movement_of_what_nobody_knows_is_not_found(client, place, query):
    client.force_login(place.analyst)
    assert client.get(reverse("board-movement"), query).status_code == 404


def test_flows_of_neighbouring_bands_share_no_customer():
    for bands in ([5], [4, 5], [1], [2, 3], [1, 2, 3, 4, 5]):
        found = movement.flows(bands)
        moves = [(b, a) for name in list(found)[1:-1] for b in found[name][0] for a in found[name][1]]
        assert len(moves) == len(set(moves))


def test_dimension_nobody_knows_is_not_found(client, place):
    client.force_login(place.analyst)
    assert client.get(reverse("board-pivots"), {"by": "password"}).status_code == 404


@pytest.mark.parametrize(("name", "query"), ADDRESSES)
def test_who_opens_no_lists_sees_no_small_cell(client, place, name, query):
    client.force_login(place.admin)
    if query == {"by": "products"}:
        assert (
            client.get(reverse(name), query).status_code == 404
        )  # beside the board of products it would tell too much
        return
    response = shown(client, name, **query)
    assert doors(response.content.decode()) == []
    for tile in tiles(response).values():
        for line in tile.table.lines:
            for entry in line.entries:
                if entry.kind in ("count", "signed") and entry.value and tile.name != "cost":
                    assert entry.is_hidden or abs(entry.value) >= 10


def test_file_of_a_tile_has_its_numbers_and_no_formula(client, place):
    client.force_login(place.analyst)
    response = client.get(reverse("board-pivots"), {"by": "group", "file": "shares"})
    text = response.content.decode()
    assert text.startswith("\ufeff")
    assert response["Content-Disposition"] == 'attachment; filename="pivots-shares-20261122.csv"'
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    table = tiles(shown(client, "board-pivots", by="group"))["shares"].table
    assert [row[0] for row in rows[4:]] == [line.label for line in table.lines]
    assert [int(row[1]) for row in rows[4:]] == [line.entries[0].value for line in table.lines]
    assert not [cell for row in rows for cell in row if re.match(r"[=+@]", cell)]


def test_file_of_no_tile_is_not_found(client, place):
    client.force_login(place.analyst)
    assert client.get(reverse("board-costs"), {"file": "passwords"}).status_code == 404


def test_file_hides_small_cells_as_the_page_does(client, place):
    client.force_login(place.admin)
    text = client.get(reverse("board-pivots"), {"by": "group", "file": "pivot"}).content.decode()
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))[4:]
    assert any("*" in row for row in rows)
    assert len({len(row) for row in rows}) == 1


@pytest.mark.parametrize("name", [*(f"board-{name}" for name in NAMES), "boards"])
def test_boards_need_few_queries(client, place, name, django_assert_max_num_queries):
    client.force_login(place.east_analyst)
    with django_assert_max_num_queries(8):
        client.get(reverse(name))


@pytest.mark.parametrize("name", [*(f"board-{name}" for name in NAMES), "boards"])
def test_boards_turn_away_who_may_not_see_them(client, place, name):
    for person in (place.manager, place.clerk):
        client.force_login(person)
        assert client.get(reverse(name)).status_code == 403
    client.force_login(place.analyst)
    assert client.post(reverse(name)).status_code == 405
    assert client.get(reverse(name), {"county": "x"}).status_code == 404


@pytest.mark.parametrize("name", [*(f"board-{name}" for name in NAMES), "boards"])
def test_boards_explain_themselves_before_the_first_night(client, place, name):
    Run.objects.update(is_current=False)
    client.force_login(place.analyst)
    assert "home/empty.html" in [template.name for template in shown(client, name).templates]


@pytest.mark.parametrize("name", ["concentration", "pivots", "products", "costs"])
def test_night_that_counted_less_says_so(client, place, name):
    Rollup.objects.exclude(kind__in=["band_stage", "band_previous"]).delete()
    client.force_login(place.analyst)
    response = shown(client, f"board-{name}")
    assert response.context["board"].empty
    assert not response.context["tiles"]


def test_cost_out_of_proportion_is_told(client, place):
    Rollup.objects.filter(kind__in=["service", "year"]).delete()
    for kind, row, customers, money in (
        ("year", 5, 20, 900),
        ("year", 1, 80, 100),
        ("service", 1, 9, 16),
        ("service", 5, 9, 84),
    ):
        Rollup.objects.create(
            run=place.run, kind=kind, county_id=place.east.pk, row=row, column=0, customers=customers, revenue_fen=money
        )
    client.force_login(place.analyst)
    assert str(Band.VERY_LOW.label) in tiles(shown(client, "board-costs"))["cost"].alert
    Rollup.objects.filter(kind="service", row=1).update(revenue_fen=14)
    assert tiles(shown(client, "board-costs"))["cost"].alert == ""


def test_costs_count_what_the_year_served(place):
    found = list(Rollup.objects.filter(kind="service").values_list("row", "customers"))
    band = Standing.objects.get(customer_id=1).band
    assert {row for row, _many in found} == {band}
    # one call of ours, the complaint, and the hotline and hall of the events
    assert sum(many for _row, many in found) == 4


@pytest.mark.parametrize("who", ["analyst", "leader", "admin", "auditor"])
def test_every_section_has_a_board_or_says_what_feeds_it(client, place, who):
    client.force_login(getattr(place, who))
    sections = [section for section, _url in shown(client, "boards").context["sections"]]
    assert len(sections) == 5
    assert all(section.cards or section.feeds for section in sections)
    for section in sections:
        for card in section.cards:
            assert client.get(card.url).status_code == 200
