"""Signing keys: made and retired by an administrator; the secret is shown once and stored nowhere.

A secret is derived from the key's own salt under the installation's SECRET_KEY: whoever copies the database can sign
nothing, and a changed SECRET_KEY ends all of them.
"""

from __future__ import annotations

import base64
import datetime as dt
import secrets

from django.db import transaction
from django.utils.crypto import salted_hmac

from customers import audit
from customers.models import SigningKey, Staff

PURPOSE = "customers.receiving.keys"
MOST_KEYS = 5  # of one client in use at once
NOTED_EVERY = dt.timedelta(minutes=1)


class TooManyKeys(ValueError):
    """The client has as many keys in use as one may have: retire one first."""


class NoApiClient(ValueError):
    """Only API clients sign events."""


class KeyRetired(ValueError):
    """The key was retired before."""


@transaction.atomic
def create_key(client: Staff, *, by: Staff | None, at: dt.datetime, note: str = "") -> tuple[SigningKey, str]:
    """Return a new key and its secret, which nobody can read again. Raises NoApiClient, TooManyKeys."""
    if client.role != Staff.Role.API_CLIENT or not client.is_active:
        raise NoApiClient(client.username)
    Staff.objects.select_for_update(no_key=True).get(pk=client.pk)
    if SigningKey.objects.filter(client=client, retired_at=None).count() >= MOST_KEYS:
        raise TooManyKeys(client.username)
    key = SigningKey.objects.create(
        client=client,
        code=f"ek_{secrets.token_hex(8)}",
        salt=secrets.token_urlsafe(32),
        note=note,
        created_at=at,
        created_by=by,
    )
    audit.record("signing_key.create", actor=by, at=at, subject=key, client=client.pk)
    return key, secret_of(key)


@transaction.atomic
def retire_key(key: SigningKey, *, by: Staff, at: dt.datetime) -> None:
    """End a key at once: what is signed with it from now on is refused. Raises KeyRetired."""
    if not SigningKey.objects.filter(pk=key.pk, retired_at=None).update(retired_at=at, retired_by=by):
        raise KeyRetired(key.code)
    audit.record("signing_key.retire", actor=by, at=at, subject=key, client=key.client_id)


def secret_of(key: SigningKey) -> str:
    """Return the secret of a key."""
    digest = salted_hmac(PURPOSE, f"{key.code}:{key.salt}", algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def key_in_use(code: str, *, client: Staff) -> SigningKey | None:
    """Return the client's own key of this code unless it is retired."""
    return SigningKey.objects.filter(code=code, client=client, retired_at=None).first()


def note_use(key: SigningKey, *, at: dt.datetime) -> None:
    """Remember when a key was used, to the minute."""
    if key.last_used_at is None or at - key.last_used_at >= NOTED_EVERY:
        SigningKey.objects.filter(pk=key.pk).update(last_used_at=at)
