"""Every tile with figures has its night and day, definition, table, file, picture where it is drawn, and a link that shows it again."""

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.models import Run, Standing
from cvm.dashboards.pages import BOARDS
from cvm.dashboards.place import MEMBERS_GONE
from tests.pages.branch import MONTH
from tests.pages.tile_rules import faults_of, figure_tiles, tree

pytestmark = pytest.mark.django_db

# page -> how many tiles it has at least
PAGES = {"home": 9, "boards": 4, "stages": 6, "ledger": 5, "edge": 1, "scoreboard": 1}
COUNTED_FROM_MEMBERS = ("board-keep", "board-banner", "edge")
HELD = (
    "home",
    "boards",
    "stages",
    "ledger",
    *(f"board-{name}" for name in BOARDS if f"board-{name}" not in COUNTED_FROM_MEMBERS),
)


@pytest.mark.parametrize(("name", "tiles"), PAGES.items())
def test_tile_owes_its_reader(client, place, name, tiles):
    client.force_login(place.analyst)
    assert faults_of(client, reverse(name), run=place.run, tiles=tiles) == []


def test_tiles_of_every_board_owe_the_same(client, place):
    client.force_login(place.analyst)
    assert [
        fault for name in BOARDS for fault in faults_of(client, reverse(f"board-{name}"), run=place.run, tiles=0)
    ] == []


def test_rules_find_a_tile_without_anything(client, place):
    bare = '<section class="tile"><h2>x</h2><table class="heat"><tr><td>1</td></tr></table></section>'
    assert len(figure_tiles(tree(bare))) == 1
    client.get = lambda url: type("Answer", (), {"status_code": 200, "content": bare.encode()})
    assert len(faults_of(client, "/x/", run=place.run, tiles=2)) == 7


@pytest.mark.parametrize("name", HELD)
def test_link_shows_the_same_figures_when_the_customers_of_the_night_are_gone(client, place, name):
    client.force_login(place.analyst)
    before = cells(client.get(reverse(name)))
    forget_members(place.run)

    again = cells(client.get(reverse(name), {"run": place.run.pk}))

    assert before == again


@pytest.mark.parametrize("name", COUNTED_FROM_MEMBERS)
def test_page_counted_from_customers_that_are_gone_says_so(client, place, name):
    client.force_login(place.analyst)
    forget_members(place.run)
    answer = client.get(reverse(name), {"run": place.run.pk})
    assert answer.status_code == 200
    assert str(MEMBERS_GONE) in answer.content.decode()
    assert not figure_tiles(tree(answer.content.decode()))


def forget_members(run):
    """Let three later nights pass."""
    Run.objects.filter(pk=run.pk).update(is_current=False)
    for day in (23, 24, 25):
        later = Run.objects.create(as_of=f"2026-11-{day}", month=MONTH, status="published", started_at=timezone.now())
    Run.objects.filter(pk=later.pk).update(is_current=True)
    Standing.objects.filter(run=run).delete()


def cells(answer):
    """Return what the tables of a page say: by tile, row and column."""
    assert answer.status_code == 200
    return {
        (tile.attributes["id"], row, at): cell.text.split()[:1]
        for tile in figure_tiles(tree(answer.content.decode()))
        for row, line in enumerate(tile.all("tr"))
        for at, cell in enumerate(line.all("td"))
    }
