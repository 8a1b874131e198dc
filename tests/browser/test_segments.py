"""The segment editor by keyboard: a rule is built, counted while it grows, and saved."""

import re

import pytest
from django.urls import reverse

from customers.models import Standing
from segmentation.models import Segment
from tests.pages import branch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NEW = reverse("segment-new")


def test_rule_is_built_by_keyboard_and_counted_while_it_grows(browser_page, login):
    place, page = branch.build(), browser_page
    login(page, place.analyst)
    page.goto(NEW)
    page.wait_for_selector("#segment-live [data-count]")

    page.locator("[data-add-leaf]").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.type("Months")
    page.locator("[data-field]").nth(1).select_option("tenure")
    page.locator("[data-first]").fill("24")
    page.locator(".segment-leaf").first.locator("[data-remove]").press("Enter")
    expected = Standing.objects.filter(tenure_months__gte=24).count()
    page.wait_for_selector(f'#segment-live [data-count="{expected}"]')
    page.locator("input[name=name]").fill("Built by hand")
    page.keyboard.press("Enter")

    page.wait_for_url(re.compile(r"/segments/\d+/$"))
    assert Segment.objects.with_rule().get().rule == {"all": [{"field": "tenure", "op": "at_least", "value": 24}]}
