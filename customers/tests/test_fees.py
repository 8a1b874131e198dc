"""What customers spend on beyond their plan, over three bills."""

import datetime as dt

import numpy as np
import pytest
from django.db import connection

from customers.loading.aliases import place_of
from customers.loading.fees import fee_columns
from customers.models import MonthlyBill
from customers.partitions import ensure_partition
from customers.tests import people
from cvm.lib.months import first_day, month_of

pytestmark = pytest.mark.django_db

NOVEMBER = month_of(dt.date(2026, 11, 1))


def bill(customer, *, back, voice=0, data=0, sms=0, vas=0):
    with connection.cursor() as cursor:
        ensure_partition(cursor, month=first_day(NOVEMBER - back))
    MonthlyBill.objects.create(
        month=first_day(NOVEMBER - back), customer=customer, state=1, arpu_fen=9_999, voice_fee_fen=voice,
        data_fee_fen=data, sms_fee_fen=sms, vas_fee_fen=vas, voice_min=0, data_mb=0, sms_count=0, active_days=0,
        batch_id=1,
    )  # fmt: skip


def fees(ids):
    with connection.cursor() as cursor:
        found = fee_columns(cursor, place_of(cursor, np.array(ids, np.int32)), month=NOVEMBER)
    return {name: values.tolist() for name, values in found.items()}


def test_fees_are_of_the_last_three_bills_only():
    one, two = people.customer(1), people.customer(2)
    bill(one, back=0, voice=100, sms=5, vas=7)
    bill(one, back=2, voice=20, data=3)
    bill(one, back=3, voice=9_000)
    bill(two, back=1, data=40)
    assert fees([1, 2]) == {"voice": [120, 0], "data": [3, 40], "value_added": [12, 0]}


def test_fees_of_a_merged_record_count_for_its_main_one():
    main, other = people.customer(1), people.customer(2)
    bill(main, back=0, voice=1)
    bill(other, back=0, voice=2)
    other.merged_into = main
    other.save()
    assert fees([1, 2]) == {"voice": [3], "data": [0], "value_added": [0]}


def test_nobody_has_no_fees():
    assert fees([]) == {"voice": [], "data": [], "value_added": []}
