"""One customer: who may see it, what it shows, what it costs."""

import datetime as dt
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from callcenter.models import Contact, Dispatch
from customers.masking import masked_number
from customers.models import (
    AuditEntry,
    Bundle,
    CircleTie,
    Complaint,
    Customer,
    CustomerTag,
    FieldCheck,
    MonthlyBill,
    NetworkQuality,
    Run,
    ServiceLog,
    Staff,
    Standing,
    StandingChange,
    Tag,
)
from cvm.lib.workdays import SHANGHAI
from cvm.profile360 import reading
from lifecycle.models import MomentKind
from offers.models import Offer
from tests.pages import branch

pytestmark = pytest.mark.django_db

MOST_QUERIES = 8
EVERYBODY = ["analyst", "east_analyst", "manager", "leader", "clerk", "account", "auditor"]
WITHOUT_VALUE = ["clerk", "account"]


def page(client, pk, **query):
    return client.get(reverse("customer", args=[pk]), query)


def part(client, pk, **query):
    return client.get(reverse("customer-timeline", args=[pk]), query)


@pytest.fixture
def people(place):
    keeper = Staff.objects.create(username="am", role=Staff.Role.ACCOUNT_MANAGER, branch=place.east)
    return place.people | {"account": keeper}


@pytest.fixture
def rich(place):
    """Customer 1 with something of every kind, and an offer suggested."""
    now, one = timezone.now(), Customer.objects.get(pk=1)
    offer = Offer.objects.order_by("pk").first()
    Standing.objects.filter(customer_id=1).update(offer_id=offer.pk, cohort_state=1, code=1, layer=2)
    Customer.objects.filter(pk=1).update(cust_code="P1", vnet=2, pay_mode=3)
    Customer.objects.filter(pk=4).update(cust_code="P1")
    for number in range(3):
        ServiceLog.objects.create(
            customer=one, served_at=now - dt.timedelta(days=30 * number + 1), channel="10086热线", category="查询",
            content="用户咨询流量", source_key=f"s{number}",
        )  # fmt: skip
    NetworkQuality.objects.create(customer=one, measured_on=dt.date(2026, 10, 31), poor_voice=3, poor_data=7)
    FieldCheck.objects.create(
        customer=one, field="name", checked_at=now - dt.timedelta(days=3), checked_by=place.manager,
        is_correction=True, before="王小明", after="王晓明",
    )  # fmt: skip
    StandingChange.objects.create(run=place.run, customer=one, field=1, before=3, after=4)
    StandingChange.objects.create(run=place.run, customer=one, field=5, before=0, after=2)
    return one


# --- cost ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", EVERYBODY)
def test_page_asks_at_most_eight_questions(client, people, rich, who, django_assert_max_num_queries):
    client.force_login(people[who])
    page(client, 1)

    with django_assert_max_num_queries(MOST_QUERIES):
        assert page(client, 1).status_code == 200


def test_timeline_part_asks_no_more_for_more_rows(client, people, rich, django_assert_num_queries):
    client.force_login(people["manager"])
    part(client, 1)
    with django_assert_num_queries(4):
        part(client, 1)
    for number in range(30):
        ServiceLog.objects.create(customer=rich, served_at=timezone.now(), source_key=f"more{number}")
    with django_assert_num_queries(4):
        part(client, 1)


# --- door ----------------------------------------------------------------------------------------


def test_a_customer_out_of_scope_does_not_exist(client, place):
    theirs = Customer.objects.filter(manager=place.other_manager).first().pk
    for who in (place.manager, place.east_analyst, place.clerk):
        client.force_login(who)
        assert [page(client, theirs).status_code, part(client, theirs).status_code] == [404, 404]
    assert page(client, 10**6).status_code == 404


def test_roles_without_the_right_get_403(client, place):
    client.force_login(place.admin)
    assert [page(client, 1).status_code, part(client, 1).status_code] == [403, 403]


def test_strangers_log_in_first(client, place):
    assert [page(client, 1).status_code, part(client, 1).status_code] == [302, 302]


