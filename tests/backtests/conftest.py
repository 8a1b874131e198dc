"""Back-tests stand on nights that ran: no table of a run left behind."""

from tests.night.conftest import _unread_queue, no_tables_left

__all__ = ["_unread_queue", "no_tables_left"]
