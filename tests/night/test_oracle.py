"""The worked example of the handbook (DOMAIN 4.4) through a whole night and the rendered ledger: every column, every variant."""

import csv
import datetime as dt
import io
from decimal import Decimal

import numpy as np
import pytest
from django.db import transaction
from django.urls import reverse

from customers import blocks
from customers.models import Branch, Customer, Run, Staff
from cvm import nightly
from cvm.lib.months import first_day, parse_label
from segmentation.models import Cohort
from segmentation.rates import rate
from segmentation.tests.test_ledger import BILLS, LOST, NAMES, OFF, TABLE, YEAR
from segmentation.tests.test_movements import EXPECTED
from tests.night.branches import spend

pytestmark = pytest.mark.usefixtures("no_tables_left")

AS_OF = dt.date(2018, 1, 10)
OCTOBER = parse_label("2016-10")


def spend_the_example(**terms):
    """Make the sixteen customers with their fifteen months, spend a night on them, and return the analyst."""
    root = Branch.objects.create(code="R", name="Branch", kind=Branch.Kind.BRANCH)
    county = Branch.objects.create(code="A", name="County", kind=Branch.Kind.COUNTY, parent=root)
    Cohort.objects.create(year=2017, **terms)
    Customer.objects.bulk_create(
        Customer(id=number, user_code=name, msisdn=f"1380000{number:04d}", join_date=dt.date(2010, 1, 1), county=county)
        for number, name in enumerate(NAMES, start=1)
    )
    for place in range(15):
        _write(OCTOBER + place, [BILLS[name][place] for name in NAMES], is_june=place >= 8)
    run = spend(nightly.start_night(as_of=AS_OF))
    assert (run.status, run.error) == (Run.Status.PUBLISHED, "")
    return Staff.objects.create(username="analyst", role=Staff.Role.ANALYST, branch=root)


def _write(month, bills, *, is_june):
    rows = [number for number, bill in enumerate(bills) if bill != OFF]
    facts = {name: np.zeros(len(rows), np.int64) for name, _type in blocks.BILL_COLUMNS}
    facts["customer_id"] = np.array(rows) + 1
    facts["state"] = np.ones(len(rows), np.int64)
    facts["is_signed"] = np.array([NAMES[number] != "C04" or is_june for number in rows])
    facts["arpu_fen"] = np.array([int(Decimal(bills[number]) * 100) for number in rows])
    with transaction.atomic():
        blocks.write(month=first_day(month), bills=facts)


def table(client, name):
    """Return a tile of the ledger's page as it is handed out, by the month of each row."""
    text = client.get(reverse("ledger"), {"file": name}).content.decode().removeprefix("\ufeff")
    rows = list(csv.reader(io.StringIO(text)))[3:]
    heads = rows[0]
    return {row[0]: dict(zip(heads, row, strict=True)) for row in rows[1:]}


def names(client, **query):
    """Return the customers of a list by their names in the example."""
    rows = client.get(reverse("customers"), query).context["rows"]
    return {NAMES[row.customer_id - 1] for row in rows}


def members_and_kept(client):
    return {
        month: (int(row["Members of the cohort"]), int(row["Members kept"]))
        for month, row in table(client, "rates").items()
    }


def test_page_gives_every_column_of_the_worked_example(client):
    client.cookies["django_language"] = "en"
    client.force_login(spend_the_example())
    rates, moves = table(client, "rates"), table(client, "movements")

    assert list(rates)[-12:] == YEAR
    for month, (added, base_kept, static, members, kept, dynamic, revenue, revenue_kept, reached) in TABLE.items():
        row = rates[month]
        assert (month, row["Static"], row["Dynamic"], row["Revenue"]) == (month, static, dynamic, revenue_kept)
        counts = [
            int(row[name])
            for name in ("Base kept", "Base", "Members kept", "Members of the cohort", "Added", "Reached")
        ]
        assert (month, counts) == (month, [base_kept, 8, kept, members, len(added), reached])
        assert (month, Decimal(row["Bills of the base kept"])) == (month, Decimal(revenue))
        there = names(client, ledger=f"{month}:members")
        lost = there - names(client, ledger=f"{month}:closing")
        assert (month, len(there), lost) == (month, members, set.union(*LOST[month]))
        assert (month, names(client, entry=month)) == (month, added)
    for month, (entered, returned, off, value, closing) in EXPECTED.items():
        row = moves[month]
        heads = ("+ Entered", "+ Returned", "− Lost: off network", "− Lost: value", "= Closing")
        assert (month, [int(_number(row, head)) for head in heads]) == (month, [entered, returned, off, value, closing])
    page = client.get(reverse("ledger")).content.decode()
    for _added, _kept, static, _members, _all, dynamic, *_money in TABLE.values():
        assert f"{static}%" in page
        assert f"{dynamic}%" in page


def _number(row, head):
    return next(value for name, value in row.items() if name.lstrip("'") == head)


@pytest.mark.parametrize(
    ("terms", "changed"),
    [
        ({"require_full_window": False}, {"2017-03": (12, 11)}),
        ({"count_from_january": True}, {"2017-04": (12, 10), "2017-05": (12, 9)}),
        ({"require_signed": False}, None),
    ],
)
def test_page_gives_the_variants(client, terms, changed):
    client.cookies["django_language"] = "en"
    client.force_login(spend_the_example(**terms))
    rates, found = table(client, "rates"), members_and_kept(client)

    if changed is None:  # C04 joins the base
        assert {row["Base"] for row in rates.values()} == {"9"}
        assert names(client, entry="2016-12") == {"C01", "C02", "C04", "C05", "C06", "C07", "C08", "C09", "C14"}
        return
    for month in YEAR:
        expected = changed.get(month, TABLE[month][3:5])
        assert (month, found[month]) == (month, expected)
        assert (month, rates[month]["Dynamic"]) == (month, str(rate(expected[1], expected[0])))
