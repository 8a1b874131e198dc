"""A frame in files: made once, whole or not at all, mapped, swept; without a folder everybody's own."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

from customers.frame import joined
from customers.frame_store import KEEP, FrameStore
from customers.tests.frames import make_frame

STORE = FrameStore()
kept, keep_part, join_parts = STORE.kept, STORE.keep_part, STORE.join_parts


def a_run(pk=7, second=0):
    started = dt.datetime(2018, 1, 5, 2, 0, second, tzinfo=dt.UTC)
    return SimpleNamespace(pk=pk, started_at=started, as_of=dt.date(2018, 1, 5), month=dt.date(2017, 12, 1))


class Builder:
    def __init__(self, *bills):
        self.frame, self.calls = make_frame([{"bills": [bill] * 3} for bill in bills]), 0

    def __call__(self):
        self.calls += 1
        return self.frame


def same(found, frame):
    return (
        (found.as_of, found.month) == (frame.as_of, frame.month)
        and found.columns.keys() == frame.columns.keys()
        and all((found[name] == column).all() and found[name].dtype == column.dtype for name, column in frame.columns.items())
        and all((found.history[name] == months).all() for name, months in frame.history.items())
    )  # fmt: skip


@pytest.fixture
def folder(settings, tmp_path):
    settings.LADDER_DIR = tmp_path / "ladder"
    return settings.LADDER_DIR


@pytest.mark.parametrize("bills", [(100, 200), ()])
def test_frame_is_made_once_and_read_as_it_was(folder, bills):
    build = Builder(*bills)
    found = [kept(a_run(), build) for _ in range(3)]
    assert build.calls == 1
    assert all(same(one, build.frame) for one in found)
    assert not found[0]["id"].flags.writeable or not bills
    assert {path.stat().st_mode & 0o077 for path in (folder, *folder.iterdir())} == {0}


def test_another_night_has_its_own_and_old_ones_are_swept(folder):
    builders = [Builder(100 + pk) for pk in range(4)]
    for pk, build in enumerate(builders):
        assert same(kept(a_run(pk), build), build.frame)
    assert sum(path.is_dir() for path in folder.iterdir()) == KEEP
    again = Builder(500)  # the same number in another database: begun at another instant
    assert same(kept(a_run(3, second=1), again), again.frame)


def test_many_at_once_make_it_once(folder):
    build = Builder(100, 200)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _one: kept(a_run(), build), range(8)))
    assert build.calls == 1
    assert all(same(one, build.frame) for one in found)


def test_cut_short_file_is_made_again(folder):
    kept(a_run(), Builder(100))
    [place] = (path for path in folder.iterdir() if path.is_dir())
    (place / "id.npy").write_bytes((place / "id.npy").read_bytes()[:40])
    build = Builder(100)
    assert same(kept(a_run(), build), build.frame)


@pytest.mark.parametrize("where", [None, "file"])
def test_without_a_folder_everybody_has_his_own(settings, tmp_path, where):
    (tmp_path / "file").write_text("")
    settings.LADDER_DIR = where and tmp_path / where / "ladder"
    build = Builder(100)
    found = kept(a_run(), build)
    assert build.calls == 1
    assert np.shares_memory(found["id"], build.frame["id"])


def test_parts_of_a_night_become_its_frame_when_all_are_there(folder):
    parts, run = [Builder(100, 200).frame, Builder(300).frame], a_run()
    for number, part in enumerate(parts):
        assert not join_parts(run, [0, 1])
        keep_part(run, number, Builder(7).frame)  # an attempt that did not commit
        keep_part(run, number, part)
    assert join_parts(run, [0, 1])

    later = Builder(9)
    assert same(kept(run, later), joined(parts))
    assert later.calls == 0
    assert [path.name for path in folder.iterdir() if path.is_dir()] == ["7-20180105020000000000"]


def test_kinds_lie_side_by_side_and_sweep_their_own_alone(folder):
    other = FrameStore("other-")
    other.keep_part(a_run(1), 0, Builder(1).frame)
    for pk in range(1, 5):
        kept(a_run(pk), Builder(pk))
    assert same(other.kept(a_run(4), Builder(9)), Builder(9).frame)
    assert same(kept(a_run(4), Builder(8)), Builder(4).frame)
    names = {path.name.rsplit("-", 1)[0] for path in folder.iterdir() if path.is_dir()}
    assert names == {"3", "4", "other-4"}  # the other's part of the first run went with its own frame


def test_parts_that_failed_nights_left_go_with_the_next_frame(folder):
    keep_part(a_run(5), 0, Builder(1).frame)
    keep_part(a_run(9), 0, Builder(1).frame)  # of a night that is still at work
    kept(a_run(7), Builder(100))
    assert {path.name.split("-")[0] for path in folder.iterdir() if path.is_dir()} == {"7", "9"}


def test_night_goes_on_where_no_part_can_be_written(settings, tmp_path, caplog):
    (tmp_path / "file").write_text("")
    settings.LADDER_DIR = tmp_path / "file" / "ladder"
    keep_part(a_run(), 0, Builder(1).frame)
    assert "left no part" in caplog.text
    settings.LADDER_DIR = None
    keep_part(a_run(), 0, Builder(1).frame)
    assert not join_parts(a_run(), [0])
