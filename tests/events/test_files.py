"""Small event files of the inbox: through the same door as the API, larger and foreign ones left to the import."""

import json

import pytest
from django.utils import timezone

from customers.models import Event, EventDelivery, ImportBatch
from customers.tests.people import customer
from cvm.events import files, sending
from cvm.imports import inbox

pytestmark = pytest.mark.django_db
AT = timezone.now().isoformat()
HEADER = "source_key,kind,user_code,occurred_at,satisfaction\n"


@pytest.fixture
def box(tmp_path, settings, monkeypatch):
    settings.INBOX_DIR, settings.SPOOL_DIR = tmp_path / "inbox", tmp_path / "spool"
    monkeypatch.setattr(sending.app, "send_task", lambda *_args, **_options: None)
    customer(1)
    return inbox.folder()


def put(box, name, text):
    (box / name).write_text(text, "utf-8")
    (box / f"{name}.ok").touch()
    inbox.look(now=timezone.now())


def lines(*rows):
    return "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)


def event(key="k1", **values):
    return {"source_key": key, "kind": "hall_visit", "user_code": "U1", "occurred_at": AT} | values


def test_lines_are_taken_one_by_one_with_a_receipt(box):
    put(box, "events-crm.jsonl", lines(event(), "no json", event("k2", user_code="U9"), ""))

    delivery = EventDelivery.objects.get()
    assert (delivery.source, delivery.file_name, delivery.client) == ("inbox", "events-crm.jsonl", None)
    assert (delivery.rows, delivery.accepted, delivery.rejected) == (3, 1, 2)
    place = box / "taken" / f"{timezone.localdate():%Y-%m-%d}" / "events-crm.jsonl"
    receipt = place.with_name("events-crm.jsonl.txt").read_text("utf-8")
    assert place.exists()
    assert receipt.splitlines()[0].startswith("3 ")
    assert len(receipt.splitlines()) == 3
    assert ImportBatch.objects.count() == 0


def test_table_with_our_field_names_is_taken(box):
    put(box, "events.csv", HEADER + f"k1,hall_visit,U1,{AT},\nk2,hall_visit\nk3,hall_visit,U1,{AT},4\n")

    assert list(Event.objects.order_by("pk").values_list("source_key", flat=True)) == ["k1", "k3"]
    assert EventDelivery.objects.get().rejected == 1


def test_same_file_again_changes_nothing(box):
    put(box, "events-1.jsonl", lines(event()))
    put(box, "events-2.jsonl", lines(event()))

    assert (EventDelivery.objects.count(), Event.objects.count()) == (1, 1)


def test_file_without_a_good_row_is_refused_with_the_reasons(box):
    put(box, "events.jsonl", lines(event(kind="?")))

    assert (box / "refused" / "events.jsonl").exists()
    assert "kind" in (box / "refused" / "events.jsonl.txt").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bills.csv", HEADER + f"k1,hall_visit,U1,{AT},\n"),
        ("events.csv", "流水号,用户编码,事件类型,发生时间\nE1,U1,到厅,2026-11-01\n"),
        ("events.csv", HEADER + f"k,hall_visit,U1,{AT},\n" * (files.MOST_EVENTS + 1)),
        ("events.csv", HEADER + "k" * files.MOST_BYTES),
    ],
)
def test_other_files_are_left_to_the_import(tmp_path, name, text):
    (tmp_path / name).write_text(text, "utf-8")

    assert files.rows_of(tmp_path / name) is None


def test_file_in_another_encoding_is_left_to_the_import(tmp_path):
    path = tmp_path / "events.csv"
    path.write_bytes("流水号".encode("gb18030"))

    assert files.rows_of(path) is None
