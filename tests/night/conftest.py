"""What every test of the night needs: no table of a run left behind, and no worker that happens to listen."""

import pytest
from celery import Celery
from django.db import connection

from cvm.localstack import celery_url
from cvm.night import partition, sending


@pytest.fixture
def no_tables_left(request, transactional_db):
    """Drop the runs' tables, which the emptying of the database between tests does not know.

    Unless the test asked for the worker, its tasks lie in a queue nobody reads: a worker another test
    started would do the work at the same time.
    """
    if "celery_worker_process" not in request.fixturenames:
        request.getfixturevalue("_unread_queue")
    yield
    with connection.cursor() as cursor:
        for run_id in partition.tables():
            cursor.execute(f"drop table if exists {partition.table_of(run_id)}")


@pytest.fixture
def _unread_queue(monkeypatch, settings):
    unread = 40 + settings.REDIS_DATABASE // 2
    app = Celery("unread", broker=celery_url(settings.REDIS_URL, database=unread), set_as_current=False)
    monkeypatch.setattr(sending, "app", app)
    yield
    app.control.purge()
    app.close()
