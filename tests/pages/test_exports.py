"""Exports as people meet them: requested, limited, approved by another, fetched once."""

import datetime as dt
import threading

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.models import AuditEntry, Export, Staff, Standing
from cvm.exports import actions, files, quota, tasks
from tests.pages import branch

pytestmark = pytest.mark.django_db

FORM = {"purpose": "county review", "format": "csv", "columns": ["stage", "score"], "query": "stage=3"}


@pytest.fixture
def place(db):
    """A branch for one test alone: the end of a streamed file closes the connection, and a module's branch with it."""
    return branch.build()


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.EXPORTS_DIR = tmp_path / "exports"
    return settings.EXPORTS_DIR


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    """Collect what is sent to the queue instead of sending it."""
    found = []
    monkeypatch.setattr(tasks, "_send", found.append)
    return found


def ask(client, **changes):
    return client.post(reverse("export-request"), FORM | changes)


def ready(client, user, **changes):
    client.force_login(user)
    ask(client, **changes)
    export = Export.objects.latest("pk")
    tasks.write_export(export.pk)
    export.refresh_from_db()
    return export


def deeds():
    return list(AuditEntry.objects.filter(action__startswith="export.").order_by("pk").values_list("action", flat=True))


def test_a_request_is_written_shown_and_fetched_once(client, place, sent, folder, django_capture_on_commit_callbacks):
    client.force_login(place.analyst)
    with django_capture_on_commit_callbacks(execute=True):
        assert ask(client).url == reverse("exports")
    export = Export.objects.get()
    assert (sent, export.status, export.run, export.language) == ([export.pk], "queued", place.run, "zh-hans")
    tasks.write_export(export.pk)

    page = client.get(reverse("exports")).content.decode()
    address = reverse("export-file", args=[export.pk])
    assert address in page
    answer = client.get(address)
    assert answer["Content-Disposition"] == f'attachment; filename="customers-{export.pk}.csv"'
    assert answer["Cache-Control"] == "no-store"
    rows = Standing.objects.filter(run=place.run, stage=3).count()
    text = b"".join(answer.streaming_content).decode()
    assert len(text.splitlines()) == rows + 3
    assert client.get(address).status_code == 404
    assert list(folder.iterdir()) == []
    assert deeds() == ["export.request", "export.complete", "export.download"]


def test_audit_tells_filter_columns_rows_and_digest(client, place):
    export = ready(client, place.analyst)
    entry = AuditEntry.objects.get(action="export.complete")
    assert entry.detail == {
        "filter": "stage=3", "columns": ["stage", "score"], "rows": export.rows_written, "sha256": export.sha256,
    }  # fmt: skip
    assert AuditEntry.objects.get(action="export.request").reason == "county review"


@pytest.mark.parametrize(
    "changes",
    [{"purpose": "abc"}, {"purpose": ""}, {"format": "pdf"}, {"columns": ["msisdn"]}, {"columns": []},
     {"query": "stage=77"}, {"query": "q=13800130007"}],
)  # fmt: skip
def test_a_bad_request_is_refused_and_can_be_mended(client, place, changes):
    client.force_login(place.analyst)
    answer = ask(client, **changes)
    assert (answer.status_code, Export.objects.count()) == (400, 0)
    assert "13800130007" not in Export.objects.values_list("query", flat=True)


def test_position_and_columns_do_not_belong_to_the_filter(client, place):
    client.force_login(place.analyst)
    ask(client, query="stage=3&sort=-risk&columns=band&after=1.2&colour=red")
    assert Export.objects.get().query == "stage=3&sort=-risk"


@pytest.mark.parametrize("who", ["manager", "clerk", "admin", "auditor"])
def test_others_may_not_export(client, place, who):
    client.force_login(getattr(place, who))
    assert ask(client).status_code == 403
    assert client.get(reverse("exports")).status_code == 403


