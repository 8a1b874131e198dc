"""One server in the words of each client."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from cvm.localstack.errors import AddressUnknown

DATABASES = {"postgres", "postgresql"}
QUEUES = {"redis", "rediss", "unix"}


def known(url: str, *, variable: str, schemes: set[str]) -> str:
    """Return the address of a variable when it is one of ours; raises AddressUnknown without repeating its secrets."""
    try:
        found = urlsplit(url)
        if found.scheme in schemes and (found.hostname or found.path):
            return url
    except ValueError:
        pass  # such as an unclosed bracket
    beginnings = ", ".join(f"{scheme}://" for scheme in sorted(schemes))
    raise AddressUnknown(
        f"环境变量 {variable} 不是可用的地址,应以 {beginnings} 开头;密码中的特殊字符要写成 %XX。\n"
        f"{variable} is not an address we can use: it begins with one of {beginnings}; special characters"
        " of a password are written %XX."
    )


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
