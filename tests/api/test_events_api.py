"""POST /api/v1/events/: who may, how it must be signed, what it answers, what it never does twice."""

from __future__ import annotations

import json
import time

import pytest
from django.core.cache import cache
from django.utils import timezone
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from customers.models import Branch, Customer, Event, EventDelivery, EventReceipt, EventRefusal, Staff
from customers.receiving import keys, signing
from customers.receiving.reading import MOST_EVENTS
from customers.tests.together import together
from cvm.api import events
from cvm.events import sending

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/events/"


@pytest.fixture(autouse=True)
def told(monkeypatch):
    """How often workers were told."""
    told = []
    monkeypatch.setattr(sending.app, "send_task", lambda task, **options: told.append((task, options["queue"])))
    return told


@pytest.fixture
def place():
    cache.clear()
    root = Branch.objects.create(code="R", name="江城", kind=Branch.Kind.BRANCH)
    county = Branch.objects.create(code="E", name="东湖", kind=Branch.Kind.COUNTY, parent=root)
    Customer.objects.create(id=1, user_code="U1", msisdn="13800000001", join_date="2020-01-01", county=county)
    return root


class Client:
    """An API client with its token and its signing key."""

    def __init__(self, place, name="crm"):
        self.staff = Staff.objects.create(username=name, role="api_client", branch=place)
        self.key, self.secret = keys.create_key(self.staff, by=None, at=timezone.now())
        self.http = APIClient()
        self.http.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=self.staff).key}")

    def post(self, *rows, body=None, secret=None, at=None, headers=None):
        body = json.dumps({"events": rows}).encode() if body is None else body
        at = int(time.time()) if at is None else at
        signature = signing.sign(secret or self.secret, timestamp=at, body=body)
        signed = {events.KEY: self.key.code, events.TIMESTAMP: str(at), events.SIGNATURE: signature}
        return self.http.post(ADDRESS, body, content_type="application/json", headers={**signed, **(headers or {})})


@pytest.fixture
def client(place):
    return Client(place)


def row(key="k1", **values):
    return {
        "source_key": key,
        "kind": "hall_visit",
        "user_code": "U1",
        "occurred_at": timezone.now().isoformat(),
    } | values


