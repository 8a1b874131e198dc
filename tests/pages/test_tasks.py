"""Task lists: whose, in which order, accepted and closed by whom; the outbox by API."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from callcenter.models import Contact, Dispatch
from customers.models import Branch, Customer, DoNotDisturb, GroupAccount, Staff
from tests.pages.task_rows import agree, close, make_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(place):
    return Customer.objects.filter(manager=place.manager, county=place.east, state=1).order_by("pk").first()


@pytest.fixture
def account(place):
    return Staff.objects.create(username="account", role="account_manager", branch=Branch.objects.get(parent=None))


def get(client, user, name="tasks", **query):
    client.force_login(user)
    return client.get(reverse(name), query)


def shown(response):
    return [row.pk for _task, row, _points in response.context["tasks"]]


def test_hall_clerk_sees_the_own_halls_tasks_only(client, place, customer):
    other = Customer.objects.filter(county=place.west).first()
    ours = make_task(customer, "B9", owner_role="hall", channel="in_contact", owner=None, owner_unit=place.east)
    make_task(other, "B9", owner_role="hall", channel="in_contact", owner=None, owner_unit=place.west)

    assert shown(get(client, place.clerk)) == [ours.pk]


def test_hotline_agent_works_the_hotlines_tasks_of_the_own_counties(client, place, customer):
    agent = Staff.objects.create(username="hotline", role="hotline_agent", branch=place.east)
    hotline = {"owner_role": "hotline", "owner": None}
    call = make_task(customer, "C8", channel="hotline", **hotline)
    others = Customer.objects.filter(county=place.east).exclude(pk=customer.pk).order_by("pk")
    talk = make_task(others[0], "B9", channel="in_contact", **hotline)
    make_task(others[1], "C1")
    make_task(Customer.objects.filter(county=place.west).first(), "C8", channel="hotline", **hotline)

    page = get(client, agent)
    assert sorted(shown(page)) == sorted([call.pk, talk.pk])
    assert customer.msisdn not in page.content.decode()
    client.post(reverse("task-accept", args=[call.pk]))
    for task in (call, talk):
        client.post(reverse("task-close", args=[task.pk]), {"result": "handled", "satisfaction": 4})
    call.refresh_from_db()
    assert (call.status, call.result, call.owner, call.satisfaction) == ("closed", "handled", agent, 4)
    logged = [Contact.objects.get(source_key=f"task:{one.pk}") for one in (call, talk)]
    # the hotline's own call counts as a call, about a complaint as service; who called us was not called
    assert [(one.channel, one.is_outbound, one.is_service) for one in logged] == [
        ("call", True, True),
        ("hotline", False, False),
    ]
    west = Staff.objects.create(username="hotline-west", role="hotline_agent", branch=place.west)
    client.force_login(west)
    assert client.post(reverse("task-close", args=[call.pk]), {"result": "handled"}).status_code == 404


def test_account_manager_sees_own_and_copied_tasks_with_talking_points(client, place, customer, account):
    own = make_task(customer, "C9", owner_role="account_manager", owner=account, channel="visit")
    point = make_task(customer, "C4", is_lead=False, owner=account, owner_role="account_manager")
    stranger = Customer.objects.filter(manager=place.manager).exclude(pk=customer.pk).first()
    copied = make_task(stranger, "C2", copied_to=account, due_at=timezone.now() - dt.timedelta(hours=1))

    response = get(client, account)

    assert shown(response) == [copied.pk, own.pk]
    points = {row.pk: [other["task_id"] for other in points] for _task, row, points in response.context["tasks"]}
    assert points == {copied.pk: [], own.pk: [point.pk]}
    assert "code-" not in response.content.decode()


def test_visit_waits_for_tomorrow_when_the_household_had_its_contact(client, place, customer, account):
    agree(customer, "call")
    task = make_task(customer, "C9", owner_role="account_manager", owner=account, channel="visit")
    page = get(client, account)
    assert reverse("task-hold", args=[task.pk]) in page.content.decode()
    client.post(reverse("task-hold", args=[task.pk]))
    assert get(client, account).context["tasks"][0][0]["contact"]["is_held"]

    now = timezone.now()
    Contact.objects.create(customer=customer, started_at=now, ended_at=now, outcome="thinking")
    said = get(client, account).context["tasks"][0][0]["contact"]
    assert (said["rule"], said["is_waiting"], said["next_allowed_at"] > now) == ("household", True, True)
    Dispatch.objects.update(held_at=now - dt.timedelta(days=1))  # of yesterday, it holds nothing today
    page = client.post(reverse("task-close", args=[task.pk]), {"result": "handled"}, follow=True)
    assert [message.level_tag for message in page.context["messages"]] == ["error"]
    assert Dispatch.objects.get(pk=task.pk).is_open
    client.post(reverse("task-close", args=[task.pk]), {"result": "handled", "came_to_us": "on"})
    assert Contact.objects.filter(source_key=f"task:{task.pk}", is_outbound=False).exists()


def test_hold_is_refused_by_the_gate_in_words(client, place, customer, account):
    DoNotDisturb.objects.create(customer=customer, scope=2, starts_at=timezone.now(), source="t")
    task = make_task(customer, "C9", owner_role="account_manager", owner=account, channel="visit")
    client.force_login(account)

    page = client.post(reverse("task-hold", args=[task.pk]), follow=True)

    assert len(list(page.context["messages"])) == 1
    assert Dispatch.objects.get(pk=task.pk).held_at is None
    assert client.get(reverse("task-hold", args=[task.pk])).status_code == 405


def test_phone_manager_is_told_what_is_not_theirs(client, place, customer, account):
    GroupAccount.objects.filter(members=customer).update(account_manager=account)
    make_task(customer, "C1", owner_role="account_manager", owner=account)

    response = get(client, place.manager)

    assert response.context["not_yours"] == 1
    assert str(account) in response.content.decode()


def test_leader_finds_what_is_late_and_what_nobody_owns(client, place, customer):
    late = make_task(customer, "C1", due_at=timezone.now() - dt.timedelta(hours=2))
    other = Customer.objects.filter(county=place.east).exclude(pk=customer.pk).first()
    nobodys = make_task(other, "C4", owner=None)

    assert shown(get(client, place.leader, state="overdue")) == [late.pk]
    assert shown(get(client, place.leader, state="nobody")) == [nobodys.pk]


@pytest.mark.parametrize("query", [{"state": "strange"}, {"since": "yesterday"}, {"level": "9"}, {"manager": "x"}])
def test_bad_filters_are_refused_in_words(client, place, query):
    response = get(client, place.leader, **query)

    assert response.status_code == 400
    assert response.context["refused"]


def test_one_and_three_tasks_cost_the_same(client, place, django_assert_num_queries, django_assert_max_num_queries):
    people = list(Customer.objects.filter(manager=place.manager).order_by("pk")[:3])
    make_task(people[0], "C1", offers=[{"offer": 1, "cost_fen": 100, "authority": "phone_manager"}])
    client.force_login(place.leader)
    client.get(reverse("tasks"))
    with django_assert_max_num_queries(20) as one:
        client.get(reverse("tasks"))
    for person in people[1:]:
        make_task(person, "C1", offers=[{"offer": 2, "cost_fen": 100, "authority": "phone_manager"}])
    with django_assert_num_queries(len(one)):
        client.get(reverse("tasks"))


def test_task_is_accepted_once_and_closed_with_its_talking_points(client, place, customer):
    hall = {"owner_role": "hall", "channel": "in_contact", "owner": None, "owner_unit": place.east}
    task, point = make_task(customer, "B9", **hall), make_task(customer, "A8", is_lead=False)
    client.force_login(place.clerk)
    client.post(reverse("task-accept", args=[task.pk]))
    client.post(reverse("task-accept", args=[task.pk]))
    task.refresh_from_db()
    assert (task.status, task.owner) == ("accepted", place.clerk)

    form = {"result": "handled", "satisfaction": "5", "order": "SL-1", "note": "ok"}
    client.post(reverse("task-close", args=[task.pk]), form)
    client.post(reverse("task-close", args=[task.pk]), form)

    closed = Dispatch.objects.order_by("pk").values_list("pk", "status", "result", "satisfaction", "closed_by")
    assert list(closed) == [
        (task.pk, "closed", "handled", 5, place.clerk.pk),
        (point.pk, "closed", "handled", None, place.clerk.pk),
    ]
    assert Dispatch.objects.get(pk=task.pk).related_orders == ["SL-1"]
    assert list(Contact.objects.filter(source_key=f"task:{task.pk}").values_list("channel", "outcome")) == [
        ("hall", "accepted")
    ]


@pytest.mark.parametrize(
    "form", [{}, {"result": "refused"}, {"result": "sent"}, {"result": "handled", "satisfaction": "6"}]
)
def test_no_task_closes_without_a_result_and_no_refusal_without_a_cause(client, place, customer, form):
    task = make_task(customer, "B9", owner_role="hall", owner=None, owner_unit=place.east, channel="in_contact")
    client.force_login(place.clerk)

    client.post(reverse("task-close", args=[task.pk]), form)

    task.refresh_from_db()
    assert task.status == "open"


def test_nobody_works_on_somebody_elses_task(client, place, customer, account):
    task = make_task(customer, "C1")
    for user in (place.clerk, account):
        client.force_login(user)
        assert client.post(reverse("task-close", args=[task.pk]), {"result": "handled"}).status_code == 404


def test_task_says_why_it_comes_another_way(client, place, customer):
    make_task(customer, "C1", channel="sms", wanted_channel="call", owner_role="system", owner=None)
    make_task(customer, "C4", is_lead=False)

    found = get(client, place.analyst, "api-task-list").json()["results"]

    assert {task["moment_code"]: task["channel_reason"] for task in found}["C1"] == "客户未同意电话，改走此渠道"
    assert {task["channel_reason"] for task in found} <= {"客户未同意电话，改走此渠道", ""}
    client.force_login(place.leader)
    assert "客户未同意电话，改走此渠道" in client.get(reverse("tasks") + "?state=outbox").text


def test_api_gives_the_whole_schema_and_hides_value_from_nobody_who_may_see_it(client, place, customer):
    task = make_task(customer, "C1", code=1, kept_fen=640_00)

    (found,) = get(client, place.analyst, "api-task-list").json()["results"]

    assert found["task_id"] == task.pk
    assert (found["customer_code"], found["kept_fen"], found["moment_code"]) == (1, 640_00, "C1")
    assert found["number"].count("*") == 4
    assert {"reasons", "evidence", "deadline", "backup_owner", "script_version", "offers", "forbidden_phrases"} <= set(
        found
    )
    assert {"contact", "related_orders", "result_code", "cause_code", "next_contact_at", "satisfaction"} <= set(found)
    assert get(client, place.analyst, "api-task-list", state="strange").status_code == 400


@pytest.fixture
def sender(place):
    return Staff.objects.create(username="sender", role="api_client", branch=Branch.objects.get(parent=None))


@pytest.fixture
def open_hours(monkeypatch):
    noon = timezone.make_aware(dt.datetime(2026, 11, 23, 10, 0))  # noqa: DTZ001 - made aware
    monkeypatch.setattr("cvm.api.tasks.timezone.now", lambda: noon)
    return noon


def send(client, user, task):
    client.force_login(user)
    return client.post(reverse("api-task-sent", args=[task.pk]))


def test_sender_takes_the_outbox_and_the_next_task_is_shown(client, place, customer, sender, open_hours):
    DoNotDisturb.objects.all().delete()
    Customer.objects.update(is_red_listed=False, is_black_listed=False, is_special=False, is_sensitive=False)
    agree(customer, "sms")
    message = make_task(customer, "A2", channel="sms", owner_role="system", owner=None, at=open_hours)
    call = make_task(customer, "B1", is_lead=False, priority=0, at=open_hours)

    waiting = get(client, sender, "api-task-list", state="outbox", channel="sms").json()["results"]
    answer, again = send(client, sender, message), send(client, sender, message)

    assert [task["task_id"] for task in waiting] == [message.pk]
    assert (answer.status_code, answer.json()["result_code"], again.status_code) == (200, "sent", 409)
    call.refresh_from_db()
    assert (call.is_lead, call.status) == (True, "open")


def test_sender_is_stopped_by_the_gate_and_by_calls(client, place, customer, sender, open_hours):
    message = make_task(customer, "A2", channel="sms", owner_role="system", owner=None, at=open_hours)
    other = Customer.objects.filter(manager=place.manager).exclude(pk=customer.pk).first()
    call = make_task(other, "C1", at=open_hours)

    refused, wrong = send(client, sender, message), send(client, sender, call)

    assert (refused.status_code, refused.json()["rule"], wrong.status_code) == (409, "no_consent", 400)
    message.refresh_from_db()
    assert message.status == "open"


def test_closed_tasks_are_found_by_state(client, place, customer):
    task = make_task(customer, "C1")
    close(task, "refused", cause="fee")

    assert shown(get(client, place.leader)) == []
    assert shown(get(client, place.leader, state="closed", result="refused")) == [task.pk]


def test_stand_in_sees_a_colleagues_task_once_it_is_late(client, place, customer, account):
    colleague = Staff.objects.create(username="colleague", role="account_manager")
    task = make_task(customer, "C1", owner=colleague, owner_role="account_manager", backup_owner=account)
    before = shown(get(client, account))
    Dispatch.objects.filter(pk=task.pk).update(escalated_at=timezone.now())

    assert (before, shown(get(client, account))) == ([], [task.pk])
