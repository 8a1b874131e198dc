"""The API's documentation page works offline under the content policy (the fixture fails on a violation)."""

import pytest
from playwright.sync_api import expect

from callcenter.tests.branch import build_branch, drop_standings
from customers.models import Staff

pytestmark = pytest.mark.browser


def test_docs_page_lists_the_endpoints(browser_page, login, transactional_db):
    branch = build_branch()
    login(browser_page, branch.staff("reader", Staff.Role.API_CLIENT))

    browser_page.goto("/api/docs/")

    expect(browser_page.get_by_text("/api/v1/standings/", exact=True)).to_be_visible()
    drop_standings()
