"""The hidden answers stay hidden, and agree with the files."""

import json
import re
from fnmatch import fnmatch

import numpy as np
from django.conf import settings

from cvm.demo.truth import TYPES, next_leave, persuasion_types, save_effects, truth_columns
from offers.models import Offer

PRODUCT = ("customers", "segmentation", "lifecycle", "offers", "retention", "callcenter", "cvm")


def test_no_template_reads_the_truth():
    for path in (settings.BASE_DIR / "customers/templates_data").glob("*.json"):
        patterns = json.loads(path.read_text()).get("spec", {}).get("patterns", [])
        names = ("truth", "truth.parquet", "truth/truth.parquet", "notes.json", "notes")
        assert not [pattern for pattern in patterns for name in names if fnmatch(name, pattern)]


def test_no_product_module_knows_the_truth():
    word = re.compile(r"\btruth\.parquet\b|cvm\.demo\.truth|demo-data/truth|[\"']truth[\"'/]")
    files = [path for app in PRODUCT for path in (settings.BASE_DIR / app).rglob("*.py")]
    product = [path for path in files if "tests" not in path.parts and "cvm/demo/" not in path.as_posix()]
    assert [path for path in product if word.search(path.read_text())] == []


def test_only_present_customers_can_leave(demo):
    day, kind = next_leave(demo.branch)
    assert ((day > 0) == (kind > 0)).all()
    assert not day[~demo.branch.is_here].any()
    assert day[day > 0].min() > demo.branch.today


def test_future_leaves_go_on_at_the_pace_of_the_past(demo):
    branch = demo.branch
    day, _kind = next_leave(branch)
    coming = ((day > 0) & (day <= branch.today + 90)).sum()
    past = ((branch.leaves.day <= branch.today) & (branch.leaves.day > branch.today - 90)).sum()
    assert 0.75 < coming / past < 1.25


def test_contact_wakes_sleeping_dogs_and_wins_persuadables(demo):
    types = persuasion_types(demo.branch)
    effects = save_effects(demo.branch, types)
    means = {name: effects["contract"][types == number].mean() for number, name in enumerate(TYPES)}
    assert means["sleeping_dog"] < -0.05 < means["sure_thing"] < means["lost_cause"] < 0.1 < means["persuadable"]


def test_effects_name_the_offer_families(demo):
    names = {name.removeprefix("effect_") for name in truth_columns(demo.branch) if name.startswith("effect_")}
    assert names == set(Offer.Family.values)


def test_persuasion_types_are_all_there(demo):
    types = persuasion_types(demo.branch)[demo.branch.is_here]
    assert (np.bincount(types, minlength=4) > 100).all()