def test_above_the_limit_a_request_waits_for_another_person(client, place, sent, monkeypatch):
    monkeypatch.setitem(quota.ROWS_PER_FILE, "analyst", 5)
    client.force_login(place.analyst)
    ask(client, query="")
    export = Export.objects.get()
    assert (export.status, sent) == ("waiting", [])
    tasks.write_export(export.pk)
    export.refresh_from_db()
    assert export.status == "waiting"


def test_an_administrator_approves(client, place, sent, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setitem(quota.ROWS_PER_FILE, "analyst", 5)
    client.force_login(place.analyst)
    ask(client, query="")
    export = Export.objects.get()
    client.force_login(place.admin)
    assert reverse("export-approve") in client.get(reverse("export-log")).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("export-approve"), {"export": export.pk})
    export.refresh_from_db()
    assert (export.status, export.approved_by, sent) == ("queued", place.admin, [export.pk])
    client.post(reverse("export-refuse"), {"export": export.pk, "reason": "too late for this"})
    export.refresh_from_db()
    assert export.status == "queued"
    tasks.write_export(export.pk)
    assert deeds() == ["export.request", "export.approve", "export.complete"]


def test_an_administrator_refuses_with_a_reason(client, place, monkeypatch):
    monkeypatch.setitem(quota.ROWS_PER_FILE, "analyst", 5)
    client.force_login(place.analyst)
    ask(client, query="")
    export = Export.objects.get()
    client.force_login(place.admin)
    client.post(reverse("export-refuse"), {"export": export.pk, "reason": "no"})
    export.refresh_from_db()
    assert export.status == "waiting"
    client.post(reverse("export-refuse"), {"export": export.pk, "reason": "ask for one county"})
    export.refresh_from_db()
    assert (export.status, export.approved_by) == ("refused", place.admin)
    client.force_login(place.analyst)
    assert "ask for one county" in client.get(reverse("exports")).content.decode()
    assert deeds() == ["export.request", "export.refuse"]


@pytest.mark.parametrize("who", ["analyst", "leader", "auditor", "manager"])
def test_only_administrators_decide(client, place, who):
    client.force_login(getattr(place, who))
    assert client.post(reverse("export-approve"), {"export": 1}).status_code == 403
    assert client.post(reverse("export-refuse"), {"export": 1, "reason": "because"}).status_code == 403


def test_nobody_decides_about_the_own_request(client, place, monkeypatch):
    monkeypatch.setitem(quota.ROWS_PER_FILE, "analyst", 5)
    client.force_login(place.analyst)
    ask(client, query="")
    export = Export.objects.get()
    for decide in (actions.approve, lambda *args, **more: actions.refuse(*args, reason="because", **more)):
        with pytest.raises(actions.OwnRequest):
            decide(export, by=place.analyst, at=timezone.now())
    with pytest.raises(IntegrityError, match="export_approved_by_another"), transaction.atomic():
        Export.objects.update(approved_by=place.analyst)


def test_a_leader_has_a_smaller_limit_and_the_own_county(client, place):
    export = ready(client, place.leader, query="")
    assert export.rows_written == Standing.objects.filter(run=place.run, county_id=place.east.pk).count()
    assert quota.ROWS_PER_FILE == {"analyst": 5000, "team_leader": 500}


def test_the_fourth_file_within_an_hour_is_refused(client, place):
    client.force_login(place.analyst)
    with time_machine.travel(dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC), tick=False) as clock:
        assert [ask(client).status_code for _ in range(4)] == [302, 302, 302, 400]
        clock.shift(dt.timedelta(hours=1))
        assert ask(client).status_code == 302


