"""The use of months is kept as long as something looks back at it."""

import datetime as dt

import pytest

from customers.keeping import USAGE_MONTHS, tidy_usage
from customers.models import Branch, Customer, UsageMonth
from cvm.lib.months import first_day, last_day, month_of

pytestmark = pytest.mark.django_db
AS_OF = dt.date(2026, 11, 29)


def test_older_months_go_and_the_others_stay():
    county = Branch.objects.create(code="C", name="C", kind=Branch.Kind.COUNTY)
    one = Customer.objects.create(id=1, user_code="U1", msisdn="19000000001", join_date=AS_OF, county=county)
    newest = month_of(AS_OF)
    months = range(newest - USAGE_MONTHS - 1, newest + 1)
    UsageMonth.objects.bulk_create(
        UsageMonth(customer=one, month=first_day(month), measured_on=last_day(month)) for month in months
    )

    assert tidy_usage(AS_OF) == 2
    assert tidy_usage(AS_OF) == 0
    assert UsageMonth.objects.count() == USAGE_MONTHS
    assert UsageMonth.objects.order_by("month").first().month == dt.date(2025, 5, 1)
