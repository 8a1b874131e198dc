"""The private servers, and the addresses in three dialects."""

import pytest

from cvm import localstack

SOCKET = "unix://:word@/tmp/a/valkey.sock?db=4"


def test_redis_url_changes_the_database_of_a_socket():
    assert localstack.redis_url(SOCKET, database=7) == "unix://:word@/tmp/a/valkey.sock?db=7"


def test_redis_url_changes_the_database_of_a_host():
    assert localstack.redis_url("redis://h:6379/0", database=2) == "redis://h:6379/2"


@pytest.mark.django_db
def test_database_is_reached_by_a_socket_only(settings):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("show listen_addresses")
        assert cursor.fetchone() == ("",)
