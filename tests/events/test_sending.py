"""One word to the workers is enough until their look begins; then what was stored meanwhile asks for the next."""

import datetime as dt

import pytest
from django.core.cache import cache
from django.utils import timezone
from redis.exceptions import ConnectionError as QueueGone

from cvm.events import sending, settling, tasks

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(monkeypatch):
    cache.delete(sending.ASKED)
    told = []
    monkeypatch.setattr(sending.app, "send_task", lambda task, **_options: told.append(task))
    return told


def stored(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        sending.send_settle()


def test_whoever_comes_before_the_look_begins_says_nothing_more(told, django_capture_on_commit_callbacks):
    for _event in range(3):
        stored(django_capture_on_commit_callbacks)
    assert told == [sending.SETTLE]

    tasks.settle()
    stored(django_capture_on_commit_callbacks)
    assert told == [sending.SETTLE] * 2


def test_word_that_could_not_be_given_is_given_by_the_next(told, monkeypatch, django_capture_on_commit_callbacks):
    def gone(*_args, **_options):
        raise QueueGone("away")

    with monkeypatch.context() as patch:
        patch.setattr(sending.app, "send_task", gone)
        stored(django_capture_on_commit_callbacks)
    stored(django_capture_on_commit_callbacks)
    assert told == [sending.SETTLE]


def test_the_first_is_acted_upon_at_once_and_the_others_gather(monkeypatch):
    found, deeds = iter([[1], list(range(settling.AT_ONCE)), [2, 3], []]), []
    monkeypatch.setattr(settling, "take_up", lambda at: next(found))
    monkeypatch.setattr(settling, "settle", lambda some, clock: deeds.append(len(some)) or len(some))

    settled = settling.settle_waiting(clock=timezone.now, pause=lambda seconds: deeds.append(f"{seconds} s"))

    assert deeds == [1, "0.2 s", settling.AT_ONCE, 2, "0.2 s"]
    assert settled == settling.AT_ONCE + 3
    assert dt.timedelta(seconds=settling.GATHER_SECONDS) < settling.LOOK_LASTS / 10