def test_page_is_for_reading_only(client, place):
    client.force_login(place.manager)
    assert client.post(reverse("customer", args=[1])).status_code == 405
    assert client.post(reverse("customer-timeline", args=[1])).status_code == 405


def test_an_alias_leads_to_the_record_that_counts(client, place):
    Customer.objects.filter(pk=2).update(merged_into_id=1)
    client.force_login(place.manager)
    answer = page(client, 2)
    assert (answer.status_code, answer.url) == (302, reverse("customer", args=[1]))


@pytest.mark.parametrize(("who", "entries"), [("analyst", 1), ("auditor", 1), ("manager", 0), ("clerk", 0)])
def test_looking_on_leaves_a_trace_without_personal_data(client, place, who, entries):
    client.force_login(place.people[who])
    page(client, 1)
    found = AuditEntry.objects.filter(action="customer.viewed", subject_id=1)
    assert [(entry.actor, entry.detail) for entry in found] == [(place.people[who], {})] * entries


# --- what it shows -------------------------------------------------------------------------------


def test_page_shows_the_verdicts_with_values_and_policy(client, place):
    client.force_login(place.manager)
    verdicts = page(client, 1).context["verdicts"]
    assert [verdict.kind for verdict in verdicts] == ["band", "code", "layer", "cohort", "stage", "warning", "credit"]
    assert all(verdict.policy and verdict.clause and verdict.evidence for verdict in verdicts)


def test_the_bill_table_holds_24_months_with_gaps(client, place):
    client.force_login(place.manager)
    months = page(client, 1).context["months"]
    assert len(months) == 24
    assert [month.total_fen for month in months].count(None) == 1


def test_clear_values_never_reach_the_page(client, people, rich):
    numbers = set(Customer.objects.values_list("msisdn", flat=True))
    client.force_login(people["analyst"])
    html = page(client, 1).content.decode()
    assert {found for found in re.findall(r"\d{11}", html) if found in numbers} == set()
    assert rich.name not in html


@pytest.mark.parametrize("who", WITHOUT_VALUE)
def test_roles_without_value_rights_see_no_band_code_layer_cohort_or_money(client, people, rich, who):
    client.force_login(people[who])
    response = page(client, 1)
    assert [verdict.kind for verdict in response.context["verdicts"]] == ["stage", "warning", "credit"]
    assert response.context["money"] is None
    assert response.context["considered"] == []
    changes = [row.title for row in response.context["timeline"].rows if row.source == "change"]
    assert len(changes) == 1  # the warning's, not the band's
    html = response.content.decode()
    for word in ("badge-band", "code code-", "拍照", "净价值", "价值档"):
        assert word not in html


def test_customer_without_bills_or_night(client, place):
    Run.objects.update(is_current=False)
    client.force_login(place.manager)
    response = page(client, 20)
    assert response.status_code == 200
    assert response.context["standing"] is None
    assert response.context["latest"] is None


def test_chart_of_a_short_history_begins_with_it(client, place):
    MonthlyBill.objects.filter(customer_id=1, month__lt=dt.date(2026, 3, 1)).delete()
    client.force_login(place.manager)
    assert page(client, 1).context["months"][0].month == 2026 * 12 + 2


def test_usage_tells_share_and_months_above_the_quota(client, place):
    Customer.objects.filter(pk=1).update(voice_quota_min=1)
    client.force_login(place.manager)
    voice, data = page(client, 1).context["usages"]
    assert (voice.quota, voice.percent, voice.months_over, voice.months_counted) == (1, 100 * voice.used, 12, 12)
    assert data.months_over == 0


def test_bundles_tell_what_is_left_and_when_the_customer_is_free(client, place):
    today = timezone.localdate()
    Bundle.objects.filter(code="B1").update(end_date=today + dt.timedelta(days=400))
    Bundle.objects.create(code="B2", customer_id=1, product_name="旧合约", kind=3, status=2,
                          start_date=dt.date(2023, 1, 1), end_date=dt.date(2024, 1, 1))  # fmt: skip
    client.force_login(place.manager)
    running, ended = page(client, 1).context["terms"]
    assert (running.is_running, running.free_from) == (True, today + dt.timedelta(days=401))
    assert running.months_left in (13, 14)
    assert (ended.is_running, ended.months_left, ended.free_from) == (False, None, None)


