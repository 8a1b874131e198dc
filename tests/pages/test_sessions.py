"""Sessions come from the cache; without it the database answers."""

import pytest
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache
from django.urls import reverse
from redis.exceptions import ConnectionError as Unreachable

pytestmark = pytest.mark.django_db


def refuse(*_args, **_kwargs):
    raise Unreachable("no cache")


def test_session_is_read_from_the_cache(client, place, django_assert_max_num_queries):
    client.force_login(place.manager)
    with django_assert_max_num_queries(0):
        assert client.session["_auth_user_id"] == str(place.manager.pk)


def test_pages_work_without_the_cache(client, place, monkeypatch):
    client.force_login(place.manager)
    cache.clear()
    for name in ("get", "set", "has_key"):
        monkeypatch.setattr(RedisCache, name, refuse)

    assert client.get(reverse("customer", args=[1])).status_code == 200


def test_a_session_that_ended_is_gone_from_the_cache_too(client, place):
    client.force_login(place.manager)
    client.get(reverse("customer", args=[1]))
    client.logout()
    assert client.get(reverse("customer", args=[1])).status_code == 302
