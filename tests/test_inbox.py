"""The watched folder: only complete files, each once whoever looks, and nothing lost on the way."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import threading

import pytest
from django.core.cache import cache

from customers.importing import intake, spool
from customers.importing.templates import install_templates
from customers.models import Branch, Customer, ImportBatch
from customers.tests.together import together
from cvm.imports import inbox, inbox_tasks, tasks
from cvm.imports.inbox import Why

START = dt.datetime(2026, 11, 23, 2, 0, tzinfo=dt.UTC)
HEADER = "流水号,用户编码,事件类型,发生时间\n"
ROWS = HEADER + "".join(f"E{n},U1,到厅,2026-11-0{n}\n" for n in range(1, 4))
Status = ImportBatch.Status


@pytest.fixture
def box(tmp_path, settings, db):
    settings.INBOX_DIR, settings.SPOOL_DIR = tmp_path / "inbox", tmp_path / "spool"
    cache.clear()
    prepare()
    return inbox.folder()


def prepare():
    install_templates()
    county = Branch.objects.create(code="E", name="东湖", kind=Branch.Kind.COUNTY)
    Customer.objects.create(id=1, user_code="U1", msisdn="13800000001", join_date="2020-01-01", county=county)


def at(seconds):
    return START + dt.timedelta(seconds=seconds)


def looks(*seconds):
    """Look at these seconds; return the files taken, in order."""
    taken = [pk for second in seconds for pk in inbox.look(now=at(second))]
    return [ImportBatch.objects.get(pk=pk).file_name for pk in taken]


def why():
    return {one.name: one.why for one in inbox.waiting()}


def put(box, name, text=ROWS):
    path = box / name
    path.write_text(text, "utf-8")
    return path


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def run(pk):
    """Do what the workers do with an import until nothing is left to do."""
    intake.check(pk, clock=lambda: START)
    inbox_tasks.confirm_checked(now=START)
    intake.commit(pk, clock=lambda: START)
    return ImportBatch.objects.get(pk=pk)


@pytest.fixture(autouse=True)
def told(monkeypatch):
    """The tasks handed to workers."""
    told = []
    monkeypatch.setattr(tasks, "_send", lambda task, pk: told.append((task, pk)))
    return told


# --- when a file is complete ---------------------------------------------------------------------


def test_a_file_is_taken_when_it_stood_still_for_ten_seconds(box):
    put(box, "事件.csv")

    assert (looks(0), looks(9.9), why()) == ([], [], {"事件.csv": Why.GROWING})
    assert looks(10) == ["事件.csv"]
    assert looks(20, 30) == []
    assert (box / "taken" / "2026-11-23" / "事件.csv").read_text("utf-8") == ROWS


def test_a_file_being_written_waits_however_long_it_takes(box):
    path = put(box, "事件.csv", HEADER)
    for step in range(1, 8):
        assert looks(step * 9) == []
        with path.open("a", encoding="utf-8") as file:
            file.write(f"E{step},U1,到厅,2026-11-01\n")

    assert looks(100, 109) == []
    (name,) = looks(111)

    assert run(ImportBatch.objects.get(file_name=name).pk).rows_read == 7


def test_a_file_replaced_by_one_of_the_same_size_waits_again(box):
    put(box, "事件.csv")
    looks(0)
    other = put(box, "其他", ROWS.replace("到厅", "取码"))
    other.rename(box / "事件.csv")

    assert looks(11) == []
    assert looks(21) == ["事件.csv"]


@pytest.mark.parametrize("name", ["事件.csv.part", "事件.csv.tmp", "事件.csv.filepart", "事件.csv~", "事件.CSV.PART"])
def test_unfinished_names_wait_until_they_are_renamed(box, name):
    path = put(box, name)
    assert (looks(0, 20, 40), why()) == ([], {name: Why.UNFINISHED})

    path.rename(box / "事件.csv")

    assert looks(60, 70) == ["事件.csv"]


@pytest.mark.parametrize("manifest", ["事件.csv.ok", "事件.csv.manifest.json", "事件.csv.ctl", "事件.csv.chk"])
def test_a_manifest_completes_a_file_at_once(box, manifest):
    put(box, "事件.csv")
    put(box, manifest, json.dumps({"rows": 3, "sha256": digest(ROWS)}))

    assert looks(0) == ["事件.csv"]
    batch = ImportBatch.objects.get()
    assert (batch.control["rows"], batch.sha256) == (3, digest(ROWS))
    assert sorted(path.name for path in (box / "taken" / "2026-11-23").iterdir()) == sorted(["事件.csv", manifest])


def test_a_manifest_may_be_named_without_the_suffix_of_the_file(box):
    put(box, "事件.csv")
    put(box, "事件.ok", "rows=3")

    assert (looks(0), why()) == (["事件.csv"], {})
    assert ImportBatch.objects.get().control["rows"] == 3
    assert (box / "taken" / "2026-11-23" / "事件.csv.ok").exists()


def test_a_manifest_left_behind_by_a_look_that_died_is_fetched(box):
    (inbox.folder() / ".taking").mkdir()
    put(box / ".taking", "事件.csv")
    put(box, "事件.csv.ok", "rows=3")

    assert looks(0) == ["事件.csv"]
    assert ImportBatch.objects.get().control["rows"] == 3


def test_a_full_disk_makes_a_file_wait(box, monkeypatch):
    put(box, "事件.csv")
    put(box, "事件.csv.ok", "")

    def full(path, *, name):
        raise spool.SpoolFull(file=name)

    with monkeypatch.context() as patched:
        patched.setattr(spool, "take", full)
        assert looks(0) == []

    assert looks(1) == ["事件.csv"]


def test_a_file_that_cannot_be_moved_keeps_no_other_waiting(box, monkeypatch):
    for name in ("事件1.csv", "事件2.csv"):
        put(box, name, ROWS.replace("E1", name))
        put(box, f"{name}.ok", "")
    rename = type(box).rename

    def closed(path, target):
        if path.name == "事件1.csv":
            raise PermissionError(13, "Permission denied")
        return rename(path, target)

    monkeypatch.setattr(type(box), "rename", closed)

    assert looks(0) == ["事件2.csv"]


def test_an_empty_manifest_says_complete_and_nothing_else(box):
    put(box, "事件.csv")
    put(box, "事件.csv.ok", "")

    assert looks(0) == ["事件.csv"]


def test_a_file_not_yet_as_its_manifest_says_waits_and_is_refused_when_it_stays_so(box):
    path = put(box, "事件.csv", ROWS[:-20])
    put(box, "事件.csv.ok", json.dumps({"sha256": digest(ROWS)}))
    assert (looks(0), why()) == ([], {"事件.csv": Why.UNLIKE_MANIFEST})
    path.write_text(ROWS[:-10], "utf-8")
    assert looks(11) == []

    assert looks(22) == []

    assert sorted(one.name for one in (box / "refused").iterdir()) == ["事件.csv", "事件.csv.ok", "事件.csv.txt"]
    assert "事件.csv" in (box / "refused" / "事件.csv.txt").read_text("utf-8")
    assert not ImportBatch.objects.exists()


def test_a_manifest_without_its_file_waits(box):
    put(box, "事件.csv.ok")
    assert (looks(0, 10, 20), why()) == ([], {"事件.csv.ok": Why.LONELY})


def test_a_writer_and_a_looker_at_the_same_time(box):
    """The writer never rests; only the manifest says when the file is whole."""
    lines = [f"E{n},U1,到厅,2026-11-01\n" for n in range(4_000)]
    whole = HEADER + "".join(lines)

    def write():
        with (box / "事件.csv").open("w", encoding="utf-8") as file:
            file.write(HEADER)
            for line in lines:
                file.write(line)
                file.flush()
        put(box, "half.json", json.dumps({"rows": 4_000, "sha256": digest(whole)})).rename(box / "事件.csv.ok")

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    taken = []
    while writer.is_alive():
        taken += looks(0)
    taken += looks(0)
    writer.join(60)

    assert taken == ["事件.csv"]
    assert ImportBatch.objects.get().sha256 == digest(whole)


def test_a_file_that_changes_while_it_is_copied_goes_back(box, monkeypatch):
    put(box, "事件.csv")

    def changed(path, *, name):
        raise spool.FileChanged(file=name)

    with monkeypatch.context() as patched:
        patched.setattr(spool, "take", changed)
        assert looks(0, 10) == []
    assert (box / "事件.csv").exists()

    assert looks(20, 30) == ["事件.csv"]


# --- what is no file for us ----------------------------------------------------------------------


def test_links_folders_pipes_and_hidden_names_are_left_alone_with_a_reason(box, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text(ROWS, "utf-8")
    (box / "事件.csv").symlink_to(secret)
    (box / "folder").mkdir()
    put(box / "folder", "事件2.csv")
    os.mkfifo(box / "pipe.csv")
    put(box, ".hidden.csv")

    assert looks(0, 10, 20) == []
    assert why() == {"事件.csv": Why.LINK, "folder": Why.FOLDER, "pipe.csv": Why.NOT_A_FILE}


def test_a_file_we_may_not_read_waits_with_a_reason(box, monkeypatch):
    put(box, "事件.csv")
    monkeypatch.setattr(os, "access", lambda path, mode: False)

    assert (looks(0, 10), why()) == ([], {"事件.csv": Why.CLOSED})


def test_a_name_in_another_encoding_waits_with_a_reason(box):
    (box / os.fsdecode("事件.csv".encode("gb18030"))).write_text(ROWS, "utf-8")

    assert looks(0, 10) == []
    assert list(why().values()) == [Why.BAD_NAME]


@pytest.mark.parametrize(
    ("name", "content"), [("事件.exe", b"MZ"), ("事件.csv", b""), ("事件.xlsx", b"not a workbook")]
)
def test_what_cannot_be_a_table_is_refused_before_it_is_copied(box, name, content, settings):
    (box / name).write_bytes(content)

    assert looks(0, 10) == []

    assert sorted(path.name for path in (box / "refused").iterdir()) == [name, f"{name}.txt"]
    assert list(spool.folder().iterdir()) == []


def test_a_file_too_large_is_refused_before_it_is_copied(box, settings):
    settings.CVM_IMPORT_LARGEST_MB = 1
    with (box / "事件.csv").open("wb") as file:
        file.truncate(3 * 1024**2)

    assert looks(0, 10) == []
    assert (box / "refused" / "事件.csv.txt").exists()


# --- what becomes of it --------------------------------------------------------------------------


def test_a_file_without_stops_is_stored_by_itself(box, told, django_capture_on_commit_callbacks):
    put(box, "事件.csv")
    looks(0)
    (pk,) = inbox.look(now=at(10))

    intake.check(pk, clock=lambda: START)
    with django_capture_on_commit_callbacks(execute=True):
        assert inbox_tasks.confirm_checked(now=START) == 1
    intake.commit(pk, clock=lambda: START)

    batch = ImportBatch.objects.get()
    assert (batch.status, batch.source, batch.kind, batch.rows_accepted) == (Status.COMMITTED, "inbox", "events", 3)
    assert told == [(tasks.COMMIT, pk)]


def test_a_file_with_stops_waits_for_a_person(box):
    put(box, "事件.csv")
    put(box, "事件.csv.ok", "rows=4")
    (pk,) = inbox.look(now=at(0))

    batch = run(pk)

    assert (batch.status, [stop["code"] for stop in batch.preview["stops"]]) == (Status.READY, ["control_rows"])


def test_a_file_mapped_by_a_person_waits_for_their_word(box):
    put(box, "事件.csv")
    looks(0)
    (pk,) = inbox.look(now=at(10))
    batch = ImportBatch.objects.get(pk=pk)
    intake.set_mapping(batch, template=batch.template, month=None, by=None, now=START)

    assert run(pk).status == Status.READY


def test_a_file_no_template_fits_waits_for_its_mapping(box):
    put(box, "未知.csv")
    looks(0)
    (pk,) = inbox.look(now=at(10))

    batch = run(pk)

    assert (batch.status, batch.template) == (Status.UPLOADED, None)


def test_a_file_whose_check_fails_is_put_aside_with_the_reason(box):
    put(box, "事件.csv", "甲,乙\n1,2\n")
    looks(0)
    (pk,) = inbox.look(now=at(10))
    assert run(pk).status == Status.FAILED

    assert (inbox.put_failed_aside(now=START), inbox.put_failed_aside(now=START)) == (1, 0)

    assert not (box / "taken" / "2026-11-23" / "事件.csv").exists()
    assert (box / "refused" / "事件.csv.txt").read_text("utf-8").startswith("2026-11-23 10:00 ")


def test_the_same_bytes_again_refer_to_the_first_import(box):
    put(box, "事件.csv")
    looks(0)
    (pk,) = inbox.look(now=at(10))
    run(pk)
    put(box, "事件.csv")

    assert looks(20, 30) == []

    note = box / "taken" / "2026-11-23" / "事件-2.csv.txt"
    assert str(pk) in note.read_text("utf-8")
    assert ImportBatch.objects.count() == 1


def test_a_look_that_died_half_way_is_finished_by_the_next(box, monkeypatch):
    put(box, "事件.csv")
    looks(0)
    with monkeypatch.context() as patched:
        patched.setattr(inbox, "_move", dies)
        with pytest.raises(KeyboardInterrupt):
            inbox.look(now=at(10))
    assert (box / ".taking" / "事件.csv").exists()

    inbox.look(now=at(11))

    assert ImportBatch.objects.count() == 1
    assert (box / "taken" / "2026-11-23" / "事件.csv").exists()


def dies(*_):
    raise KeyboardInterrupt


@pytest.mark.django_db(transaction=True)
def test_six_lookers_at_once_take_each_file_once(tmp_path, settings):
    settings.INBOX_DIR, settings.SPOOL_DIR = tmp_path / "inbox", tmp_path / "spool"
    cache.clear()
    prepare()
    names = [f"事件{n}.csv" for n in range(5)]
    for name in names:
        put(inbox.folder(), name, ROWS.replace("E1", name[2]))
        put(inbox.folder(), f"{name}.ok", "")

    taken = [pk for one in together(*[lambda: inbox.look(now=START)] * 6) for pk in one]

    assert sorted(ImportBatch.objects.filter(pk__in=taken).values_list("file_name", flat=True)) == names
    assert ImportBatch.objects.count() == len(taken) == len(list(spool.folder().iterdir())) == 5


def test_the_task_looks_confirms_and_puts_aside(box, told, django_capture_on_commit_callbacks):
    put(box, "事件.csv")
    put(box, "事件.csv.ok", "")

    with django_capture_on_commit_callbacks(execute=True):
        inbox_tasks.look_into_inbox()

    assert told == [(tasks.CHECK, ImportBatch.objects.get().pk)]
