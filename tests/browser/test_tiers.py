"""The administrator's job in a real browser: draft, effect before saving, publication, by keyboard."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from callcenter.tests.branch import build_branch, drop_standings
from customers.models import Staff
from segmentation.actions import live_policy
from segmentation.models import TierPolicy
from tests.tiers.conftest import give_bills

pytestmark = pytest.mark.browser


@pytest.fixture
def branch(transactional_db):
    """Return a branch with the first ladder; emptying the database between tests takes the migrated one away."""
    TierPolicy.objects.get_or_create(status="live", defaults={"version": 1, "created_at": timezone.now()})
    yield build_branch()
    drop_standings()


def test_administrator_sees_the_effect_before_publishing(browser_page, login, branch):
    give_bills(branch, {branch.customer(None): 118_00, branch.customer(None): 250_00})
    login(browser_page, branch.staff("admin", Staff.Role.ADMIN, branch.root))

    browser_page.goto("/tiers/")
    potential = browser_page.locator("[data-band='3'] [data-after]")
    mid = browser_page.locator("[data-band='4'] [data-after]")
    expect(potential).to_have_text("1")

    browser_page.locator("#id_mid_from").fill("115")
    expect(mid).to_have_text("1")
    expect(potential).to_have_text("0")
    assert TierPolicy.objects.count() == 1

    browser_page.locator("#id_mid_from").press("Enter")
    expect(browser_page.locator("[role=status]").first).to_be_visible()
    browser_page.locator("[data-open=publish-dialog]").click()
    browser_page.locator("#publish-dialog button[type=submit]").press("Enter")
    expect(browser_page.locator("[role=status]").first).to_be_visible()

    assert (live_policy().version, live_policy().mid_from_fen) == (2, 115_00)


def test_narrow_screen_does_not_scroll_sideways(browser_page, login, branch):
    give_bills(branch, {branch.customer(None): 118_00})
    login(browser_page, branch.staff("admin", Staff.Role.ADMIN, branch.root))
    browser_page.set_viewport_size({"width": 390, "height": 844})

    browser_page.goto("/tiers/")
    expect(browser_page.locator("[data-band='4']")).to_be_visible()

    width = browser_page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