def test_good_and_bad_rows_are_answered_one_by_one(client, told, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(row(), row("k2", user_code="U9"))

    said = answer.json()
    assert answer.status_code == 202
    assert [said[name] for name in ("rows", "accepted", "duplicates", "rejected")] == [2, 1, 0, 1]
    assert said["events"][0] == {
        "position": 0, "source_key": "k1", "status": "accepted", "event": Event.objects.get().pk,
    }  # fmt: skip
    assert (said["events"][1]["reason"], said["events"][1]["field"]) == ("unknown_customer", "user_code")
    assert said["events"][1]["words"] == {
        "zh": "在您的范围内没有使用此编码或号码的客户",
        "en": "No customer within your reach has this code or number",
    }
    assert told == [("cvm.events.tasks.settle", "events")]


def test_delivery_sent_twice_changes_nothing_and_answers_the_same(client, told, django_capture_on_commit_callbacks):
    body = json.dumps({"events": [row(), row("k2", kind="?")]}).encode()
    with django_capture_on_commit_callbacks(execute=True):
        first, again = client.post(body=body), client.post(body=body)

    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json() == first.json()
    assert (first.headers.get("Idempotent-Replayed"), again.headers["Idempotent-Replayed"]) == (None, "true")
    assert (Event.objects.count(), EventReceipt.objects.count(), len(told)) == (1, 2, 1)


def test_known_event_in_a_new_delivery_is_a_duplicate(client):
    sent = row()
    client.post(sent)

    answer = client.post(sent, headers={events.IDEMPOTENCY: "another"})

    assert (answer.status_code, answer.json()["duplicates"]) == (200, 1)


def test_all_rejected_is_unprocessable(client):
    assert client.post(row(kind="?")).status_code == 422


def test_key_for_other_events_is_a_conflict(client):
    client.post(row(), headers={events.IDEMPOTENCY: "one"})

    answer = client.post(row("k2"), headers={events.IDEMPOTENCY: "one"})

    assert answer.status_code == 409
    assert EventRefusal.objects.get().reason == "key_used"


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"secret": "wrong"}, "bad_signature"),
        ({"at": int(time.time()) - 1_000}, "stale"),
        ({"at": int(time.time()) + 1_000}, "stale"),
        ({"headers": {events.KEY: "ek_nobody"}}, "unknown_key"),
        ({"headers": {events.SIGNATURE: ""}}, "unsigned"),
        ({"headers": {events.TIMESTAMP: "now"}}, "unsigned"),
    ],
)
def test_wrong_old_or_missing_signature_is_refused_unread(client, how, reason):
    answers = [client.post(row(), **how) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert Event.objects.count() == EventDelivery.objects.count() == 0
    refusal = EventRefusal.objects.get()
    assert (refusal.reason, refusal.times) == (reason, 2)


def test_body_changed_on_the_way_is_refused(client):
    body = json.dumps({"events": [row()]}).encode()
    signature = signing.sign(client.secret, timestamp=int(time.time()), body=body)

    answer = client.post(body=body.replace(b"U1", b"U2"), headers={events.SIGNATURE: signature})

    assert answer.status_code == 401


def test_keys_change_over_without_a_pause(client):
    old = client.key, client.secret
    client.key, client.secret = keys.create_key(client.staff, by=None, at=timezone.now())
    assert client.post(row("new")).status_code == 202
    client.key, client.secret = old
    assert client.post(row("old")).status_code == 202

    keys.retire_key(client.key, by=client.staff, at=timezone.now())

    assert client.post(row("late")).status_code == 401


def test_key_of_another_client_does_not_count(client, place):
    other = Client(place, "oss")

    assert client.post(row(), secret=other.secret, headers={events.KEY: other.key.code}).status_code == 401


def test_client_of_a_county_reaches_no_further(place):
    west = Branch.objects.create(code="W", name="西山", kind=Branch.Kind.COUNTY, parent=place)

    said = Client(west, "west").post(row()).json()

    assert said["events"][0]["reason"] == "unknown_customer"


@pytest.mark.parametrize("body", [b"", b"[", b"[]", b"{}", b'{"events": {}}', b'{"events": []}', b"[" * 50_000])
def test_body_of_another_shape_is_refused_whole(client, body):
    assert client.post(body=body).status_code == 400


def test_too_many_events_and_too_large_bodies_are_refused_whole(client):
    many = client.post(*[row(f"k{number}") for number in range(MOST_EVENTS + 1)])
    large = client.post(body=b" " * (events.MOST_BYTES + 1))

    assert (many.status_code, large.status_code) == (400, 413)
    assert set(EventRefusal.objects.values_list("reason", flat=True)) == {"too_many", "too_large"}
    assert Event.objects.count() == 0


def test_too_many_requests_are_told_to_wait(client, monkeypatch):
    monkeypatch.setattr(events, "REQUESTS_PER_MINUTE", 2)

    answers = [client.post(row(f"k{number}")) for number in range(3)]

    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert 0 < int(answers[2].headers["Retry-After"]) <= 60


def test_number_is_found_by_its_present_user_and_never_said(client):
    from customers.numbers import number_hash

    Customer.objects.filter(pk=1).update(number_hash=number_hash("13800000001"))

    answer = client.post(row(user_code=None, msisdn="13800000001"), row("k2", user_code=None, msisdn="13900000009"))

    assert [one["status"] for one in answer.json()["events"]] == ["accepted", "rejected"]
    assert b"13800000001" not in answer.content
    assert b"13900000009" not in answer.content
    assert "13900000009" not in str(list(EventReceipt.objects.values()))


def test_schema_shows_the_endpoint_with_examples(client):
    schema = client.http.get("/api/v1/schema/", headers={"Accept": "application/json"}).json()

    post = schema["paths"][ADDRESS]["post"]
    assert {one["name"] for one in post["parameters"]} == {
        events.KEY, events.TIMESTAMP, events.SIGNATURE, events.IDEMPOTENCY,
    }  # fmt: skip
    assert post["requestBody"]["content"]["application/json"]["examples"]
    assert post["responses"]["202"]["content"]["application/json"]["examples"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("key", ["same", None])
def test_two_posts_at_once_store_an_event_once(client, key):
    sent = row()

    def post(number):
        return client.post(sent, headers={events.IDEMPOTENCY: key or f"own-{number}"})

    answers = together(lambda: post(0), lambda: post(1))

    assert Event.objects.count() == 1
    statuses = sorted(answer.json()["events"][0]["status"] for answer in answers)
    assert statuses == (["accepted", "accepted"] if key else ["accepted", "duplicate"])
    assert EventReceipt.objects.filter(status="accepted").count() == 1
