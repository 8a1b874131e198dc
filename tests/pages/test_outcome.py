"""The four figures and the market share: out of the night's sums and what people reported, nothing where nobody did."""

import datetime as dt

import pytest
from django.urls import reverse

from customers.models import AuditEntry, ReportedFigure
from customers.reported_actions import report
from cvm.dashboards.outcome import Kind
from tests.pages import branch

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)


COST, CHURN = 0, 1  # lines of the four figures
EVERYBODY = 0  # line of the market share


def tiles(client, **query):
    """Return the entries of each tile, line by line."""
    response = client.get(reverse("board-outcome"), query)
    assert response.status_code == 200
    return {tile.name: [line.entries for line in tile.table.lines] for tile, _url in response.context["tiles"]}


def typed(**changes):
    values = {"kind": Kind.ACQUISITION_COST, "month": "2026-10", "county": "", "value": "1234.56", "source": "财务部"}
    return values | changes


@pytest.fixture
def figure(place):
    def reported(kind, value, county=None, source="通信管理局月报"):
        return report(
            kind=kind, month=branch.MONTH, county=county, value=value, source=source, by=place.admin, at=AT
        )  # fmt: skip

    return reported


def test_nothing_is_said_that_nobody_reported(client, place):
    client.force_login(place.analyst)

    found = tiles(client)

    assert [entry.value for entry in found["four"][COST][:2]] == [None, None]
    assert [(entries[0].value, entries[2].value) for entries in found["share"]] == [(None, None)] * 2
    absent = f"{branch.MONTH:%Y-%m} 尚有 2 个县区未填报，分公司整体也未填报。"
    assert [entries[3].value for entries in found["share"]] == [absent] * 2
    east = tiles(client, county=place.east.pk)["share"]
    assert [entries[3].value for entries in east] == [f"{branch.MONTH:%Y-%m} 尚无人填报。"] * 2


def test_figures_are_the_sums_of_the_night_and_the_reported_ones(client, place, figure):
    figure(Kind.ACQUISITION_COST, 90_000_00, source="财务部")
    figure(Kind.MARKET, 1_000)
    client.force_login(place.analyst)

    found = tiles(client)

    cost, whole, came = (entry.value for entry in found["four"][COST][:3])
    assert (whole, cost) == (90_000_00, 90_000_00 // came if came else None)
    rate, left, there = (entry.value for entry in found["four"][CHURN][:3])
    assert float(rate) == pytest.approx(100 * left / there, abs=0.006)
    share, ours, market = (entry.value for entry in found["share"][EVERYBODY][:3])
    assert (float(share), market) == (pytest.approx(ours / 10, abs=0.006), 1_000)
    assert found["share"][EVERYBODY][3].value == "通信管理局月报"


def test_counties_add_up_once_all_have_reported(client, place, figure):
    figure(Kind.MARKET, 400, county=place.east)
    client.force_login(place.analyst)
    assert tiles(client)["share"][EVERYBODY][2].value is None
    assert tiles(client, county=place.east.pk)["share"][EVERYBODY][2].value == 400

    for county in branch_counties(place.east):
        figure(Kind.MARKET, 100, county=county)
    assert tiles(client)["share"][EVERYBODY][2].value == 400 + 100 * len(branch_counties(place.east))


def branch_counties(known):
    return list(type(known).objects.filter(kind=known.kind).exclude(pk=known.pk))


def test_a_figure_is_typed_in_yuan_replaced_with_a_trace_and_withdrawn(client, place):
    client.force_login(place.admin)
    assert client.post(reverse("reported-figure-new"), typed()).status_code == 302
    client.post(reverse("reported-figure-new"), typed(value="2000", source="财务部更正"))

    figure = ReportedFigure.objects.get()
    assert (figure.value, figure.source, figure.month) == (2000_00, "财务部更正", dt.date(2026, 10, 1))
    assert "¥2,000.00" in client.get(reverse("reported-figures")).content.decode()
    trace = AuditEntry.objects.filter(action="figure.report").order_by("pk").last()
    assert trace.detail["before"] == {"value": 1234_56, "source": "财务部"}
    assert client.post(reverse("reported-figure-withdraw", args=[figure.pk])).status_code == 302
    assert not ReportedFigure.objects.exists()
    assert AuditEntry.objects.filter(action="figure.withdraw").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"value": "0"},
        {"value": "12.5", "kind": Kind.MARKET},
        {"month": "2099-01"},
        {"month": "10/2026"},
        {"source": ""},
        {"county": "x"},
        {"kind": "9"},
    ],
)
def test_impossible_figures_are_refused_in_words(client, place, changes):
    client.force_login(place.admin)

    answer = client.post(reverse("reported-figure-new"), typed(**changes))

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not ReportedFigure.objects.exists()


def test_only_administrators_report(client, place):
    for person in (place.analyst, place.leader, place.manager):
        client.force_login(person)
        assert client.get(reverse("reported-figures")).status_code == 403
        assert client.post(reverse("reported-figure-new"), typed()).status_code == 403
