"""The administrator's job on the stage thresholds in a real browser: draft, effect, back-test, publication, by keyboard."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from callcenter.tests.branch import build_branch, drop_standings
from customers.models import Run, Staff
from lifecycle.models import StagePolicy
from lifecycle.stage_actions import STAGES
from segmentation.cohort import CohortTerms
from tests.stage_policy.conftest import give_months

pytestmark = pytest.mark.browser
FALLING = [100_00] * 11 + [85_00] * 3


@pytest.fixture
def branch(transactional_db):
    """Return a branch with the first thresholds; emptying the database between tests takes the migrated ones away."""
    StagePolicy.objects.get_or_create(status="live", defaults={"version": 1, "created_at": timezone.now()})
    found = build_branch()
    plan = {"cohort": asdict(CohortTerms(year=2026)), "cohort_id": 0}
    Run.objects.filter(pk=found.run.pk).update(plan=plan, customers=9)
    yield found
    drop_standings()


def test_administrator_sees_who_would_move_before_publishing(browser_page, login, branch):
    give_months(branch, {branch.customer(None, join_date=dt.date(2015, 1, 5)): FALLING})
    login(browser_page, branch.staff("admin", Staff.Role.ADMIN, branch.root))

    browser_page.goto("/stages/policy/")
    decline = browser_page.locator("[data-stage='4'] [data-after]")
    expect(decline).to_have_text("0")
    browser_page.locator("#id_decline_percent").fill("-10")
    expect(decline).to_have_text("1")
    assert StagePolicy.objects.count() == 1

    browser_page.locator("[hx-post$='back-test/']").press("Enter")
    expect(browser_page.locator("#back-test tfoot")).to_be_visible()
    browser_page.locator("#id_decline_percent").press("Enter")
    expect(browser_page.locator("[role=status]").first).to_be_visible()
    browser_page.locator("[data-open=publish-dialog]").click()
    browser_page.locator("#publish-dialog button[type=submit]").press("Enter")
    expect(browser_page.locator("[role=status]").first).to_be_visible()

    assert (STAGES.live().version, STAGES.live().decline_percent) == (2, -10)
    browser_page.set_viewport_size({"width": 390, "height": 844})
    browser_page.goto("/stages/policy/")
    expect(decline).to_have_text("1")
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= 390