def test_other_lines_of_the_person_are_shown_in_scope_only(client, people, rich):
    Customer.objects.filter(pk=3).update(cust_code="P1")  # somebody else's portfolio
    client.force_login(people["manager"])
    assert [line.pk for line in page(client, 1).context["lines"]] == [4]
    client.force_login(people["analyst"])
    assert [line.pk for line in page(client, 1).context["lines"]] == [3, 4]


def test_cost_lines_add_up_to_the_fen(client, people, rich):
    Complaint.objects.filter(customer=rich).update(opened_at=timezone.now() - dt.timedelta(days=40))
    client.force_login(people["analyst"])
    money = page(client, 1).context["money"]
    assert sum(item.line.count * item.line.unit_fen for item in money.lines) == money.cost_fen
    assert money.net_fen == money.margin_fen - money.cost_fen
    counted = {item.line.code: item.line.count for item in money.lines}
    assert counted["complaint"] == 1
    assert counted["call"] == Contact.objects.filter(customer=rich).count()


def test_parts_of_the_stickiness_add_up(client, people, rich):
    Bundle.objects.filter(code="B1").update(end_date=timezone.localdate() + dt.timedelta(days=400))
    client.force_login(people["manager"])
    stickiness = page(client, 1).context["stickiness"]
    assert stickiness["index"] == sum(part.points for part in stickiness["parts"])
    points = {part.label: part.points for part in stickiness["parts"]}
    assert sorted(points.values()) == sorted([30, 15, 15, 15, 15, 0])


def test_a_valuable_relative_protects_and_is_named_to_value_roles_only(client, people, place):
    Standing.objects.filter(customer_id=2).update(code=1)
    client.cookies["django_language"] = "en"
    client.force_login(people["manager"])
    assert "somebody of the family is a code A customer" in page(client, 1).context["protections"]
    client.force_login(people["clerk"])
    assert "somebody of the family is protected" in page(client, 1).context["protections"]


def ties_of_one(*ties):
    CircleTie.objects.bulk_create(
        CircleTie(customer_id=min(pair), peer_id=max(pair), month=month, minutes=minutes, calls=1)
        for pair, month, minutes in ties
    )


