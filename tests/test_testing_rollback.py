"""Tests that commit: each begins with the migrated data and nothing else, whatever the one before did."""

import datetime as dt

import pytest
from django.contrib.auth.models import Permission
from django.db import connection

from customers.models import Branch, Customer, MonthlyBill, Staff
from customers.partitions import ensure_partition
from customers.tests.together import together
from cvm import testing_rollback
from segmentation.models import TierPolicy

pytestmark = pytest.mark.django_db(transaction=True)

MONTH = dt.date(2026, 8, 1)


def filled_tables():
    """Return the tables with rows, and what they hold."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select relname, kept.digest_of(relname) from pg_class where relnamespace = 'public'::regnamespace"
            " and relkind = 'r' and relname <> 'django_migrations' and kept.is_filled(relname)"
        )
        return dict(cursor.fetchall())


def migrated():
    with connection.cursor() as cursor:
        cursor.execute("select name, digest from kept.digests")
        return dict(cursor.fetchall())


def disturb():
    """Empty, change, add; in a partition too, and from another connection."""
    TierPolicy.objects.all().delete()
    Permission.objects.order_by("pk").first().delete()
    Permission.objects.update(name="x")
    root = Branch.objects.create(code="R", name="Branch", kind=Branch.Kind.BRANCH)
    customer = Customer.objects.create(id=1, user_code="U1", msisdn="1", join_date=MONTH, county=root)
    with connection.cursor() as cursor:
        ensure_partition(cursor, month=MONTH)
    MonthlyBill.objects.create(customer=customer, month=MONTH, state=1, batch_id=1, arpu_fen=1)
    together(lambda: Staff.objects.create(username="x", role=Staff.Role.ADMIN, branch=root))


@pytest.mark.parametrize("turn", ["first", "second"])
def test_each_test_that_commits_begins_with_the_migrated_data(turn):
    assert filled_tables() == migrated()
    assert TierPolicy.objects.count() == 1

    disturb()


@pytest.mark.parametrize("most_bytes", [0, testing_rollback.MOST_BYTES])
def test_large_and_small_are_taken_back_alike(monkeypatch, most_bytes):
    monkeypatch.setattr(testing_rollback, "MOST_BYTES", most_bytes)
    disturb()
    assert filled_tables() != migrated()

    testing_rollback.restore(connection)

    assert filled_tables() == migrated()
