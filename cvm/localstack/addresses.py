"""One server in the words of each client."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit


def redis_url(url: str, *, database: int) -> str:
    """Return the address for redis-py and Django's cache, pointing at another database number."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        query = dict(parse_qsl(parts.query)) | {"db": str(database)}
        return urlunsplit(parts._replace(query=urlencode(query)))
    return urlunsplit(parts._replace(path=f"/{database}"))


def celery_url(url: str, *, database: int) -> str:
    """Return the same server in the words Celery's transport understands for a socket."""
    parts = urlsplit(redis_url(url, database=database))
    if parts.scheme != "unix":
        return urlunsplit(parts)
    query = urlencode({"virtual_host": str(database)})
    return f"redis+socket://{parts.netloc}{parts.path}?{query}"


def redis_database(url: str) -> int:
    """Return the database number an address names, 0 when it names none."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return int(dict(parse_qsl(parts.query)).get("db", 0))
    return int(parts.path.strip("/") or 0)


def redact(url: str) -> str:
    """Return an address that may be printed: no password."""
    return re.sub(r":[^:@/]*@", "@", unquote(url))