def test_what_hangs_on_the_circle_adds_up_and_an_important_caller_protects(client, people, place):
    """2 talks a quarter of the time with 1, 3 always; 4 spoke with 1 long ago, 5 has left."""
    ties_of_one(
        ((1, 2), branch.MONTH, 50), ((2, 3), branch.MONTH, 150), ((1, 3), branch.MONTH, 30),
        ((1, 4), branch.MONTH.replace(year=branch.MONTH.year - 1), 99), ((1, 5), branch.MONTH, 70),
    )  # fmt: skip
    told = Standing.objects.filter(run=place.run)
    told.filter(customer_id=2).update(code=1, cum3_fen=36_000, state=1)
    told.filter(customer_id=3).update(code=3, cum3_fen=18_000, state=1)
    told.filter(customer_id=5).update(state=8)
    client.cookies["django_language"] = "en"
    client.force_login(people["manager"])

    seen = page(client, 1).context

    near = seen["circle"]
    assert (near.people, near.minutes, near.strong_a) == (2, 80, 1)
    assert [line.hanging_fen for line in near.lines] == [50 * 36_000 // (3 * 200), 30 * 18_000 // (3 * 180)]
    assert sum(line.hanging_fen for line in near.lines) == near.hanging_fen
    assert "a code A customer talks with them a fifth of the time or more" in seen["protections"]


def test_nobody_reads_who_talks_with_a_customer_and_the_counter_no_value(client, people, place):
    ties_of_one(((1, 40), branch.MONTH, 50))
    Standing.objects.filter(run=place.run, customer_id=40).update(code=1, cum3_fen=36_000, state=1)
    other = Customer.objects.get(pk=40)
    client.cookies["django_language"] = "en"
    for who, sees in (("leader", True), ("clerk", False)):
        client.force_login(people[who])
        answer = page(client, 1)
        html = answer.content.decode()
        assert masked_number(other.msisdn) not in html
        assert ("Monthly bills that hang on it" in html, "Calling circle" in html) == (sees, True)
        assert ("code A customer talks" in " ".join(answer.context["protections"])) == sees


def test_a_large_circle_costs_no_more_questions(client, people, place, django_assert_max_num_queries):
    ties_of_one(*(((1, other), branch.MONTH, other) for other in range(2, 40)))
    client.force_login(people["manager"])
    page(client, 1)
    with django_assert_max_num_queries(MOST_QUERIES):
        near = page(client, 1).context["circle"]
    assert near.lines[-1].people == near.people - 5
    assert sum(line.hanging_fen for line in near.lines) == near.hanging_fen


# --- may I call, what to say ---------------------------------------------------------------------


def test_quiet_customer_says_so(client, place):
    client.force_login(place.manager)
    response = page(client, 2)
    assert [said["is_given"] for said in response.context["permissions"]] == [None, None, None, False]
    marketing, _service = response.context["calls"]
    assert (marketing.allowed, marketing.next_at) == (False, None)


def test_service_call_needs_no_consent_only_open_hours(client, place, monkeypatch):
    noon = dt.datetime(2026, 11, 23, 10, 30, tzinfo=SHANGHAI)
    monkeypatch.setattr("cvm.profile360.page.timezone.now", lambda: noon)
    client.force_login(place.manager)
    marketing, service = page(client, 4).context["calls"]
    assert (marketing.allowed, service.allowed) == (False, True)
    assert service.until == dt.datetime(2026, 11, 23, 12, 0, tzinfo=SHANGHAI)


PROMPTS = {
    "outside": ({"cohort_state": 0}, False, "Not in the cohort.", "Nothing to recommend today."),
    "nothing": ({"cohort_state": 1, "offer_id": 0}, False, "In the cohort: nothing to recommend today.",
                "Nothing to recommend today."),
    "ends": ({"cohort_state": 1}, True, "In the cohort: Last bundle “预存600送手机” ends on 2027-01-02: recommend “{offer}”.",
             "Last bundle “预存600送手机” ends on 2027-01-02: recommend “{offer}”."),
    "never": ({"cohort_state": 1}, False, "In the cohort: Never had a bundle: recommend “{offer}”.",
              "Never had a bundle: recommend “{offer}”."),
}  # fmt: skip


@pytest.mark.parametrize("case", PROMPTS)
def test_counter_prompt_has_four_cases_and_never_names_the_cohort_to_the_counter(client, people, place, case):
    values, has_bundle, for_manager, for_clerk = PROMPTS[case]
    offer = Offer.objects.order_by("pk").first()
    Standing.objects.filter(customer_id=1).update(**{"offer_id": offer.pk} | values)
    if not has_bundle:
        Bundle.objects.all().delete()
    client.cookies["django_language"] = "en"
    told = {}
    for who in ("manager", "clerk"):
        client.force_login(people[who])
        told[who] = page(client, 1).context["prompt"]
    assert told == {
        "manager": for_manager.format(offer=offer.name_en),
        "clerk": for_clerk.format(offer=offer.name_en),
    }


# --- timeline ------------------------------------------------------------------------------------


def test_timeline_joins_every_source_newest_first(client, people, rich):
    client.force_login(people["manager"])
    rows = page(client, 1).context["timeline"].rows
    assert [row.at for row in rows] == sorted((row.at for row in rows), reverse=True)
    wanted = {"bill", "event", "complaint", "moment", "contact", "bundle", "service", "network", "change", "correction"}
    seen = {row.source for kind in wanted for row in page(client, 1, show=kind).context["timeline"].rows}
    assert wanted <= seen


def issue(**values):
    at = timezone.now() - dt.timedelta(days=2)
    given = {
        "customer_id": 1, "kind": MomentKind.objects.get(code="C1"), "level": 2, "detected_at": at,
        "due_at": at + dt.timedelta(hours=24), "expires_at": at + dt.timedelta(days=9), "channel": "call",
        "owner_role": "phone_manager",
    }  # fmt: skip
    return Dispatch.objects.create(**given | values)


def test_tasks_are_told_when_issued_and_when_closed(client, people, place):
    now = timezone.now()
    issue(owner=place.manager, status="closed", result="refused", cause="fee", closed_at=now, closed_by=place.manager)
    issue(owner_role="hall")
    client.cookies["django_language"] = "en"
    client.force_login(people["manager"])

    rows = page(client, 1, show="task").context["timeline"].rows

    kind = MomentKind.objects.get(code="C1").name_en
    assert [row.title for row in rows] == [f"Task closed: C1 {kind}", *[f"Task issued: C1 {kind}"] * 2]
    assert "Refused · Fee too high" in rows[0].detail
    assert sorted(row.detail.startswith("Hall · due ") for row in rows[1:]) == [False, True]
    assert [row.level for row in rows] == [0, 2, 2]


def test_control_group_is_named_to_who_does_not_call(client, people, place):
    issue(status="control")
    for who, told in (("analyst", 1), ("auditor", 1), ("manager", 0), ("leader", 0), ("clerk", 0)):
        client.force_login(people[who])
        assert len(page(client, 1, show="task").context["timeline"].rows) == told


def test_timeline_can_be_narrowed_to_several_kinds(client, people, rich):
    client.force_login(people["manager"])
    rows = page(client, 1, show=["contact", "bundle"]).context["timeline"].rows
    assert {row.source for row in rows} == {"contact", "bundle"}
    assert page(client, 1, show="nonsense").context["timeline"].rows == []


def test_older_pages_hold_every_row_once(client, people, rich):
    instant = timezone.now() - dt.timedelta(days=2)
    for number in range(100):  # many of one instant: the cursor must not lose or repeat any
        ServiceLog.objects.create(customer=rich, served_at=instant, category=f"第{number}次", source_key=f"x{number}")
    client.force_login(people["manager"])
    seen, query = [], {"show": "service"}
    while True:
        timeline = part(client, 1, **query).context["timeline"]
        seen += [row.title for row in timeline.rows]
        if not timeline.older:
            break
        query = dict(pair.split("=") for pair in timeline.older.split("&"))
    assert len(seen) == len(set(seen)) + 2 == 103  # three logs before had the same title


@pytest.mark.parametrize("before", ["x", "1.2", "1.nonsense.3", "9" * 40 + ".event.1", "1.event." + "9" * 30])
def test_a_cursor_that_is_none_is_not_found(client, place, before):
    client.force_login(place.manager)
    assert part(client, 1, before=before).status_code == 404


def test_what_happened_to_an_alias_is_on_the_timeline_of_the_main_record(client, people, rich):
    Customer.objects.filter(pk=2).update(merged_into_id=1)
    ServiceLog.objects.create(customer_id=2, served_at=timezone.now(), category="别名来电", source_key="alias")
    client.force_login(people["manager"])
    assert "别名来电" in [row.title for row in page(client, 1, show="service").context["timeline"].rows]


def test_correction_names_the_field_and_no_value(client, people, rich):
    client.force_login(people["manager"])
    client.cookies["django_language"] = "en"
    html = part(client, 1, show="correction").content.decode()
    assert "name corrected" in html
    assert "王晓明" not in html


def test_changes_of_a_repeated_night_are_told_once(client, people, rich, place):
    Run.objects.create(
        as_of=place.run.as_of,
        month=place.run.month,
        status="published",
        started_at=timezone.now(),
        policies={"tier": 2},
    )
    client.force_login(people["manager"])
    rows = part(client, 1, show="change").context["timeline"].rows
    assert [row.source for row in rows] == ["policy"]


def test_policy_versions_are_named_to_those_who_may_know(client, people, rich, place):
    first = place.run.as_of - dt.timedelta(days=1)
    Run.objects.create(
        as_of=first, month=place.run.month, status="published", started_at=timezone.now(),
        policies=place.run.policies | {"tier": 0},
    )  # fmt: skip
    sources = {}
    for who in ("manager", "clerk"):
        client.force_login(people[who])
        sources[who] = [row.source for row in part(client, 1, show="change").context["timeline"].rows]
    assert sorted(sources["manager"]) == ["change", "change", "policy"]
    assert sources["clerk"] == ["change"]


@pytest.mark.parametrize(
    ("who", "is_seen"), [("manager", True), ("leader", True), ("analyst", False), ("auditor", False), ("clerk", False)]
)
def test_notes_are_for_who_speaks_to_customers(client, place, rich, who, is_seen):
    client.force_login(place.people[who])

    content = page(client, 1).content.decode()

    assert ("想比较一下家庭套餐" in content) == is_seen
    assert ("用户咨询流量" in content) == is_seen


def test_why_not_the_other_offers(client, people, place):
    Standing.objects.filter(customer_id=1).update(offer_id=0, moments=0, warning=0)
    client.force_login(people["analyst"])
    considered = page(client, 1).context["considered"]
    assert len(considered) == Offer.objects.filter(is_active=True).count()
    assert not any(thought.is_suggested for thought in considered)


def test_a_tag_that_is_switched_off_counts_as_little_as_in_the_night(place):
    tag = Tag.objects.order_by("pk").first()
    CustomerTag.objects.create(customer_id=1, tag=tag, starts_on=dt.date(2026, 1, 1), source="test")
    known = reading.parameters(Customer.objects.get(pk=1), run=place.run, now=timezone.now())

    bits = [reading.read(("tags",), known)["tags"]]
    Tag.objects.filter(pk=tag.pk).update(is_active=False)
    bits.append(reading.read(("tags",), known)["tags"])

    assert bits == [1 << tag.bit, 0]


def test_page_tells_nothing_of_offers_when_the_record_changed_since(client, people, place):
    Standing.objects.filter(customer_id=1).update(offer_id=10**6)
    client.force_login(people["analyst"])
    assert page(client, 1).context["considered"] == []


def test_an_alias_adds_its_bills_bundles_and_refusals(client, people, place):
    Customer.objects.filter(pk=2).update(merged_into_id=1, is_black_listed=True)
    Bundle.objects.create(code="B2", customer_id=2, product_name="宽带", kind=8, start_date=dt.date(2026, 1, 1))
    both = sum(
        MonthlyBill.objects.filter(customer_id__in=[1, 2], month=branch.MONTH).values_list("arpu_fen", flat=True)
    )
    client.force_login(people["manager"])
    seen = page(client, 1).context
    assert seen["months"][-1].total_fen == both
    assert {term.bundle.code for term in seen["terms"]} == {"B1", "B2"}
    marketing, _service = seen["calls"]
    assert marketing.allowed is False


def test_retention_budget_is_shown_to_value_roles_by_their_authority(client, people, rich):
    offer, now = Offer.objects.order_by("pk").first(), timezone.now()
    Contact.objects.create(customer=rich, started_at=now, ended_at=now, outcome="accepted", offer_id=offer.pk)
    bills = Standing.objects.get(customer=rich).sum12_fen
    client.cookies["django_language"] = "en"
    for who, percent in (("manager", 10), ("leader", 20), ("analyst", 10)):
        client.force_login(people[who])
        response = page(client, 1)
        found = response.context["budget"]
        given = sum(item.cost_fen for item in found.given)
        assert offer.name_en in [item.name for item in found.given]
        assert (found.own.percent, found.own.left_fen) == (percent, bills * percent // 100 - given)
        assert "Retention budget" in response.content.decode()
    for who in WITHOUT_VALUE:
        client.force_login(people[who])
        assert page(client, 1).context["budget"] is None
