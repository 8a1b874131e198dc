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

    browser_page.locator("#effect .tiers-door").first.click()
    expect(browser_page.locator("#who tbody tr")).to_have_count(1)

    browser_page.locator("#id_mid_from").press("Enter")
    expect(browser_page.locator("[role=status]").first).to_be_visible()
    browser_page.locator("[data-open=publish-dialog]").click()
    browser_page.locator("#publish-dialog button[type=submit]").press("Enter")
    expect(browser_page.locator("[role=status]").first).to_be_visible()

    assert (live_policy().version, live_policy().mid_from_fen) == (2, 115_00)


def test_handles_move_by_keys_and_stop_at_their_neighbours(browser_page, login, branch):
    give_bills(branch, {branch.customer(None): 118_00, branch.customer(None): 250_00})
    login(browser_page, branch.staff("admin", Staff.Role.ADMIN, branch.root))
    browser_page.goto("/tiers/")
    handle, field = browser_page.locator(".handle[data-field=id_mid_from]"), browser_page.locator("#id_mid_from")
    expect(handle).to_have_attribute("aria-valuenow", "120")

    handle.focus()
    for _ in range(5):
        browser_page.keyboard.press("ArrowLeft")

    expect(field).to_have_value("115")
    expect(browser_page.locator("[data-band='4'] [data-after]")).to_have_text("1")
    for _ in range(12):
        browser_page.keyboard.press("PageUp")
    expect(field).to_have_value("199")
    expect(browser_page.locator("[data-band='4'] [data-after]")).to_have_text("0")
    assert TierPolicy.objects.count() == 1


def test_dragged_handle_is_the_typed_value(browser_page, login, branch):
    give_bills(branch, {branch.customer(None): 118_00, branch.customer(None): 250_00})
    login(browser_page, branch.staff("admin", Staff.Role.ADMIN, branch.root))
    browser_page.goto("/tiers/")
    field = browser_page.locator("#id_mid_from")
    expect(browser_page.locator("[data-band='4']")).to_be_visible()  # the effect has come, the handles are drawn
    handle = browser_page.locator(".handle[data-field=id_mid_from] .reach")
    expect(handle).to_be_visible()
    reach = handle.bounding_box()
    x, y = reach["x"] + reach["width"] / 2, reach["y"] + 40

    browser_page.mouse.move(x, y)
    browser_page.mouse.down()
    browser_page.mouse.move(x - 12, y, steps=4)
    browser_page.mouse.up()

    dragged = int(field.input_value())
    assert 80 < dragged < 118
    expect(browser_page.locator("[data-band='4'] [data-after]")).to_have_text("1")
    expect(browser_page.locator(".handle[data-field=id_mid_from]")).to_have_attribute("aria-valuenow", str(dragged))


def test_narrow_screen_does_not_scroll_sideways(browser_page, login, branch):
    give_bills(branch, {branch.customer(None): 118_00})
    login(browser_page, branch.staff("admin", Staff.Role.ADMIN, branch.root))
    browser_page.set_viewport_size({"width": 390, "height": 844})

    browser_page.goto("/tiers/")
    expect(browser_page.locator("[data-band='4']")).to_be_visible()

    width = browser_page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
