"""From every count of moved customers to exactly those customers: as a list, as a masked panel, as a file."""

from __future__ import annotations

import csv
import io
import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.models import AuditEntry, Branch, Customer, Staff
from segmentation import actions
from segmentation.actions import Ladder
from segmentation.codes import codes_of
from segmentation.ladder_frame import ladder_frame
from segmentation.models import TierPolicy

pytestmark = pytest.mark.django_db

# what holds a row for every customer; the kept frame spares all of them
PER_CUSTOMER = ("customers_customer", "customers_standing", "customers_bundle", "customers_event", "historyblock")


@pytest.fixture
def admin(branch):
    return branch.staff("admin", Staff.Role.ADMIN, branch.root)


@pytest.fixture
def analyst(branch):
    return branch.staff("analyst", Staff.Role.ANALYST, branch.root)


@pytest.fixture
def people(branch, bill):
    """Fifty customers of two counties: every band, every code, some with signs of potential."""
    dice = random.Random(5)
    west = Branch.objects.create(code="C2", name="城西", kind=Branch.Kind.COUNTY, parent=branch.root)
    found = [
        branch.customer(
            None,
            county=dice.choice((branch.county, west)),
            broadband_carrier=dice.randint(0, 2),
            dual_sim=dice.randint(0, 3),
            handset_months=dice.randint(0, 50),
        )
        for _ in range(50)
    ]
    bill({customer: dice.randint(20, 300) * 100 for customer in found})
    return found


def a_draft(seed: int) -> Ladder:
    dice = random.Random(seed)
    limits = sorted(dice.sample(range(30_00, 260_00, 100), 4))
    return Ladder(*limits, grace_months=dice.randint(1, 3), weight_sim=dice.randint(0, 3), potential_signals=2)


def typed(ladder: Ladder) -> dict[str, str]:
    limits = {name: str(getattr(ladder, f"{name}_fen") / 100) for name in ("high_from", "mid_from", "low_from")}
    beside = {name: str(getattr(ladder, name)) for name in ("grace_months", "weight_sim", "potential_signals")}
    return limits | beside | {"potential_from": str(ladder.potential_from_fen / 100)}


def doors_of(client, address: str, **form):
    """Return every door of the effect and of the codes."""
    found = []
    for part in ("effect", "codes"):
        asked = address.format(part="preview" if form and part == "effect" else part)
        shown = (client.post(asked, form) if form else client.get(asked)).context["doors"]
        found += [door for _move, door in shown.get("moves", shown.get("turns"))]
        found += [door for _name, *pair in shown["counties"] for door in pair]
        found += [shown["all"], *([shown["near"]] if "near" in shown else [])]
    return [door for door in found if door.count]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_count_opens_as_many_customers(branch, client, admin, analyst, people, seed):
    draft = actions.save_draft(a_draft(seed), by=admin, at=timezone.now())
    page = f"/tiers/{draft.version}/{{part}}/"

    client.force_login(analyst)
    lists = doors_of(client, page)
    assert len(lists) > 8
    assert [client.get(door.url).context["number"] for door in lists] == [door.count for door in lists]

    client.force_login(admin)
    panels, unsaved = doors_of(client, page), doors_of(client, "/tiers/{part}/", **typed(a_draft(seed)))
    assert [door.count for door in panels] == [door.count for door in unsaved] == [door.count for door in lists]
    for stored, drawn in zip(panels, unsaved, strict=True):
        shown = client.get(stored.asked).context
        assert (shown["number"], len(shown["rows"])) == (stored.count, stored.count)
        assert client.post(drawn.sent, typed(a_draft(seed))).context["rows"] == shown["rows"]


def test_panel_comes_page_by_page_and_masked(client, admin, people, monkeypatch):
    monkeypatch.setattr("cvm.tiers.who.SIZE", 20)
    client.force_login(admin)
    form = typed(Ladder(1_00, 2_00, 3_00, 4_00))

    first = client.post("/tiers/who/?what=up", form)
    second = client.post(first.context["after_url"], form)

    rows = [*first.context["rows"], *second.context["rows"]]
    assert len(first.context["rows"]) == 20
    assert len({mover.customer_id for mover in rows}) == len(rows)
    assert [mover.average_fen for mover in rows] == sorted((mover.average_fen for mover in rows), reverse=True)
    assert second.context["before_url"] == "/tiers/who/?what=up&start=0"
    assert not any(customer.msisdn in first.content.decode() for customer in people)


