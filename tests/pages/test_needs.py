"""The pages of needs, tags, surveys and records, and the two panels of the 360 page."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from customers.models import AuditEntry, Customer, CustomerTag, FieldCheck, Need, NeedKind, Standing, SurveyAnswer, Tag
from customers.surveys import questions_in_use
from cvm.needs.panel import panel
from lifecycle.models import MomentKind
from offers.models import Offer

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
NEEDS, TAGS, RECORDS, SURVEYS = (reverse(name) for name in ("needs", "tags", "needs-records", "needs-surveys"))


def need(customer, code="HANDSET", *, days=0, **values):
    at = timezone.now() - dt.timedelta(days=days)
    kind = NeedKind.objects.get(code=code)
    return Need.objects.create(customer_id=customer, kind=kind, source="front_line", collected_at=at, **values)


def login(client, person):
    client.force_login(person)
    return client


def post(client, name, *, pk=None, htmx=False, **values):
    return client.post(reverse(name, args=[pk] if pk else []), values, headers=HTMX if htmx else {})


def steps(page, code):
    return next(steps for loop, steps in page.context["loops"] if loop.kind.code == code)


# --- needs ---------------------------------------------------------------------------------------


def test_every_number_opens_exactly_its_list(client, place):
    for customer in range(1, 31):
        need(customer, "HANDSET" if customer % 2 else "TARIFF", status="collected" if customer % 3 else "analysed")
    for customer in (1, 2, 3):
        need(customer, "QUIET", status="applied", closed_at=timezone.now())
        need(customer, "QUIET", status="applied", closed_at=timezone.now())
    login(client, place.analyst)
    checked = 0

    for by in ("band", "stage", "layer", "county"):
        for step in ("open", "applied"):
            page = client.get(NEEDS, {"by": by, "step": step})
            for row in page.context["rows"]:
                assert sum(figure["number"] for figure in row["figures"]) == row["total"]
                links = [(row["url"], row["total"]), *((one["url"], one["number"]) for one in row["figures"])]
                for url, number in links:
                    if url:
                        checked += 1
                        assert client.get(url).context["page"]["showing"].split(" ")[0] == str(number), url
    assert checked > 30


def test_loop_shows_steps_ages_and_conversion(client, place):
    need(1, days=9)
    need(2, days=3, status="analysed", analysed_at=timezone.now() - dt.timedelta(days=2))
    need(4, status="applied", analysed_at=timezone.now(), closed_at=timezone.now())
    login(client, place.analyst)

    page = client.get(NEEDS)

    found = steps(page, "HANDSET")
    assert [(found[step]["number"], found[step]["days"]) for step in ("collected", "analysed", "applied", "dropped")] == [
        (1, 9), (1, 2), (1, None), (0, None),
    ]  # fmt: skip
    loop = page.context["together"]
    assert (loop.needs, loop.was_analysed, loop.applied) == (3, 2, 1)


def test_needs_of_other_counties_are_not_counted(client, place):
    theirs = Customer.objects.filter(county=place.west).first().pk
    need(1)
    need(theirs)

    seen = [login(client, person).get(NEEDS).context["together"].needs for person in (place.analyst, place.leader)]

    assert seen == [2, 1]


def test_page_asks_as_often_for_many_needs_as_for_one(client, place):
    login(client, place.analyst)
    client.get(NEEDS)
    counts = []
    for customers in (range(1, 2), range(2, 12)):
        for customer in customers:
            need(customer, "HANDSET" if customer % 2 else "TARIFF")
        with CaptureQueriesContext(connection) as queries:
            client.get(NEEDS)
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 8


def test_admin_sees_numbers_without_links_to_customers(client, place):
    need(1)
    page = login(client, place.admin).get(NEEDS)

    assert page.context["rows"][0]["total"] == 1
    assert "/customers/?" not in page.content.decode()
    assert "needs-decide" not in page.content.decode()


def test_analyst_analyses_and_applies_a_kind_within_a_segment(client, place):
    bands = dict(Standing.objects.filter(customer_id__lte=10).values_list("customer_id", "band"))
    for customer in bands:
        need(customer)
    band = bands[1]
    chosen = {customer for customer, of in bands.items() if of == band}
    login(client, place.analyst)

    post(client, "needs-analyse", kind="HANDSET", by="band", value=band, words="可推终端合约")
    post(client, "needs-apply", kind="HANDSET")

    assert set(CustomerTag.objects.values_list("customer_id", flat=True)) == chosen
    assert set(Need.objects.filter(status="applied").values_list("customer_id", flat=True)) == chosen
    assert CustomerTag.objects.first().tag.code == "HANDSET"


def test_suggestions_are_decided_only_when_asked_for(client, place):
    need(1)
    need(2, is_suggested=True)
    login(client, place.analyst)

    post(client, "needs-analyse", kind="HANDSET", words="可推终端合约")
    before = dict(Need.objects.values_list("customer_id", "status"))
    post(client, "needs-analyse", kind="HANDSET", words="可推终端合约", suggested="1")

    assert before == {1: "analysed", 2: "collected"}
    assert set(Need.objects.values_list("status", flat=True)) == {"analysed"}


def test_leader_decides_only_in_the_own_county(client, place):
    theirs = Customer.objects.filter(county=place.west).first().pk
    need(1)
    outside = need(theirs)
    login(client, place.leader)

    post(client, "needs-drop", kind="HANDSET", words="重复")
    post(client, "needs-drop", need=outside.pk, words="重复")

    assert dict(Need.objects.values_list("customer_id", "status")) == {1: "dropped", theirs: "collected"}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("needs-analyse", {"kind": "HANDSET"}),
        ("needs-analyse", {"words": "x"}),
        ("needs-analyse", {"kind": "HANDSET", "words": "x", "by": "nonsense", "value": "1"}),
        ("needs-analyse", {"kind": "HANDSET", "words": "x", "by": "band", "value": "high"}),
        ("needs-drop", {"kind": "HANDSET", "words": " "}),
    ],
)
def test_bad_decisions_change_nothing(client, place, name, values):
    need(1)
    login(client, place.analyst)

    assert post(client, name, **values).status_code == 302
    assert Need.objects.get().status == "collected"


def test_other_cannot_be_applied_and_says_why(client, place):
    need(1, "OTHER", status="analysed", analysed_at=timezone.now())
    login(client, place.analyst)

    page = client.post(reverse("needs-apply"), {"kind": "OTHER"}, follow=True)

    assert Need.objects.get().status == "analysed"
    assert 'role="alert"' in page.content.decode()


# --- one customer --------------------------------------------------------------------------------


def test_panel_is_one_query_and_offers_what_the_role_may(place):
    customer = Customer.objects.get(pk=1)
    need(1)
    found = {}
    for name in ("manager", "analyst", "clerk", "auditor"):
        with CaptureQueriesContext(connection) as queries:
            found[name] = panel(customer, user=place.people[name], now=timezone.now())
        assert len(queries) == 1

    offered = {
        name: [bool(one["need_url"]), bool(one["field_url"]), len(one["step_urls"])] for name, one in found.items()
    }
    assert offered == {
        "manager": [True, True, 0], "analyst": [False, False, 3], "clerk": [True, True, 0], "auditor": [False, False, 0],
    }  # fmt: skip


def test_need_is_recorded_on_the_page_by_script_and_by_form(client, place):
    login(client, place.clerk)

    part = post(client, "customer-need", pk=1, htmx=True, text="换机: 想要折叠屏")
    again = post(client, "customer-need", pk=1, text="换机")

    assert part.status_code == 200
    assert 'id="panel-needs"' in part.content.decode()
    assert (again.status_code, again.url) == (302, reverse("customer", args=[1]))
    assert list(Need.objects.values_list("kind__code", "words", "collected_by")) == [
        ("HANDSET", "想要折叠屏", place.clerk.pk)
    ]


def test_words_of_a_need_stay_with_who_speaks_to_customers(client, place):
    need(1, words="她的号码 13800138000 打不通")
    bodies = {}
    for name in ("manager", "clerk"):
        login(client, place.people[name])
        bodies[name] = post(client, "customer-need", pk=1, htmx=True, text="QUIET").content.decode()

    assert "138****8000" in bodies["manager"]
    assert "13800138000" not in bodies["manager"] + bodies["clerk"]
    assert "打不通" not in bodies["clerk"]


def test_empty_need_is_refused_with_words(client, place):
    login(client, place.manager)

    assert post(client, "customer-need", pk=1, htmx=True, text=" ").status_code == 422
    assert not Need.objects.exists()


def test_suggestion_is_dismissed(client, place):
    suggested = need(1, is_suggested=True)
    login(client, place.manager)

    answers = [
        post(client, "customer-need-dismissal", pk=1, htmx=True, need=suggested.pk).status_code for _ in range(2)
    ]

    assert answers == [200, 422]
    assert Need.objects.get().status == "dropped"


def test_field_is_corrected_and_the_trace_holds_no_value(client, place):
    login(client, place.manager)

    part = post(client, "customer-field", pk=1, htmx=True, field="occupation", answer="飞行员", seen="")

    assert part.status_code == 200
    assert Customer.objects.get(pk=1).occupation == "飞行员"
    assert FieldCheck.objects.get().after == "飞行员"
    assert "飞行员" not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize(
    "values",
    [
        {"field": "occupation", "answer": ""},
        {"field": "msisdn", "answer": "13900000000"},
        {"field": "dual_sim", "answer": "9"},
        {"field": "occupation", "answer": "教师", "seen": "医生"},
        {"answer": "教师"},
    ],
)
def test_bad_fields_are_refused(client, place, values):
    login(client, place.manager)

    assert post(client, "customer-field", pk=1, htmx=True, **values).status_code == 422
    assert not FieldCheck.objects.exists()


def test_clerk_cannot_change_a_name_that_stays_masked(client, place):
    login(client, place.clerk)

    assert post(client, "customer-field", pk=1, htmx=True, field="name", answer="单雄信").status_code == 422
    assert Customer.objects.get(pk=1).name != "单雄信"


@pytest.mark.parametrize("name", ["customer-need", "customer-need-dismissal", "customer-field"])
def test_outsiders_get_404_for_a_customer_of_others(client, place, name):
    theirs = Customer.objects.filter(county=place.west).first().pk
    login(client, place.manager)

    assert post(client, name, pk=theirs, text="换机", field="occupation", answer="x").status_code == 404
    assert not Need.objects.exists()


# --- tags ----------------------------------------------------------------------------------------


def tag_values(**values):
    given = {
        "code": "VIPCARE",
        "name_zh": "贵宾关怀",
        "name_en": "VIP care",
        "meaning": "",
        "lasts_days": 30,
        "owner": "",
    }
    return given | values


def test_tags_show_who_carries_them_and_lead_there(client, place):
    tag = Tag.objects.get(code="QUIET")
    for customer in (1, 2):
        CustomerTag.objects.create(customer_id=customer, tag=tag, starts_on=timezone.localdate(), source="test")
    login(client, place.analyst)

    url = next(url for one, url in client.get(TAGS).context["rows"] if one == tag)

    assert [row.customer_id for row in sorted(client.get(url).context["rows"], key=lambda row: row.customer_id)] == [
        1,
        2,
    ]


def test_tags_page_asks_a_fixed_number_of_questions(client, place):
    login(client, place.analyst)
    client.get(TAGS)
    with CaptureQueriesContext(connection) as queries:
        client.get(TAGS)

    assert len(queries) <= 7


def test_analyst_makes_changes_and_switches_a_tag(client, place):
    login(client, place.analyst)
    post(client, "tag-new", **tag_values())
    tag = Tag.objects.get(code="VIPCARE")
    post(client, "tag-change", pk=tag.pk, **tag_values(name_en="Care", lasts_days=7, owner=place.leader.pk))
    post(client, "tag-switch", pk=tag.pk, on="0")

    tag.refresh_from_db()
    assert (tag.name_en, tag.lasts_days, tag.owner, tag.is_active) == ("Care", 7, place.leader, False)
    assert tag.bit == 11


@pytest.mark.parametrize(
    "values", [{"code": "vip"}, {"code": "QUIET"}, {"name_zh": ""}, {"lasts_days": 0}, {"lasts_days": "x"}]
)
def test_bad_tags_are_refused_with_words(client, place, values):
    login(client, place.analyst)
    before = Tag.objects.count()

    page = post(client, "tag-new", **tag_values(**values))

    assert page.status_code == 422
    assert Tag.objects.count() == before
    assert re.search(r'class="need-error" role="alert">\s*\S', page.content.decode())


def test_sixty_fourth_tag_is_refused(client, place):
    Tag.objects.bulk_create(
        Tag(code=f"T{bit}", name_zh="标签", name_en="Tag", bit=bit) for bit in range(Tag.objects.count(), 63)
    )
    login(client, place.analyst)

    assert post(client, "tag-new", **tag_values()).status_code == 422
    assert Tag.objects.count() == 63


def test_offer_gets_its_tags(client, place):
    offer, tag = Offer.objects.filter(is_active=True).first(), Tag.objects.get(code="QUIET")
    login(client, place.analyst)

    post(client, "offer-tags", pk=offer.pk, needs="", not_for=tag.pk)
    offer.refresh_from_db()
    assert (offer.needs_tag, offer.not_for_tag) == (None, tag)
    post(client, "offer-tags", pk=offer.pk, needs=tag.pk, not_for=tag.pk)

    offer.refresh_from_db()
    assert (offer.needs_tag, offer.not_for_tag) == (None, tag)


def test_key_moment_gets_its_tags(client, place):
    kind, tag = MomentKind.objects.get(code="C1"), Tag.objects.get(code="QUIET")
    login(client, place.analyst)

    post(client, "moment-tags", pk=kind.pk, needs="", not_for=tag.pk)
    post(client, "moment-tags", pk=kind.pk, needs=tag.pk, not_for=tag.pk)
    post(client, "moment-tags", pk=kind.pk, needs="", not_for=tag.pk)

    known = MomentKind.objects.get(code="C1")
    assert (known.needs_tag, known.not_for_tag, known.version) == (None, tag, kind.version + 1)
    assert AuditEntry.objects.filter(action="moment_kind.tags").count() == 1
    post(client, "moment-tags", pk=kind.pk, needs="", not_for="")
    assert MomentKind.objects.get(code="C1").not_for_tag == tag
    post(client, "moment-tags", pk=kind.pk, needs="", not_for="", reason="they agreed again")
    assert MomentKind.objects.get(code="C1").not_for_tag is None
    assert client.post(reverse("moment-tags", args=[10**6])).status_code == 404


@pytest.mark.parametrize("value", ["QUIET", "NOBODY"])
def test_filter_by_tag_and_need_with_unknown_names_finds_nobody(client, place, value):
    login(client, place.analyst)

    assert not client.get(reverse("customers"), {"tag": value}).context["rows"]
    assert not client.get(reverse("customers"), {"need": f"{value}:open"}).context["rows"]


# --- surveys and records -------------------------------------------------------------------------


def test_survey_results_show_bars_with_their_numbers(client, place):
    question = questions_in_use()[0]
    for customer in (1, 2, 3):
        value = "habit" if customer < 3 else "network"
        SurveyAnswer.objects.create(customer_id=customer, question=question, value=value, taken_at=timezone.now())
    login(client, place.analyst)

    page = client.get(SURVEYS)

    assert [bar.answers for bar in page.context["results"][0].bars] == [2, 0, 0, 1, 0, 0]
    assert client.get(SURVEYS, {"form": "x"}).status_code == 200


def test_records_page_shows_the_readers_counties(client, place):
    everybody = login(client, place.analyst).get(RECORDS).context["counties"]
    own = login(client, place.leader).get(RECORDS).context["counties"]

    assert sum(unit.customers for unit in everybody) == Customer.objects.filter(state__lte=5).count()
    assert [unit.name for unit in own] == [place.east.name]
