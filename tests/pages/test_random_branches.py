"""For every tile of random small branches: its parts add up, to the customers of the run where it shows everybody, and
the list behind each number has that many rows."""

import random

import pytest
from django.urls import reverse

from customers.models import Standing
from tests.pages import branch
from tests.pages.links import doors, listed
from tests.pages.older_books import give_older_books

pytestmark = pytest.mark.django_db

DIMENSIONS = ["brand", "tenure_band", "structure", "bundling", "group", "payment", "products"]
ADDRESSES = [
    ("home", {}),
    ("board-products", {}),
    ("board-costs", {}),
    ("board-keep", {}),
    ("board-movement", {"who": "all"}),
    ("stages", {}),
    ("ledger", {}),
    ("ledger", {"by": "county", "year": "2025"}),
]
EVERYBODY, HERE = "everybody", "on the network"
# tiles whose lines, less their sum, hold each customer once: place of the column -> whom they hold
WHOLE = {
    ("home", "pyramid"): (0, HERE),
    ("home", "stages"): (0, EVERYBODY),
    ("home", "band-stage"): (-1, HERE),
    ("home", "risk"): (-1, HERE),
    ("home", "holding"): (-1, HERE),
    ("board-products", "holding"): (-1, HERE),
    ("board-pivots", "pivot"): (-1, EVERYBODY),
    ("board-pivots", "shares"): (0, HERE),
    ("board-costs", "cost"): (0, HERE),
    ("stages", "matrix"): (-1, EVERYBODY),
}
COUNTED = ("count", "signed")


def tiles(context):
    """Return every tile of a page."""
    steps = context.get("steps") or []
    return [tile for tile, _url in (context.get("tiles") or [pair for step in steps for pair in step.tiles])]


@pytest.mark.parametrize("seed", [1, 2])
def test_parts_of_every_tile_are_its_whole_and_lists_have_their_rows(client, db, seed):
    dice = random.Random(seed)
    place = branch.build(customers=dice.randint(5, 90), seed=seed)
    give_older_books(place, year=2025)
    client.force_login(place.analyst)
    standings = Standing.objects.filter(run=place.run)
    many = {EVERYBODY: place.run.customers, HERE: standings.filter(band__gt=0).count()}
    assert standings.count() == many[EVERYBODY]
    promised, seen = {}, set()
    pivots = [("board-pivots", {"by": name}) for name in dice.sample(DIMENSIONS, 2)]
    for name, query in [*ADDRESSES, *pivots, ("ledger", {"by": dice.choice(("layer", "manager"))})]:
        answer = client.get(reverse(name), query)
        promised |= dict.fromkeys(doors(answer.content.decode()))
        for tile in tiles(answer.context):
            parts = [line for line in tile.table.lines if not line.is_sum]
            sums = [line for line in tile.table.lines if line.is_sum]
            if len(sums) == 1 and tile.name != "waterfall":
                for at, whole in enumerate(sums[0].entries):
                    if whole.kind in COUNTED and whole.value is not None:
                        total = sum(line.entries[at].value or 0 for line in parts)
                        assert (name, query, tile.name, at, total) == (name, query, tile.name, at, whole.value)
            if (name, tile.name) in WHOLE:
                column, whom = WHOLE[name, tile.name]
                total = sum(line.entries[column].value or 0 for line in parts)
                assert (name, query, tile.name, total) == (name, query, tile.name, many[whom])
                seen.add((name, tile.name))
    assert seen == WHOLE.keys()
    assert len(promised) > 100
    for url, customers in promised:
        assert (url, listed(url, place.analyst)) == (url, customers)
