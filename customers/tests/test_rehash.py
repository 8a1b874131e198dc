"""A new key: every number gets its hash anew, in batches, and a second time changes nothing."""

from __future__ import annotations

from django.core.management import call_command
from django.test import override_settings

from customers.models import Customer
from customers.numbers import number_hash
from customers.rehashing import rehash


def test_rehash_follows_the_key_and_may_be_repeated(desk, capsys):
    desk.customers(5)
    with override_settings(NUMBER_KEY=b"another key"):
        first, second = rehash(batch=2), rehash(batch=2)
        hashes = dict(Customer.objects.values_list("msisdn", "number_hash"))
        assert hashes == {number: number_hash(number) for number in hashes}
    call_command("rehash_numbers")

    assert (first, second) == ((5, 5), (5, 0))
    assert "5" in capsys.readouterr().out
