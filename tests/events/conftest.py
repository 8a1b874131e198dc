"""A small branch with a published night, and the ways to report events about it."""

from tests.night.conftest import _unread_queue, no_tables_left  # noqa: F401 - fixtures
