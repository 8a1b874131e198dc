"""The search box with a real browser: from anywhere by one key, nothing typed in an address."""

from __future__ import annotations

import pytest

from customers.models import Customer, GroupAccount
from customers.numbers import number_hash
from tests.pages import branch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NUMBER = "13800130007"


@pytest.fixture
def place(db):
    place = branch.build()
    Customer.objects.filter(pk=7).update(number_hash=number_hash(NUMBER))
    return place


def test_the_key_leads_to_the_box_and_the_hits_to_the_customer(browser_page, login, place):
    login(browser_page, place.leader)
    browser_page.goto("/customers/")

    browser_page.keyboard.press("/")
    browser_page.keyboard.type("wxm")
    browser_page.wait_for_selector(".search-hit")
    assert browser_page.locator(".search-hit").count() == 8
    browser_page.keyboard.press("ArrowDown")
    browser_page.keyboard.press("ArrowDown")
    second = browser_page.locator(".search-hit").nth(1).get_attribute("href")
    browser_page.keyboard.press("Enter")
    browser_page.wait_for_url(f"**{second}")


def test_escape_and_a_click_elsewhere_close_the_hits(browser_page, login, place):
    login(browser_page, place.leader)
    browser_page.goto("/search/")
    for close in (lambda: browser_page.keyboard.press("Escape"), lambda: browser_page.mouse.click(1200, 700)):
        browser_page.locator(".search-input").fill("")
        browser_page.locator(".search-input").press_sequentially("0007")
        browser_page.wait_for_selector(".search-hit")
        close()
        assert browser_page.locator(".search-hit").count() == 0


def test_a_full_number_waits_for_enter_and_stands_in_no_address(browser_page, login, place):
    asked = []
    browser_page.on("request", lambda request: asked.append(request.url))
    login(browser_page, place.clerk)
    browser_page.goto("/search/")

    browser_page.keyboard.press("/")
    browser_page.keyboard.type(NUMBER)
    browser_page.wait_for_selector(".search-note")
    browser_page.keyboard.press("Enter")
    browser_page.wait_for_selector("tr[data-customer='7']")

    assert browser_page.url.endswith("/search/")
    assert [url for url in asked if NUMBER in url or "q=" in url] == []
    assert NUMBER not in browser_page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")


def test_a_group_shows_its_members(browser_page, login, place):
    Customer.objects.filter(pk=4).update(group=GroupAccount.objects.get())
    login(browser_page, place.leader)
    browser_page.goto("/search/")

    browser_page.locator(".search-input").press_sequentially("第一中学")
    browser_page.wait_for_selector(".search-group")

    assert browser_page.locator(".search-hit").count() == 2
