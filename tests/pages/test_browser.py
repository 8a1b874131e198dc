"""The analyst's way through the pages in a real browser: from a figure to the customer behind it."""

import pytest

from customers.models import ImportBatch
from tests.pages import branch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def place(db):
    return branch.build()


def overflow(page):
    """Return by how many pixels the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_from_the_login_to_one_customer(browser_page, place):
    page = browser_page
    page.goto("/")
    page.fill("input[name=username]", "analyst")
    page.fill("input[name=password]", branch.PASSWORD)
    page.click("main button.btn-primary")
    page.wait_for_selector("cvm-chart[kind=pyramid]")

    number = page.locator("cvm-chart[kind=pyramid] a[data-count]").first
    promised = number.get_attribute("data-count")
    number.click()
    page.wait_for_selector("[data-result-count]")
    assert page.get_attribute("[data-result-count]", "data-result-count") == promised

    page.goto("/customers/")
    page.click("thead a:has-text('三月平均'), thead a:has-text('3-month average')")
    page.wait_for_url("**sort=-value**")
    page.click("a[rel=next]")
    page.wait_for_url("**after=**")
    assert page.locator("tbody tr").count() == branch.CUSTOMERS - 50

    page.click("tbody th a >> nth=0")
    page.wait_for_selector(".verdict")
    assert page.locator(".verdict").count() == 7


def test_filters_update_the_list_and_the_address(browser_page, login, place):
    page = browser_page
    login(page, place.analyst)
    page.goto("/customers/")
    page.select_option("select[name=stage]", "4")
    page.wait_for_url("**stage=4**")
    page.wait_for_selector(".chip")
    count = int(page.get_attribute("[data-result-count]", "data-result-count"))
    assert page.locator("tbody tr").count() == count < branch.CUSTOMERS
    page.click(".chip")
    page.wait_for_selector(f"[data-result-count='{branch.CUSTOMERS}']")


def test_charts_can_be_read_as_tables_by_keyboard(browser_page, login, place):
    page = browser_page
    login(page, place.analyst)
    page.goto("/customers/1/")
    page.wait_for_selector("cvm-chart[view=chart] canvas")
    page.focus("cvm-chart .chart-switch")
    page.keyboard.press("Enter")
    page.wait_for_selector("cvm-chart[view=table]")
    assert page.locator("cvm-chart tbody tr").first.is_visible()
    page.keyboard.press("Enter")
    page.wait_for_selector("cvm-chart[view=chart]")


def test_language_and_theme_are_switched_and_kept(browser_page, login, place):
    page = browser_page
    login(page, place.analyst)
    page.goto("/")
    page.click("button[name=language][value=en]")
    page.wait_for_selector("html[lang=en]")
    assert page.locator("h1").inner_text() == "Overview"
    page.click("[data-theme-switch]")
    page.wait_for_selector("html[data-bs-theme=dark]")
    page.goto("/customers/")
    assert page.get_attribute("html", "data-bs-theme") == "dark"
    assert page.get_attribute("html", "lang") == "en"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_no_page_is_wider_than_a_telephone(browser_page, login, live_server, place, language):
    page = browser_page
    page.set_viewport_size({"width": 390, "height": 844})
    page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
    login(page, place.analyst)
    for address in (
        "/ledger/",
        "/customers/",
        "/customers/1/",
        "/moments/log/",
        "/segments/new/",
        "/edge/",
        "/nowhere/",
    ):
        page.goto(address)
        assert (address, overflow(page)) == (address, 0)
    login(page, place.admin)
    for address in (
        "/",
        "/definitions/",
        "/stages/",
        "/stages/policy/1/",
        "/stages/playbooks/1/",
        "/moments/C1/",
        "/moments/C1/edit/",
        "/tiers/1/",
        "/events/keys/",
        "/imports/templates/",
        f"/runs/{place.run.pk}/",
    ):
        page.goto(address)
        assert (address, overflow(page)) == (address, 0)


def test_the_night_is_started_from_a_dialog(browser_page, login, place, monkeypatch):
    monkeypatch.setattr("cvm.runs.start_night", lambda **given: place.run)
    page = browser_page
    login(page, place.admin)
    page.goto("/runs/")
    page.click("[data-open=start-night]")
    page.wait_for_selector("dialog[open]")
    page.click("dialog [data-close]")
    assert not page.locator("dialog").is_visible()
    page.click("[data-open=start-night]")
    page.click("dialog button.btn-primary")
    page.wait_for_selector(".notice-success")


def test_definitions_open_and_close_with_escape(browser_page, login, place):
    page = browser_page
    login(page, place.analyst)
    page.goto("/")
    page.click("details.define summary >> nth=0")
    assert page.locator(".define-sheet").first.is_visible()
    page.keyboard.press("Escape")
    assert not page.locator(".define-sheet").first.is_visible()


def test_refunds_on_the_axis_read_as_amounts_do(browser_page, login, place):
    page = browser_page
    login(page, place.analyst)
    page.goto("/customers/1/")
    page.wait_for_function("document.querySelector('cvm-chart[kind=bill]')?.chart")
    shown = page.evaluate(
        """() => {
            const word = document.querySelector('cvm-chart[kind=bill]').chart.getOption().yAxis[0].axisLabel.formatter;
            const amounts = [-9500, -350000, 120000000];
            const chinese = amounts.map((amount) => word(amount));
            document.documentElement.lang = 'en';
            return [...chinese, ...amounts.map((amount) => word(amount))];
        }"""
    )
    assert shown == ["-¥9,500", "-¥35万", "¥1.2亿", "-¥9,500", "-¥350k", "¥120M"]


def test_why_an_import_failed_keeps_its_words_whole_on_a_telephone(browser_page, login, place):
    batch = ImportBatch.objects.create(
        kind="bills",
        file_name="uci.parquet",
        size_bytes=1,
        sha256="0" * 64,
        started_at=place.run.started_at,
        status="failed",
        error="The file cannot be opened. Open it once with the program that wrote it and save it again.",
    )
    page = browser_page
    page.set_viewport_size({"width": 390, "height": 844})
    login(page, place.auditor)
    page.goto(f"/imports/{batch.pk}/")
    assert page.locator(".notice-error p").bounding_box()["width"] >= 250
