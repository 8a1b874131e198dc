"""A test of offers as a person makes one: from a list, by keyboard, with the exact draw before anything starts."""

import datetime as dt
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.models import Consent, Customer, DoNotDisturb
from offers import experiment_actions as actions
from offers.models import Experiment
from tests.pages import branch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MOST_TABS = 150  # the rail and the filters stand before the tools of a list


@pytest.fixture
def place(db):
    """The small branch, everybody to be called but the first of the list."""
    made = branch.build()
    Consent.objects.all().delete()
    DoNotDisturb.objects.all().delete()
    Customer.objects.update(is_red_listed=False, is_black_listed=False, is_special=False, is_sensitive=False)
    Consent.objects.bulk_create(
        Consent(customer_id=pk, channel="call", is_given=True, said_at=made.run.started_at, source="test")
        for pk in Customer.objects.exclude(pk=1).values_list("pk", flat=True)
    )
    return made


def tab_to(page, wanted):
    """Walk on with the Tab key until the element of this selector has the focus."""
    for _press in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
    pytest.fail(f"{wanted} cannot be reached by keyboard")


def numbers(page, tile):
    """Return the members of each arm as a tile shows them, by the arm's name."""
    rows = page.locator(f"{tile} tbody tr")
    return {
        row.locator("th").inner_text().strip(): int(row.locator("[data-count]").first.get_attribute("data-count"))
        for row in rows.all()
    }


def test_list_becomes_a_test_by_keyboard_and_its_results_open(browser_page, login, place):
    page = browser_page
    login(page, place.analyst)
    page.goto("/customers/?in_network=1")
    listed = int(page.get_attribute("[data-result-count]", "data-result-count"))
    tab_to(page, f'a[href^="{reverse("experiment-new")}"]')
    page.keyboard.press("Enter")

    page.wait_for_selector("input[name=name]")
    tab_to(page, "input[name=name]")
    page.keyboard.type("宽带礼包")
    tab_to(page, "input[name=question]")
    page.keyboard.type("礼包留住更多客户吗")
    tab_to(page, "select[name=offer_1]")
    page.keyboard.press("ArrowDown")
    tab_to(page, "input[name=share_1]")
    page.keyboard.press("Enter")

    page.wait_for_url(re.compile(r"/tests/\d+/$"))
    assert Experiment.objects.get().status == "draft"
    preview = numbers(page, "#draw")
    assert len(preview) == 2
    assert sum(preview.values()) == listed - 1  # the first agreed to no call
    tab_to(page, "form[action$='/start/'] button")
    page.keyboard.press("Enter")

    page.wait_for_selector("#arms")
    assert numbers(page, "#arms") == preview
    found = Experiment.objects.get()
    assert (found.status, found.drawn) == ("running", listed - 1)
    page.locator("#arms a[data-count]").first.press("Enter")
    page.wait_for_selector("[data-result-count]")
    assert int(page.get_attribute("[data-result-count]", "data-result-count")) in preview.values()

    place.run.as_of = timezone.localdate() + dt.timedelta(days=30)
    place.run.save(update_fields=["as_of"])
    actions.take_up(place.run, at=timezone.now())
    page.goto(reverse("experiment", args=[found.pk]))
    page.locator("#measures .define > summary").press("Enter")
    assert "Newcombe" in page.locator("#measures .define-sheet").inner_text()
    with page.expect_download() as file:
        page.locator("#measures .tile-file").press("Enter")
    assert file.value.suggested_filename.startswith(f"test-{found.pk}-measures")
