"""POST /api/v1/imports/ and what follows: every answer, and who may have it."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient
from rest_framework.throttling import ScopedRateThrottle

from customers.importing import intake, spool
from customers.importing.templates import install_templates
from customers.models import Branch, Customer, Event, ImportBatch, Staff
from cvm.api import imports
from cvm.imports import inbox_tasks, tasks

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 23, 2, 0, tzinfo=dt.UTC)
HEADER = "流水号,用户编码,事件类型,发生时间\n"
GOOD = HEADER + "E1,U1,到厅,2026-11-01\nE2,U1,取码,2026-11-02\n"
MIXED = GOOD + "E3,U1,跳舞,2026-11-03\nE4,13900000009,到厅,2026-11-03\n"
ADDRESS = "/api/v1/imports/"
Status = ImportBatch.Status


@pytest.fixture(autouse=True)
def place(tmp_path, settings):
    settings.SPOOL_DIR = tmp_path / "spool"
    cache.clear()
    install_templates()
    root = Branch.objects.create(code="R", name="江城", kind=Branch.Kind.BRANCH)
    county = Branch.objects.create(code="E", name="东湖", kind=Branch.Kind.COUNTY, parent=root)
    Customer.objects.create(id=1, user_code="U1", msisdn="13800000001", join_date="2020-01-01", county=county)
    return root


@pytest.fixture(autouse=True)
def told(monkeypatch):
    """The tasks handed to workers."""
    told = []
    monkeypatch.setattr(tasks, "_send", lambda task, pk: told.append((task, pk)))
    return told


def client_of(role, place):
    staff, _is_new = Staff.objects.get_or_create(username=role, defaults={"role": role, "branch": place})
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.get_or_create(user=staff)[0].key}")
    return client


@pytest.fixture
def client(place):
    return client_of("api_client", place)


def send(client, text=GOOD, *, key="k1", name="事件.csv", **fields):
    headers = {"Idempotency-Key": key} if key is not None else {}
    content = text if isinstance(text, bytes) else text.encode()
    file = SimpleUploadedFile(name, content)
    return client.post(ADDRESS, {"file": file, **fields}, format="multipart", headers=headers)


def copies():
    return len(list(spool.folder().iterdir()))


def check(pk):
    intake.check(pk, clock=lambda: NOW)


def commit(pk):
    intake.commit(pk, clock=lambda: NOW)


# --- sending -------------------------------------------------------------------------------------


def test_a_file_is_accepted_and_checked_by_a_worker(client, told, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        answer = send(client, rows="2")

    said = answer.json()
    assert answer.status_code == 202
    assert (said["status"], said["kind"], said["template"], said["source"]) == ("uploaded", "events", "operator", "api")
    assert said["sha256"] == hashlib.sha256(GOOD.encode()).hexdigest()
    assert told == [(tasks.CHECK, said["id"])]
    assert ImportBatch.objects.get().control == {"rows": 2}


def test_the_same_key_and_file_give_the_same_answer(client, told, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        first, again = send(client), send(client)

    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert (ImportBatch.objects.count(), len(told), copies()) == (1, 1, 1)


def test_the_same_key_with_another_file_or_kind_conflicts(client):
    send(client)

    for answer in (send(client, MIXED), send(client, kind="complaints")):
        assert answer.status_code == 409
    assert (ImportBatch.objects.count(), copies()) == (1, 1)


def test_keys_belong_to_their_sender(client, place):
    send(client)

    assert send(client_of("admin", place), MIXED).status_code == 202


@pytest.mark.parametrize("key", [None, "", " ", "x" * 81, "a\tb"])
def test_a_key_is_needed(client, key):
    assert (send(client, key=key).status_code, ImportBatch.objects.count()) == (400, 0)


def test_bytes_stored_before_answer_with_their_receipt(client):
    pk = send(client, commit="auto").json()["id"]
    check(pk)
    inbox_tasks.confirm_checked(now=NOW)
    commit(pk)

    answer = send(client, key="k2")

    assert (answer.status_code, answer.json()["id"], answer.json()["status"]) == (200, pk, "committed")
    assert ImportBatch.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "dances"},
        {"month": "2026-13"},
        {"month": "202611"},
        {"rows": "-1"},
        {"rows": "many"},
        {"sha256": "abc"},
        {"commit": "yes"},
        {"template": "x" * 65},
    ],
)
def test_wrong_fields_are_named(client, wrong):
    answer = send(client, **wrong)

    assert (answer.status_code, list(answer.json())) == (400, list(wrong))
    assert (ImportBatch.objects.count(), copies()) == (0, 0)


def test_a_file_is_needed(client):
    answer = client.post(ADDRESS, {}, format="multipart", headers={"Idempotency-Key": "k"})
    assert (answer.status_code, list(answer.json())) == (400, ["file"])


def test_another_kind_of_body_is_refused(client):
    answer = client.post(ADDRESS, {"file": "x"}, format="json", headers={"Idempotency-Key": "k"})
    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("name", "content", "fields"),
    [
        ("事件.exe", b"MZ", {}),
        ("事件.csv", b"", {}),
        ("事件.xlsx", b"no workbook at all", {}),
        ("未知.csv", GOOD.encode(), {}),
        ("事件.csv", GOOD.encode(), {"template": "nobody's"}),
        ("事件.csv", GOOD.encode(), {"sha256": "0" * 64}),
    ],
)
def test_files_that_cannot_be_taken_are_refused_and_leave_no_copy(client, name, content, fields):
    answer = send(client, content, name=name, **fields)

    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert (ImportBatch.objects.count(), copies()) == (0, 0)


def test_a_full_disk_says_so(client, monkeypatch):
    def full(source, *, name):
        raise spool.SpoolFull(file=name)

    monkeypatch.setattr(spool, "take", full)

    assert send(client).status_code == 507


def test_a_request_too_large_is_refused_before_it_is_read(client, settings, monkeypatch):
    settings.CVM_IMPORT_LARGEST_MB = 1
    monkeypatch.setattr(imports, "ImportFormSerializer", None)  # reading the form would fail

    answer = send(client, b"x" * (2 * 1024**2))

    assert answer.status_code == 413
    assert copies() == 0


def test_the_sender_s_hash_and_kind_are_taken(client):
    fields = {"sha256": hashlib.sha256(GOOD.encode()).hexdigest().upper(), "kind": "events", "template": "operator"}
    answer = send(client, name="anything.csv", **fields)

    assert (answer.status_code, answer.json()["kind"]) == (202, "events")


def test_sending_is_throttled(client, monkeypatch):
    monkeypatch.setattr(ScopedRateThrottle, "THROTTLE_RATES", {"imports": "2/min"})

    assert [send(client, key=f"k{n}", text=GOOD + "\n" * n).status_code for n in range(3)] == [202, 202, 429]


# --- what becomes of it --------------------------------------------------------------------------


def get(client, pk, part=""):
    return client.get(f"{ADDRESS}{pk}/{part}")


def test_the_receipt_and_the_rejected_rows(client):
    pk = send(client, MIXED, commit="auto").json()["id"]
    check(pk)
    assert get(client, pk).json()["status"] == "ready"
    inbox_tasks.confirm_checked(now=NOW)
    commit(pk)

    receipt = get(client, pk).json()
    counts = [receipt[f"rows_{name}"] for name in ("read", "accepted", "rejected", "duplicate", "new", "changed")]
    rejects = get(client, pk, "rejects/").json()["results"]

    assert (receipt["status"], counts, receipt["problem"], receipt["stops"]) == (
        "committed",
        [4, 2, 2, 0, 2, 0],
        None,
        [],
    )
    assert sorted((row["line"], row["column"], row["value"], row["reason"]) for row in rejects) == [
        (4, "事件类型", "跳舞", "unknown_word"),
        (5, "用户编码", "139****0009", "unknown_customer"),
    ]
    assert Event.objects.count() == 2


def test_a_file_that_fails_says_why(client):
    pk = send(client, "甲,乙\n1,2\n").json()["id"]
    check(pk)

    said = get(client, pk).json()

    assert (said["status"], said["problem"]["code"]) == ("failed", "columns_missing")
    assert said["problem"]["words"]


def test_without_asking_nothing_is_stored_unconfirmed(client, place, told, django_capture_on_commit_callbacks):
    pk = send(client).json()["id"]
    check(pk)
    assert inbox_tasks.confirm_checked(now=NOW) == 0
    admin = client_of("admin", place)

    with django_capture_on_commit_callbacks(execute=True):
        answer = admin.post(f"{ADDRESS}{pk}/confirmation/", {}, format="json")

    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    assert told == [(tasks.COMMIT, pk)]
    commit(pk)
    assert get(client, pk).json()["status"] == "committed"
    assert admin.post(f"{ADDRESS}{pk}/confirmation/", {}, format="json").status_code == 409


def test_stops_keep_even_a_file_that_asked_to_be_stored(client, place):
    pk = send(client, rows="3", commit="auto").json()["id"]
    check(pk)
    assert inbox_tasks.confirm_checked(now=NOW) == 0

    said = get(client, pk).json()
    answer = client_of("admin", place).post(f"{ADDRESS}{pk}/confirmation/", {"override_reason": "x"}, format="json")

    assert [(stop["code"], stop["can_override"]) for stop in said["stops"]] == [("control_rows", False)]
    assert (answer.status_code, get(client, pk).json()["status"]) == (409, "ready")


def test_unknown_imports_are_404(client, place):
    assert (get(client, 99).status_code, get(client, 99, "rejects/").status_code) == (404, 404)
    assert client_of("admin", place).post(f"{ADDRESS}99/confirmation/", {}, format="json").status_code == 404


# --- who may -------------------------------------------------------------------------------------

PUSHES = {"admin", "api_client"}


@pytest.mark.parametrize("role", Staff.Role.values)
def test_tokens_open_what_their_role_may(place, role):
    pk = send(client_of("admin", place)).json()["id"]
    check(pk)
    client = client_of(role, place)

    statuses = [
        send(client, MIXED, key="mine").status_code,
        get(client, pk).status_code,
        get(client, pk, "rejects/").status_code,
        client.post(f"{ADDRESS}{pk}/confirmation/", {}, format="json").status_code,
    ]

    pushes = [202, 200, 200] if role in PUSHES else [403, 403, 403]
    assert statuses == [*pushes, 202 if role == "admin" else 403]


def test_strangers_and_wrong_tokens_are_401(place):
    stranger, wrong = APIClient(), APIClient()
    wrong.credentials(HTTP_AUTHORIZATION="Token 0000")

    assert [send(one).status_code for one in (stranger, wrong)] == [401, 401]
    assert copies() == 0


@pytest.mark.parametrize(
    ("method", "part"),
    [("get", ""), ("put", ""), ("delete", "1/"), ("post", "1/"), ("post", "1/rejects/"), ("get", "1/confirmation/")],
)
def test_other_methods_are_405(place, method, part):
    assert getattr(client_of("admin", place), method)(ADDRESS + part).status_code == 405


def test_the_schema_describes_it(place):
    schema = client_of("admin", place).get(reverse("api-schema"), {"format": "json"}).json()

    post = schema["paths"][ADDRESS]["post"]
    assert "multipart/form-data" in post["requestBody"]["content"]
    assert [one["name"] for one in post["parameters"]] == ["Idempotency-Key"]
    assert {f"{ADDRESS}{{id}}/", f"{ADDRESS}{{id}}/rejects/", f"{ADDRESS}{{id}}/confirmation/"} <= schema[
        "paths"
    ].keys()
