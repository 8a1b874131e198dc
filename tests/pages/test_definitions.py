"""Definitions: every number has one, with a version and a date; a meaning never changes without a new version."""

import hashlib
import json
from itertools import pairwise
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import translation

from customers.models import Run
from cvm.dashboards.pages import BOARDS
from cvm.definitions.catalogue import ALL, GROUPS, define
from cvm.definitions.registry import Told
from segmentation.models import Cohort

pytestmark = pytest.mark.django_db

FINGERPRINTS = Path(__file__).with_name("definition_fingerprints.json")
PAGES = ["home", "ledger", "stages", *(f"board-{name}" for name in BOARDS)]


def fingerprints():
    """Return the first digits of the hash of every version's English text."""
    with translation.override("en"):
        return {
            f"{one.key} v{version.number}": hashlib.sha256(str(version.text).encode()).hexdigest()[:12]
            for one in ALL.values()
            for version in one.versions
        }


def test_no_meaning_changes_without_a_new_version():
    """Whoever changes a text adds a version (or, for a slip of the pen, its new fingerprint): written by hand here."""
    assert fingerprints() == json.loads(FINGERPRINTS.read_text())


@pytest.mark.parametrize("key", ALL)
def test_versions_count_up_and_say_what_changed(key):
    one = ALL[key]
    assert [version.number for version in one.versions] == list(range(1, len(one.versions) + 1))
    assert all(before.since <= after.since for before, after in pairwise(one.versions))
    assert all(version.changed for version in one.versions[1:])
    assert one.text
    assert "%(" not in one.text


def test_definition_nobody_wrote_is_an_error():
    with pytest.raises(KeyError):
        define("ledger.nothing")
    assert len(ALL) == sum(len(group.definitions) for group in GROUPS)


@pytest.mark.parametrize("name", PAGES)
def test_every_tile_takes_its_definition_from_the_registry(client, place, name):
    client.force_login(place.analyst)
    answer = client.get(reverse(name))
    context = answer.context
    steps = [pair for step in context["steps"] for pair in step.tiles] if name == "home" else []
    tiles = steps if name == "home" else context["tiles"]
    assert tiles or context["board"].empty
    body = answer.content.decode()
    for tile, _url in tiles:
        assert isinstance(tile.definition, Told), tile.name
        assert f"{reverse('definitions')}#{tile.definition.definition.key}" in body
    for figure in context.get("figures") or []:
        assert isinstance(figure.definition, Told)


def test_tile_names_the_version_of_the_policy_that_decided(client, place):
    Run.objects.filter(pk=place.run.pk).update(policies={"tier": 7, "stage": 3, "warning": 2, "cohort": 2026})
    client.force_login(place.analyst)
    client.cookies["django_language"] = "en"

    body = client.get(reverse("board-concentration")).content.decode()
    file = client.get(reverse("board-concentration"), {"file": "curve"}).content.decode().splitlines()[2]

    assert "Tier policy 7" in body
    assert "Tier policy 7" in file
    assert "definition version 1, since 2026-11-23" in file
    assert "Cohort 2026" in client.get(reverse("ledger")).content.decode()


def test_page_lists_every_definition_with_its_older_versions(client, place):
    client.force_login(place.analyst)
    answer = client.get(reverse("definitions"))
    body = answer.content.decode()

    assert answer.context["count"] == len(ALL)
    for key in ALL:
        assert f'id="{key}"' in body
    older = [(one, version) for one in ALL.values() for version in one.older]
    assert body.count("definition-older") == len(older) > 0
    cohort = Cohort.objects.get()
    assert [year for year, _terms in answer.context["cohorts"]] == [cohort.year]


def test_word_finds_a_number_by_name_or_meaning(client, place):
    client.force_login(place.analyst)
    client.cookies["django_language"] = "en"

    answer = client.get(reverse("definitions"), {"q": " VINTAGE "})

    found = [one.key for _group, _url, found in answer.context["groups"] for one in found]
    assert found == ["ledger.vintages"]
    assert client.get(reverse("definitions"), {"q": "xyzzy"}).context["count"] == 0


def test_phone_manager_reads_the_definitions_of_own_pages_only(client, place):
    client.force_login(place.manager)
    answer = client.get(reverse("definitions"))
    assert [group.page for group, _url, _found in answer.context["groups"]] == ["segments", "edge"]
    client.force_login(place.clerk)
    assert client.get(reverse("definitions")).status_code == 403
