"""Sessions kept in the database and read from the cache; without the cache pages are slower, not gone."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib.sessions.backends import cached_db, db
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


class SessionStore(cached_db.SessionStore):
    """Reads fall back on the database. Ending a session does not: a copy left in the cache would live on."""

    def load(self) -> dict[str, Any]:
        try:
            return super().load()
        except RedisError as error:
            log.warning("sessions are read from the database: %s", type(error).__name__)
            return db.SessionStore.load(self)

    def exists(self, session_key: str | None) -> bool:
        try:
            return bool(super().exists(session_key))
        except RedisError:
            return bool(db.SessionStore.exists(self, session_key))
