"""The analyst follows a flow in a real browser: the drawing, the list behind one of its bands, and back."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.pages import branch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# where the thickest flow leaves its stage: there no other lies above it
THICKEST = """() => {
  const element = document.querySelector("cvm-chart[kind=sankey]");
  const series = element.chart.getModel().getSeriesByIndex(0);
  const graph = series.getGraph();
  const edges = Array.from({ length: graph.edgeData.count() }, (_, at) => graph.getEdgeByIndex(at));
  const edge = edges.reduce((best, one) => (one.getLayout().dy > best.getLayout().dy ? one : best));
  const from = edge.node1.getLayout();
  const box = element.querySelector(".chart-canvas").getBoundingClientRect();
  const origin = series.layoutInfo;
  return {
    x: box.x + origin.x + from.x + from.dx + 6,
    y: box.y + origin.y + from.y + edge.getLayout().sy + edge.getLayout().dy / 2,
    customers: edge.getValue("value"),
  };
}"""


@pytest.fixture
def place(db):
    return branch.build()


def test_a_flow_opens_its_customers_and_leads_back(browser_page, login, place):
    page = browser_page
    login(page, place.analyst)
    page.goto(f"{reverse('stages')}?layer=4")
    page.wait_for_function("document.querySelector('cvm-chart[kind=sankey]')?.chart")
    page.wait_for_timeout(400)  # the drawing grows into place
    flow = page.evaluate(THICKEST)
    address = page.url

    page.mouse.click(flow["x"], flow["y"])

    page.wait_for_url("**/customers/?**stage_at=**stage_at=**")
    assert int(page.get_attribute("[data-result-count]", "data-result-count")) == flow["customers"]
    assert page.locator("tbody tr").count() == flow["customers"]
    assert "layer=4" in page.url
    expect(page.locator(".chip")).to_have_count(3)
    page.go_back()
    page.wait_for_url(address)

    page.focus("cvm-chart[kind=sankey] .chart-switch")
    page.keyboard.press("Enter")
    door = page.locator("cvm-chart[kind=sankey] a[data-count]").first
    promised = door.get_attribute("data-count")
    door.press("Enter")
    page.wait_for_url("**stage_at=**")
    assert page.get_attribute("[data-result-count]", "data-result-count") == promised


def test_a_list_of_a_flow_is_kept_as_a_segment(browser_page, login, place):
    page = browser_page
    login(page, place.analyst)
    page.goto(reverse("stages"))
    page.locator("#matrix a[data-count]").first.click()
    page.wait_for_selector("[data-result-count]")
    count = int(page.get_attribute("[data-result-count]", "data-result-count"))

    page.click("a[href^='/segments/new/']")

    page.wait_for_url("**/segments/new/?**")
    expect(page.locator("#segment-live [data-count]").first).to_have_attribute("data-count", str(count))
