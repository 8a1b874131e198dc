import datetime as dt
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from callcenter import views
from callcenter.models import Callback, Contact, PhoneManager, QueueItem
from callcenter.tests.branch import NOW
from customers.actions import set_do_not_disturb
from customers.models import AuditEntry, Branch, Run, Staff

DESK, CLAIM, RESULT, SKIP, LEASE, NUMBER, PROMISES, TEAM = (
    reverse(f"callcenter:{name}")
    for name in ("desk", "claim", "result", "skip", "heartbeat", "number", "promises", "team")
)
HTMX = {"HX-Request": "true"}


class Clock:
    """The database's clock, held by the test."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now

    def forward(self, **span):
        self.now += dt.timedelta(**span)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(views, "database_now", clock)
    return clock


@pytest.fixture
def manager(branch, clock, client):
    manager = branch.manager()
    client.force_login(manager)
    return manager


def token_of(client):
    return client.session[views.TOKEN]


def save(client, **values):
    return client.post(RESULT, {"token": token_of(client), "outcome": "accepted"} | values, headers=HTMX)


def test_desk_says_how_to_begin(branch, manager, client):
    branch.queued(manager, 2)

    page = client.get(DESK)

    assert page.status_code == 200
    assert page.context["numbers"].waiting == 2
    assert page.context["card"] is None


def test_desk_says_who_comes_later_and_why(branch, manager, client):
    item = branch.queued(manager, 1)[0]
    started = {"started_at": NOW - dt.timedelta(hours=1), "ended_at": NOW - dt.timedelta(hours=1)}
    Contact.objects.create(customer=item.customer, outcome="no_answer", staff=manager, **started)

    page = client.get(DESK)

    assert (page.context["numbers"].callable_now, page.context["numbers"].later) == (0, 1)
    assert "此刻没有可拨打的客户" in page.content.decode()
    assert "可以开始下一位客户" not in page.content.decode()


def test_desk_keeps_the_card_over_reloads(branch, manager, client):
    first = branch.queued(manager, 2)[0]
    client.post(CLAIM)

    pages = [client.get(DESK) for _ in range(2)]

    assert [page.context["card"].item.pk for page in pages] == [first.pk, first.pk]


def test_claim_with_a_card_in_hand_takes_no_second(branch, manager, client):
    branch.queued(manager, 2)
    client.post(CLAIM)
    client.post(CLAIM)

    assert QueueItem.objects.filter(status="leased").count() == 1


def test_card_shows_why_now_with_values(branch, manager, client):
    branch.story(manager)

    html = client.post(CLAIM, headers=HTMX).content.decode()

    for words in ("¥126", "¥79", "2026-12-22", "B", "续约送 60 元话费", "138****0001", "王小二"):
        assert words in html
    assert "13800000001" not in html


def test_card_of_a_customer_without_a_standing_is_shown(branch, manager, client):
    branch.item(branch.customer(manager))

    assert client.post(CLAIM, headers=HTMX).context["card"].standing is None


def test_rich_and_poor_cards_cost_the_same_number_of_queries(branch, manager, client):
    branch.standing(poor := branch.customer(manager))
    branch.item(poor)
    branch.story(manager)
    client.post(CLAIM)
    with CaptureQueriesContext(connection) as for_poor:
        client.get(DESK)
    save(client)
    client.get(DESK)
    with CaptureQueriesContext(connection) as for_rich:
        client.get(DESK)

    assert len(for_rich) - len(for_poor) == 1  # the offer
    assert len(for_rich) <= 27


def test_result_goes_on_with_the_next_customer(branch, manager, client):
    first, second = branch.queued(manager, 2)
    client.post(CLAIM)

    page = save(client, note="好")

    assert page.context["card"].item.pk == second.pk
    assert Contact.objects.get().queue_item_id == first.pk


def test_result_with_pause_takes_nobody(branch, manager, client):
    branch.queued(manager, 2)
    client.post(CLAIM)

    page = save(client, then="pause")

    assert page.context["card"] is None
    assert page.context["numbers"].done == 1
    assert "lost" not in page.context


def test_result_without_script_leads_back_to_the_desk(branch, manager, client):
    branch.queued(manager, 1)
    client.post(CLAIM)

    answer = client.post(RESULT, {"token": token_of(client), "outcome": "accepted"})

    assert (answer.status_code, answer.url) == (302, DESK)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"outcome": ""}, "outcome"),
        ({"outcome": "sold"}, "outcome"),
        ({"outcome": "refused"}, "cause"),
        ({"outcome": "refused", "cause": "other", "note": " "}, "note"),
        ({"outcome": "thinking", "callback_at": "tomorrow"}, "callback_at"),
        ({"outcome": "thinking", "callback_at": "2026-11-20T10:00"}, "callback_at"),
        ({"outcome": "thinking", "callback_at": "2026-11-24T13:00"}, "callback_at"),
        ({"outcome": "do_not_call", "callback_at": "2026-11-24T10:00"}, "callback_at"),
        ({"outcome": "accepted", "note": "长" * 1001}, "note"),
        ({"outcome": "accepted", "token": "x"}, "token"),
    ],
)
def test_bad_result_is_told_in_words_and_keeps_what_was_typed(branch, manager, client, values, field):
    branch.queued(manager, 1)
    client.post(CLAIM)

    page = save(client, **({"note": "别丢了"} | values))

    assert page.status_code == 422
    assert list(page.context["result_form"].errors) == [field]
    assert page.context["card"] is not None
    assert values.get("note", "别丢了") in page.content.decode()
    assert not Contact.objects.exists()


def test_lost_lease_is_told_in_words_and_keeps_the_note(branch, manager, client, clock):
    item = branch.queued(manager, 1)[0]
    client.post(CLAIM)
    token = token_of(client)
    clock.forward(minutes=4)

    page = client.post(
        RESULT,
        {"token": token, "outcome": "accepted", "note": "客户同意续约", "customer": item.customer_id},
        headers=HTMX,
    )

    assert page.status_code == 409
    assert "客户同意续约" in page.content.decode()
    again = client.post(CLAIM, {"note": "客户同意续约", "customer": item.customer_id}, headers=HTMX)
    assert again.context["result_form"].initial["note"] == "客户同意续约"


def test_reload_after_a_lost_lease_says_so_once(branch, manager, client, clock):
    branch.queued(manager, 1)
    client.post(CLAIM)
    clock.forward(minutes=4)

    assert client.get(DESK).context["lost"]
    assert "lost" not in client.get(DESK).context


def test_two_browsers_of_one_login_hold_two_customers(branch, manager, client):
    from django.test import Client

    branch.queued(manager, 2)
    other = Client()
    other.force_login(manager)
    cards = [browser.post(CLAIM, headers=HTMX).context["card"].item.pk for browser in (client, other)]

    assert len(set(cards)) == 2


def test_do_not_call_elsewhere_takes_the_card_away(branch, manager, client):
    quiet = branch.queued(manager, 2)[0]
    client.post(CLAIM)
    set_do_not_disturb(quiet.customer, by=None, at=NOW, source="hotline")

    page = client.get(DESK)

    assert (page.context["card"], page.context["numbers"].waiting) == (None, 1)
    assert page.context["lost"]


def test_do_not_call_takes_the_customer_out_of_counts_and_promises(branch, manager, client):
    item = branch.queued(manager, 1)[0]
    branch.promise(item.customer)
    set_do_not_disturb(item.customer, by=None, at=NOW, source="hotline")

    numbers = client.get(DESK).context["numbers"]

    assert (numbers.waiting, numbers.promises) == (0, 0)
    assert not client.get(PROMISES).context["page"].object_list


def test_heartbeat_keeps_the_lease(branch, manager, client, clock):
    branch.queued(manager, 1)
    client.post(CLAIM)
    for _ in range(10):
        clock.forward(seconds=30)
        assert client.post(LEASE, {"token": token_of(client)}).status_code == 200

    assert client.get(DESK).context["card"]


def test_heartbeat_of_a_lost_lease_says_so(branch, manager, client, clock):
    branch.queued(manager, 1)
    client.post(CLAIM)
    clock.forward(minutes=4)

    assert client.post(LEASE, {"token": token_of(client)}).status_code == 409
    assert client.post(LEASE, {"token": "x"}).status_code == 422


def test_number_is_shown_on_request(branch, manager, client):
    item = branch.queued(manager, 1)[0]
    client.post(CLAIM)

    answer = client.post(NUMBER, {"token": token_of(client), "reason": "call_now"}, headers=HTMX)

    assert answer.status_code == 200
    assert item.customer.msisdn in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert AuditEntry.objects.filter(action="desk.reveal_number", actor=manager).count() == 1


def test_number_is_refused_in_words_at_night(branch, manager, client, clock):
    item = branch.queued(manager, 1)[0]
    clock.forward(hours=6)
    client.post(CLAIM)

    answer = client.post(NUMBER, {"token": token_of(client), "reason": "call_now"}, headers=HTMX)

    assert answer.status_code == 403
    assert "11-24 09:00" in answer.content.decode()
    assert item.customer.msisdn not in answer.content.decode()


def test_number_is_refused_without_a_lease_or_a_reason(branch, manager, client, clock):
    branch.queued(manager, 1)
    client.post(CLAIM)
    token = token_of(client)

    assert client.post(NUMBER, {"token": token, "reason": "curious"}, headers=HTMX).status_code == 422
    clock.forward(minutes=4)
    assert client.post(NUMBER, {"token": token, "reason": "call_now"}, headers=HTMX).status_code == 403


def test_number_beyond_the_limit_is_refused(branch, manager, client, monkeypatch):
    monkeypatch.setattr(views.actions, "REVEALS_PER_HOUR", 0)
    branch.queued(manager, 1)
    client.post(CLAIM)

    answer = client.post(NUMBER, {"token": token_of(client), "reason": "call_now"}, headers=HTMX)

    assert answer.status_code == 429


def test_skip_takes_the_next(branch, manager, client):
    _first, second = branch.queued(manager, 2)
    client.post(CLAIM)

    page = client.post(SKIP, {"token": token_of(client), "reason": "later"}, headers=HTMX)

    assert page.context["card"].item.pk == second.pk


def test_skip_needs_a_reason(branch, manager, client):
    branch.queued(manager, 1)
    client.post(CLAIM)

    assert client.post(SKIP, {"token": token_of(client)}, headers=HTMX).status_code == 422
    assert client.post(SKIP, {"token": uuid.uuid4(), "reason": "later"}, headers=HTMX).status_code == 409


def empty_words(client):
    return client.get(DESK, headers=HTMX).content.decode()


def test_empty_desk_explains_itself(branch, manager, client):
    nothing = empty_words(client)
    branch.promise(branch.customer(manager), due_at=NOW + dt.timedelta(hours=1))
    promised = empty_words(client)
    PhoneManager.objects.update(is_absent=True)
    absent = empty_words(client)
    Run.objects.update(is_current=False)
    before = empty_words(client)

    assert "2026-11-23 16:00" in promised
    assert len({nothing, promised, absent, before}) == 4


def test_absent_manager_gets_no_customer(branch, manager, client):
    branch.queued(manager, 1)
    PhoneManager.objects.update(is_absent=True)

    assert client.post(CLAIM, headers=HTMX).context["card"] is None


def test_desk_counts_today_only(branch, manager, client):
    item = branch.queued(manager, 1)[0]
    for ended_at in (NOW, NOW - dt.timedelta(days=1)):
        Contact.objects.create(
            customer=item.customer,
            staff=manager,
            queue_item=item if ended_at == NOW else None,
            started_at=ended_at,
            ended_at=ended_at,
            outcome="accepted",
        )

    numbers = client.get(DESK).context["numbers"]

    assert (numbers.done, numbers.accepted, numbers.saved_fen) == (1, 1, item.kept_fen)


def test_promises_are_listed_in_order_and_masked(branch, manager, client):
    later = branch.promise(branch.customer(manager), due_at=NOW + dt.timedelta(hours=2), note="再谈")
    sooner = branch.promise(branch.customer(manager), due_at=NOW)

    page = client.get(PROMISES)

    assert list(page.context["page"].object_list) == [sooner, later]
    assert "13800000001" not in page.content.decode()


def test_promises_cost_the_same_for_one_and_three(branch, manager, client):
    branch.promise(branch.customer(manager))
    client.get(PROMISES)
    with CaptureQueriesContext(connection) as for_one:
        client.get(PROMISES)
    for _ in range(2):
        branch.promise(branch.customer(manager))
    with CaptureQueriesContext(connection) as for_three:
        client.get(PROMISES)

    assert len(for_three) == len(for_one)


# --- the team ------------------------------------------------------------------------------------


def test_team_shows_each_manager_and_the_sum(branch, clock, client):
    leader = branch.staff("leader", Staff.Role.TEAM_LEADER)
    one, two = branch.manager("one"), branch.manager("two")
    item = branch.queued(one, 2)[0]
    branch.queued(two, 1)
    branch.promise(branch.customer(two), due_at=NOW + dt.timedelta(hours=1))
    client.force_login(one)
    client.post(CLAIM)
    save(client, outcome="refused", cause="fee")
    client.force_login(leader)

    page = client.get(TEAM)

    rows = [(row.staff, row.pending, row.in_hand, row.promises, row.done) for row in page.context["rows"]]
    assert rows == [(one, 0, 1, 0, 1), (two, 1, 0, 1, 0)]
    assert page.context["rows"][0].by_outcome == [0, 0, 1, 0, 0]
    assert page.context["together"].by_outcome == [0, 0, 1, 0, 0]
    assert item.customer.name not in page.content.decode()


def test_team_leader_sees_own_county_only(branch, clock, client):
    elsewhere = Branch.objects.create(code="C2", name="城西", kind=Branch.Kind.COUNTY, parent=branch.root)
    leader = branch.staff("leader", Staff.Role.TEAM_LEADER, branch=elsewhere)
    branch.manager("one")
    client.force_login(leader)

    assert client.get(TEAM).context["rows"] == []


# --- doors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [DESK, PROMISES, TEAM])
def test_strangers_are_asked_to_log_in(client, db, address):
    assert client.get(address).url.startswith(reverse("login"))


@pytest.mark.parametrize("address", [CLAIM, RESULT, SKIP, LEASE, NUMBER])
def test_actions_take_no_get(branch, manager, client, address):
    assert client.get(address).status_code == 405


@pytest.mark.parametrize("address", [DESK, PROMISES, TEAM])
def test_pages_take_no_post(branch, manager, client, address):
    assert client.post(address).status_code == 405


@pytest.mark.parametrize("role", [role for role in Staff.Role if role != Staff.Role.PHONE_MANAGER])
def test_other_roles_may_not_work_at_the_desk(branch, clock, client, role):
    client.force_login(branch.staff("other", role))

    answers = [client.get(DESK), client.get(PROMISES)]
    answers += [client.post(address) for address in (CLAIM, RESULT, SKIP, LEASE, NUMBER)]
    assert {answer.status_code for answer in answers} == {403}


def test_phone_manager_may_not_see_the_team(branch, manager, client):
    assert client.get(TEAM).status_code == 403


def test_token_of_another_manager_opens_nothing(branch, clock, client):
    owner, stranger = branch.manager("owner"), branch.manager("stranger")
    item = branch.queued(owner, 1)[0]
    client.force_login(owner)
    client.post(CLAIM)
    token = token_of(client)
    client.force_login(stranger)

    answers = [
        client.post(RESULT, {"token": token, "outcome": "accepted"}, headers=HTMX),
        client.post(SKIP, {"token": token, "reason": "later"}, headers=HTMX),
        client.post(NUMBER, {"token": token, "reason": "call_now"}, headers=HTMX),
        client.post(LEASE, {"token": token}),
    ]

    assert [answer.status_code for answer in answers] == [409, 409, 403, 409]
    assert not any(item.customer.msisdn in answer.content.decode() for answer in answers)
    assert not Callback.objects.exists()
