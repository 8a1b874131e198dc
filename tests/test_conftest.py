"""The fixtures that give tests real parts."""

import pytest


def test_worker_runs_as_a_process_of_its_own(celery_worker_process):
    from cvm.celery import app

    [answer] = app.control.ping(timeout=5, limit=1)

    assert list(answer.values()) == [{"ok": "pong"}]


@pytest.mark.browser
def test_browser_reaches_the_live_server(browser_page):
    answer = browser_page.goto("/healthz/ready")

    assert answer.status == 200
    assert "ok" in browser_page.content()


@pytest.mark.browser
def test_browser_gets_static_files_nobody_collected(browser_page):
    assert browser_page.goto("/static/icons.txt").status == 200
