"""The administrator's job in a real browser with a real worker: change a threshold, try it, read, adopt."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from customers.models import Staff
from lifecycle.models import BackTest, MomentKind
from tests.backtests.trials import branch_with_a_night, person
from tests.night.conftest import _unread_queue, no_tables_left  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("no_tables_left")]
PATIENCE_MS = 60_000


def test_administrator_tries_a_draft_and_adopts_it(browser_page, login, celery_worker_process):
    branch_with_a_night(customers=300)
    login(browser_page, person(Staff.Role.ADMIN))
    browser_page.goto("/back-tests/")
    browser_page.get_by_role("link", name="消费突降", exact=True).click()

    browser_page.locator("#id_share_percent").fill("90")
    browser_page.locator("#id_least_fall_fen").fill("5")
    browser_page.locator("form.trial-form button[type=submit]").press("Enter")

    drafted = browser_page.locator("[data-hits=draft]")
    expect(drafted).to_be_visible(timeout=PATIENCE_MS)
    expect(browser_page.locator(".trial-changed")).to_have_count(2)
    live = browser_page.locator("[data-hits=live]")
    assert int(drafted.inner_text().replace(",", "")) > int(live.inner_text().replace(",", ""))
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= 1280

    browser_page.locator("[data-open=adopt-dialog]").click()
    browser_page.locator("#adopt-dialog button.btn-primary").press("Enter")
    expect(browser_page.locator("[role=status]").first).to_contain_text("消费突降")

    kind = MomentKind.objects.get(code="C4")
    assert (kind.thresholds, kind.version) == ({"share_percent": 90, "least_fall_fen": 5_00}, 2)
    assert BackTest.objects.get().status == BackTest.Status.DONE
    browser_page.set_viewport_size({"width": 390, "height": 844})
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= 390
