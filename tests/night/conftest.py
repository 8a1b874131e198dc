"""Runs make tables that the emptying of the database between tests does not know."""

import pytest
from django.db import connection

from cvm.night import partition


@pytest.fixture
def no_tables_left(transactional_db, django_db_serialized_rollback):
    yield
    with connection.cursor() as cursor:
        for run_id in partition.tables():
            cursor.execute(f"drop table {partition.table_of(run_id)}")
