"""An advisory lock in other hands."""

import contextlib

from django.db import connection


@contextlib.contextmanager
def held_elsewhere(key):
    """Hold a lock from a second connection, and give it back at once.

    Closing alone is not enough: the server frees a lock some moments after the client has gone.
    """
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("select pg_advisory_lock(%s)", [key])
            try:
                yield
            finally:
                cursor.execute("select pg_advisory_unlock(%s)", [key])
    finally:
        other.close()
