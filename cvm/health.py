"""Two questions a supervisor asks: is the process alive, and can it do its work.

Answered before anything else looks at the request: a load balancer asks by address, without a
host name we know, without TLS and without a session.
"""

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.backoff import NoBackoff
from redis.retry import Retry


def health_middleware(get_response):
    """Answer the two health addresses, pass everything else on."""
    answers = {"/healthz/live": live, "/healthz/ready": ready}

    def middleware(request: HttpRequest):
        return answers.get(request.path, get_response)(request)

    return middleware


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """Answer whenever the process can answer at all."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 503 and name what is down when pages could not work."""
    down = [name for name, is_up in (("database", _database()), ("redis", _redis())) if not is_up]
    status = {"status": "unavailable", "down": down} if down else {"status": "ok", "down": []}
    return JsonResponse(status, status=503 if down else 200)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except (DatabaseError, InterfaceError):
        connection.close()
        return False
    return True


def _redis() -> bool:
    client = redis_probe()
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def redis_probe() -> redis.Redis:
    """Return a client that asks once: with retries a dead server costs several seconds."""
    return redis.Redis.from_url(
        settings.REDIS_URL,
        retry=Retry(NoBackoff(), 0),
        socket_connect_timeout=2,
        socket_timeout=2,
    )
