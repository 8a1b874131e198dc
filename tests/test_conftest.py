"""The fixtures that give tests real parts."""

import pytest

from segmentation.models import TierPolicy


def test_worker_runs_as_a_process_of_its_own(celery_worker_process):
    from cvm.celery import app

    [answer] = app.control.ping(timeout=5)

    assert list(answer.values()) == [{"ok": "pong"}]


def test_worker_is_back_after_a_test_killed_it(celery_worker_process):
    first = celery_worker_process.pid
    celery_worker_process.kill()

    celery_worker_process.start()

    assert celery_worker_process.pid != first


@pytest.mark.browser
def test_browser_reaches_the_live_server(browser_page):
    answer = browser_page.goto("/healthz/ready")

    assert answer.status == 200
    assert "ok" in browser_page.content()


@pytest.mark.browser
def test_browser_gets_static_files_nobody_collected(browser_page):
    assert browser_page.goto("/static/icons.txt").status == 200


@pytest.mark.parametrize("turn", ["first", "second"])
@pytest.mark.django_db(transaction=True)
def test_each_test_that_commits_begins_with_the_migrated_data(turn):
    assert TierPolicy.objects.count() == 1

    TierPolicy.objects.all().delete()
