"""The ledger in a real browser: a number of the books opens exactly its members, and the way back."""

import pytest

from tests.pages import branch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def place(db):
    return branch.build()


def test_number_of_the_books_opens_its_members_by_keyboard(browser_page, login, place):
    login(browser_page, place.analyst)
    browser_page.goto("/ledger/")
    number = browser_page.locator("main a[data-count]").first
    promised, words = number.get_attribute("data-count"), browser_page.title()

    number.focus()
    browser_page.keyboard.press("Enter")

    browser_page.wait_for_selector("[data-result-count]")
    assert browser_page.get_attribute("[data-result-count]", "data-result-count") == promised
    assert browser_page.locator(".chip").count() >= 1
    browser_page.locator("tbody th a").first.click()
    browser_page.wait_for_selector(".verdict")
    browser_page.go_back()
    browser_page.wait_for_selector(f"[data-result-count='{promised}']")
    browser_page.go_back()
    browser_page.wait_for_function("words => document.title === words", arg=words)
