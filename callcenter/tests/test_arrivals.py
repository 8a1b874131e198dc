"""A call an event brings: its place among the night's, what becomes of an item there is, and what the desk is told."""

import datetime as dt
import uuid
from dataclasses import replace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse
from django.utils import translation

from callcenter import claims, views
from callcenter.arrivals import NEW, RAISED, Arrival, put_all, put_in_queue
from callcenter.models import QueueItem
from callcenter.news import LOOK_EVERY, MOST, glance, is_looked_at, lines_of, news_of, version_of
from callcenter.tests.branch import NOW, TODAY
from customers.actions import set_do_not_disturb
from customers.models import DoNotDisturb
from lifecycle.models import KeyMoment, MomentKind

pytestmark = pytest.mark.django_db


def arrive(branch, customer, *, level=3, kept_fen=500_00, bits=1, is_strategic=False, at=NOW):
    given = Arrival(
        customer_id=customer.pk,
        manager_id=customer.manager_id,
        priority=level * 3 + 2,
        level=level,
        is_strategic=is_strategic,
        moment_bits=bits,
        offer_id=0,
        kept_fen=kept_fen,
    )
    return put_in_queue(given, run=branch.run, at=at)[0]


def order(manager):
    items = QueueItem.objects.filter(manager=manager, status="pending").order_by("rank", "id")
    return list(items.values_list("customer_id", flat=True))


@pytest.fixture
def manager(branch):
    return branch.manager()


@pytest.fixture
def night(branch, manager):
    """Three of the night's: red with much to keep, red with little, orange."""
    rows = ((3, 900_00), (3, 100_00), (2, 800_00))
    return [
        branch.item(branch.customer(manager), rank=rank, level=level, kept_fen=kept).customer
        for rank, (level, kept) in enumerate(rows, start=1)
    ]


@pytest.mark.parametrize(
    ("level", "kept_fen", "place"),
    [(3, 950_00, 0), (3, 500_00, 1), (3, 50_00, 2), (2, 900_00, 2), (2, 10_00, 3), (0, 0, 3)],
)
def test_arrival_stands_where_the_night_would_have_put_it(branch, manager, night, level, kept_fen, place):
    customer = branch.customer(manager)

    assert arrive(branch, customer, level=level, kept_fen=kept_fen) == NEW

    assert order(manager).index(customer.pk) == place


def test_strategic_customer_comes_first_within_a_level(branch, manager, night):
    customer = branch.customer(manager)

    arrive(branch, customer, kept_fen=0, is_strategic=True)

    assert order(manager)[0] == customer.pk


def test_first_of_an_empty_queue_gets_a_rank_behind_promises(branch, manager):
    arrive(branch, branch.customer(manager))

    assert QueueItem.objects.get().rank == 1


def test_item_there_is_is_raised_never_doubled(branch, manager, night):
    last = night[2]

    assert arrive(branch, last, level=3, kept_fen=950_00, bits=4) == RAISED

    item = QueueItem.objects.get(customer=last)
    assert (item.level, item.moment_bits, order(manager)[0]) == (3, 4, last.pk)
    assert arrive(branch, last, level=1, kept_fen=0, bits=8) == RAISED
    item.refresh_from_db()
    assert (item.level, item.moment_bits, order(manager)[0]) == (3, 12, last.pk)


def test_customer_in_hand_stays_in_hand_and_learns_of_it(branch, manager, night):
    lease = claims.claim(manager=manager, run=branch.run, at=NOW)

    assert arrive(branch, night[0], bits=16) == RAISED

    item = claims.held(token=lease.token, manager=manager, at=NOW)
    assert (item.lease_token, item.moment_bits, item.rank) == (lease.token, 16, 1)


def test_customer_who_was_served_can_come_back(branch, manager, night):
    lease = claims.claim(manager=manager, run=branch.run, at=NOW)
    claims.close(token=lease.token, manager=manager, at=NOW, status="done", closed_at=NOW)

    assert arrive(branch, night[0]) == NEW

    assert order(manager)[0] == night[0].pk


def test_several_at_once_stand_as_one_after_the_other_would(branch, manager, night):
    far, near, served = (branch.customer(manager) for _ in range(3))
    urgent = Arrival(far.pk, manager.pk, 11, 3, False, 1, 0, 500_00)
    calm = replace(urgent, customer_id=near.pk, kept_fen=450_00)
    raised = replace(urgent, customer_id=night[1].pk, kept_fen=1)
    served = replace(urgent, customer_id=served.pk, is_service=True, kept_fen=470_00)

    became = put_all([calm, raised, served, urgent], run=branch.run, at=NOW)

    assert became == {near.pk: NEW, night[1].pk: RAISED, served.customer_id: NEW, far.pk: NEW}
    assert order(manager) == [night[0].pk, far.pk, served.customer_id, near.pk, night[1].pk, night[2].pk]


# --- news ----------------------------------------------------------------------------------------


def test_news_are_what_arrived_and_may_be_called(branch, manager, night):
    quiet, gone, last, first = (branch.customer(manager) for _ in range(4))
    for seconds, customer in enumerate((quiet, gone, last, first)):
        arrive(branch, customer, at=NOW + dt.timedelta(seconds=seconds))
    set_do_not_disturb(quiet, by=None, at=NOW, source="test", scope=DoNotDisturb.Scope.CONTACT)
    QueueItem.objects.filter(customer=gone).update(
        status="leased", lease_token=uuid.uuid4(), lease_expires_at=NOW + dt.timedelta(minutes=3)
    )

    assert [one.customer_id for one in news_of(manager, at=NOW)] == [first.pk, last.pk]


def test_long_news_say_how_many_there_are(branch, manager):
    for _ in range(MOST + 2):
        arrive(branch, branch.customer(manager))

    found = news_of(manager, at=NOW)

    assert (len(found), found[0].waiting) == (MOST, MOST + 2)