def test_beyond_the_rows_of_a_day_a_request_waits(client, place, monkeypatch):
    rows = Standing.objects.filter(run=place.run, stage=3).count()
    monkeypatch.setattr(quota, "ROWS_PER_DAY", 2 * rows)
    client.force_login(place.analyst)
    for _ in range(3):
        ask(client)
    assert list(Export.objects.order_by("pk").values_list("status", flat=True)) == ["queued", "queued", "waiting"]


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_the_limit_do_not_pass_together(folder):
    place = branch.build()
    clients = [Client(), Client()]
    for one in clients:
        one.force_login(place.analyst)
    statuses = []
    gate = threading.Barrier(3, timeout=60)

    def request(one):
        try:
            gate.wait()
            statuses.append(ask(one).status_code)
        finally:
            connection.close()

    with transaction.atomic():  # hold the person's row, so that both are inside before either counts
        Staff.objects.select_for_update().get(pk=place.analyst.pk)
        for _ in range(quota.FILES_PER_HOUR - 1):
            Export.objects.create(
                requested_by=place.analyst, requested_at=timezone.now(), purpose="x", run=place.run, rows_expected=1
            )
        threads = [threading.Thread(target=request, args=[one], daemon=True) for one in clients]
        for thread in threads:
            thread.start()
        gate.wait()
    for thread in threads:
        thread.join(60)

    assert sorted(statuses) == [302, 400]
    assert Export.objects.count() == quota.FILES_PER_HOUR


@pytest.mark.parametrize("who", ["east_analyst", "leader"])
def test_a_file_is_its_requesters_alone(client, place, who):
    export = ready(client, place.analyst)
    client.force_login(getattr(place, who))
    assert client.get(reverse("export-file", args=[export.pk])).status_code == 404
    client.force_login(place.analyst)
    answer = client.get(reverse("export-file", args=[export.pk]))
    assert answer.status_code == 200
    answer.close()


@pytest.mark.parametrize("who", ["admin", "auditor", "manager", "clerk"])
def test_the_log_readers_never_get_the_file(client, place, who):
    export = ready(client, place.analyst)
    client.force_login(getattr(place, who))
    assert client.get(reverse("export-file", args=[export.pk])).status_code == 403


def test_the_auditor_sees_the_log_of_all_and_decides_nothing(client, place, monkeypatch):
    monkeypatch.setitem(quota.ROWS_PER_FILE, "analyst", 5)
    client.force_login(place.analyst)
    ask(client, query="")
    ready(client, place.leader)
    client.force_login(place.auditor)
    page = client.get(reverse("export-log")).content.decode()
    assert page.count("county review") == 3  # one waits and stands in both tables
    assert reverse("export-approve") not in page
    assert "/file/" not in page


def test_a_file_lives_72_hours(client, place, folder):
    with time_machine.travel(dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC), tick=False) as clock:
        export = ready(client, place.analyst)
        assert len(list(folder.iterdir())) == 1
        clock.shift(dt.timedelta(hours=71, minutes=59))
        tasks.sweep()
        assert len(list(folder.iterdir())) == 1
        clock.shift(dt.timedelta(minutes=1))
        client.force_login(place.analyst)
        assert client.get(reverse("export-file", args=[export.pk])).status_code == 404
        tasks.sweep()
        tasks.sweep()
    export.refresh_from_db()
    assert (export.status, list(folder.iterdir())) == ("expired", [])
    assert deeds() == ["export.request", "export.complete", "export.expire"]


def test_a_file_that_is_gone_is_not_counted_as_taken(client, place):
    export = ready(client, place.analyst)
    files.remove(export.file_name)
    assert client.get(reverse("export-file", args=[export.pk])).status_code == 404
    export.refresh_from_db()
    assert (export.status, export.taken_at) == ("ready", None)


def test_page_asks_again_only_while_something_is_under_way(client, place):
    client.force_login(place.analyst)
    ask(client)
    waiting = client.get(reverse("exports"), headers={"HX-Request": "true"}).content.decode()
    assert 'hx-trigger="every 2s"' in waiting
    assert "<html" not in waiting
    tasks.write_export(Export.objects.get().pk)
    assert "every 2s" not in client.get(reverse("exports")).content.decode()


def test_own_page_shows_own_exports_only(client, place):
    ready(client, place.analyst)
    client.force_login(place.leader)
    assert client.get(reverse("exports")).context["lines"] == []


def test_download_is_no_post_and_request_no_get(client, place):
    export = ready(client, place.analyst)
    assert client.post(reverse("export-file", args=[export.pk])).status_code == 405
    assert client.get(reverse("export-request")).status_code == 405
    export.refresh_from_db()
    assert export.status == "ready"