def test_file_holds_everybody_of_the_count_and_leaves_a_trace(client, admin, people):
    client.force_login(admin)
    form = typed(a_draft(2))
    number = client.post("/tiers/who/?what=turned", form).context["number"]

    answer = b"".join(client.post("/tiers/who/?what=turned&file=csv", form)).decode("utf-8-sig")

    rows = list(csv.reader(io.StringIO(answer)))[1:]
    assert len(rows) == number > 0
    assert not any(customer.msisdn in answer for customer in people)
    assert AuditEntry.objects.get(action="tier_policy.movers").detail == {"rows": number, "what": "turned"}


@pytest.mark.parametrize("query", ["", "what=m9", "what=k04", "what=moved&county=999", "what=moved&county=x"])
def test_unknown_counts_and_counties_are_not_there(client, admin, query):
    client.force_login(admin)
    assert client.post(f"/tiers/who/?{query}", typed(a_draft(1))).status_code == 404
    assert client.get(f"/tiers/1/who/?{query}").status_code == 404


def test_ladder_that_does_not_rise_moves_nobody(client, admin):
    client.force_login(admin)
    assert client.post("/tiers/who/?what=moved", typed(a_draft(1)) | {"low_from": "900"}).status_code == 422


def test_list_names_the_count_in_words(client, analyst, people):
    client.force_login(analyst)
    chips = client.get("/customers/?ladder=1:k32").context["chips"]
    assert [chip.value for chip in chips] == ["v1 · C → B"]
    assert client.get("/customers/?ladder=1:k99").context["number"] == 0


def test_who_is_at_home_in_a_county_opens_only_its_counts(branch, client, admin, people):
    draft = actions.save_draft(a_draft(1), by=admin, at=timezone.now())
    client.force_login(branch.staff("near", Staff.Role.ANALYST, branch.county))
    shown = client.get(f"/tiers/{draft.version}/effect/").context["doors"]
    assert not shown["all"].url
    opened = {name: [door.url for door in pair if door.count] for name, *pair in shown["counties"]}
    assert all(opened["城东"])
    assert not any(opened["城西"])
    for _name, *pair in shown["counties"]:
        for door in pair:
            assert not door.url or client.get(door.url).context["number"] == door.count


LINES = {"high_from": "200", "mid_from": "120", "potential_from": "80", "low_from": "50"}
WAYS = {  # what is typed in the first and in the second round
    "weights": [LINES | {"weight_broadband": points} for points in "23"],
    "lines": [LINES | {"mid_from": yuan} for yuan in ("110", "105")],
    "later": [LINES | {"weight_broadband": points, "effective_on": "2099-01-01"} for points in "23"],
    "back": [LINES | {"weight_sim": points} for points in "23"],
}


@pytest.mark.parametrize("how", WAYS)
def test_publishing_asks_the_same_however_many_customers(branch, client, admin, bill, how):
    """The frame the preview has made is enough; nobody is looked up."""
    client.force_login(admin)
    asked = []
    for form, number in zip(WAYS[how], (3, 300), strict=True):
        bill(dict.fromkeys(many(branch, number), 115_00))
        ladder_frame.cache_clear()
        codes_of.cache_clear()
        client.post("/tiers/draft/", form)
        client.post("/tiers/preview/", form)
        client.post("/tiers/codes/", form)
        if how == "back":
            client.post("/tiers/publication/", form)
        address = "/tiers/1/restoration/" if how == "back" else "/tiers/publication/"
        with CaptureQueriesContext(connection) as queries:
            client.post(address, form)
        asked.append([one["sql"] for one in queries])
        newest = TierPolicy.objects.order_by("-version").first()
        assert newest.status == ("scheduled" if how == "later" else "live")
        assert newest.preview["customers"] == (3 if number == 3 else 303)
        client.post("/tiers/withdrawal/")
    assert len(asked[0]) == len(asked[1])
    assert not [sql for sql in asked[1] if any(table in sql for table in PER_CUSTOMER)]


def many(branch, number: int) -> list[Customer]:
    """Make so many more customers of the county at once."""
    first = Customer.objects.count() + 1
    return Customer.objects.bulk_create(
        Customer(
            id=pk, user_code=f"U{pk}", msisdn=f"1390000{pk:04}", name="x",
            join_date=branch.run.as_of, county=branch.county, plan_name="x", plan_fee_fen=0,
        )
        for pk in range(first, first + number)
    )  # fmt: skip