def test_version_changes_with_what_is_told(branch, manager):
    customer = branch.customer(manager)
    seen = [version_of(news_of(manager, at=NOW))]
    arrive(branch, customer, level=2)
    seen.append(version_of(news_of(manager, at=NOW)))
    arrive(branch, customer, level=3)
    seen.append(version_of(news_of(manager, at=NOW)))

    assert len(set(seen)) == 3
    assert version_of(news_of(manager, at=NOW)) == seen[2]


def test_news_say_what_was_found_and_by_when_to_call(branch, manager):
    customer, kinds = branch.customer(manager, name="钱小七"), {kind.code: kind for kind in MomentKind.objects.all()}
    found = {"run": branch.run, "customer": customer, "detected_on": TODAY, "level": 2, "value": 0, "reference": 0}
    for code, hours, before in (("C2", 4, 0), ("C4", 2, 1), ("C1", 1, 30)):  # the last one is yesterday's affair
        at = NOW - before * dt.timedelta(hours=1)
        KeyMoment.objects.create(kind=kinds[code], deadline_hours=hours, found_at=at, **found)
    arrive(branch, customer, bits=1 << kinds["C2"].bit | 1 << kinds["C4"].bit)

    with translation.override("zh-hans"):
        (one,) = news_of(manager, at=NOW)
        (chinese,) = lines_of([one], user=manager)
    with translation.override("en"):
        (english,) = lines_of(news_of(manager, at=NOW), user=manager)
        (shown_to_outsiders,) = lines_of([one], user=AnonymousUser())

    assert one.due_at == NOW + dt.timedelta(hours=1)
    codes = sorted(("C2", "C4"), key=lambda code: kinds[code].bit)
    assert one.moments == tuple(f"{code} {kinds[code].name_zh}" for code in codes)
    assert kinds["C2"].name_zh in chinese
    assert kinds["C2"].name_en not in chinese
    assert kinds["C2"].name_en in english
    assert "call by" in english
    assert "钱小七" in chinese
    assert "钱小七" not in shown_to_outsiders


@pytest.fixture
def desk(manager):
    client = Client()
    client.force_login(manager)
    return client


@pytest.mark.parametrize("looks", [False, True])
def test_desk_is_told_once_and_answered_with_nothing_after(branch, manager, desk, monkeypatch, looks):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    monkeypatch.setattr(views, "is_looked_at", lambda manager, at: looks)
    customer = branch.customer(manager, name="赵小六")
    arrive(branch, customer)
    address = reverse("callcenter:news")

    told = desk.get(address, {"seen": "0"})
    version = f"{glance(manager)}_{version_of(news_of(manager, at=NOW))}"
    with CaptureQueriesContext(connection) as asked:
        again = desk.get(address, {"seen": version})
    about_arrivals = [query["sql"] for query in asked if "arrived_at" in query["sql"]]
    assert len(about_arrivals) == 1 + looks

    assert told.status_code == 200
    assert f'data-customer="{customer.pk}"' in told.content.decode()
    assert f"seen={version}" in told.content.decode()
    assert told.headers["HX-Trigger-After-Settle"] == "desk-news"
    assert (again.status_code, again.content) == (204, b"")


def test_who_may_not_be_called_any_more_is_gone_at_the_next_look(branch, manager, desk, monkeypatch):
    """A refusal changes nothing a glance sees: it is found by the look every ten seconds."""
    customer = branch.customer(manager)
    arrive(branch, customer)
    seen = {"seen": f"{glance(manager)}_{version_of(news_of(manager, at=NOW))}"}
    set_do_not_disturb(customer, by=None, at=NOW, source="test", scope=DoNotDisturb.Scope.CONTACT)

    monkeypatch.setattr(views, "is_looked_at", lambda manager, at: False)
    assert desk.get(reverse("callcenter:news"), seen).status_code == 204
    monkeypatch.setattr(views, "is_looked_at", is_looked_at)
    later = [is_looked_at(manager, at=NOW + dt.timedelta(seconds=second)) for second in range(2 * LOOK_EVERY)]
    assert later.count(True) == 2
    monkeypatch.setattr(views, "is_looked_at", lambda manager, at: True)
    assert f'data-customer="{customer.pk}"' not in desk.get(reverse("callcenter:news"), seen).content.decode()


def test_what_comes_in_while_the_desk_is_made_is_told_by_the_next_question(branch, manager, desk, monkeypatch):
    def just_before(manager, *, at):
        found = news_of(manager, at=at)
        arrive(branch, branch.customer(manager))
        return found

    monkeypatch.setattr(views, "news_of", just_before)
    page = desk.get(reverse("callcenter:desk")).content.decode()
    assert f"seen={glance(manager)}_" not in page


def test_glance_changes_with_whatever_comes_and_goes(branch, manager, night):
    customer, seen = branch.customer(manager), [glance(manager)]
    for level in (2, 3):
        arrive(branch, customer, level=level)
        seen.append(glance(manager))
    arrive(branch, branch.customer(manager))
    seen.append(glance(manager))
    QueueItem.objects.filter(customer=customer).update(
        status="leased", lease_token=uuid.uuid4(), lease_expires_at=NOW + dt.timedelta(minutes=3)
    )
    seen.append(glance(manager))
    assert len(set(seen)) == len(seen)


def test_news_ask_the_same_number_of_questions_for_one_and_three(branch, manager, desk):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for number in (1, 3):
        for _ in range(number):
            arrive(branch, branch.customer(manager))
        with CaptureQueriesContext(connection) as asked:
            desk.get(reverse("callcenter:news"))
        counts.append(len(asked))

    assert counts[0] == counts[1]
