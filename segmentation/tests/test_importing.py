"""Cohort lists from elsewhere: years in columns, base and additions, and lists that stand once a night used them."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from customers.importing import targets
from customers.importing.reasons import Reason
from customers.importing.run import import_file
from customers.importing.templates import install_templates
from customers.models import Branch, Customer, ImportBatch, MappingTemplate, Run
from cvm.lib.months import parse_label
from segmentation import importing
from segmentation.models import Cohort, CohortMember

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 22, 2, 0, tzinfo=dt.UTC)
WHO = "用户编码"
HEADER = (WHO, "2022年价值拍照客户", "24年拍照高价值客户")


@pytest.fixture
def take(tmp_path):
    install_templates()
    county = Branch.objects.create(code="E", name="东湖", kind=Branch.Kind.COUNTY)
    for pk in range(1, 5):
        Customer.objects.create(
            id=pk, user_code=f"U{pk}", msisdn=f"1380000000{pk}", join_date="2015-01-01", county=county
        )

    def take(*rows, header=HEADER, template=""):
        path = tmp_path / f"拍照清单{len(list(tmp_path.iterdir()))}.csv"
        path.write_text("\n".join(",".join(cells) for cells in (header, *rows)) + "\n", "utf-8")
        return import_file(path, now=NOW, kind="cohorts", template=template)

    return take


@pytest.fixture
def by_row(take):
    """A template for files with a column of years and one of entry months."""
    fields = {"user_code": {"headers": [WHO]}, "year": {"headers": ["年度"]}, "entry_month": {"headers": ["纳入月份"]}}
    MappingTemplate.objects.create(name="by row", kind="cohorts", spec={"fields": fields})

    def take_rows(*rows):
        return take(*rows, header=(WHO, "年度", "纳入月份"), template="by row")

    return take_rows


def members():
    return list(
        CohortMember.objects.order_by("cohort__year", "customer_id").values_list(
            "cohort__year", "customer_id", "entry_month"
        )
    )


def counts(result):
    account = result.account
    found = (account.new, account.changed, account.unchanged, len(account.rejects), account.duplicate)
    assert sum(found) == account.read
    return found


def why(result):
    return [(reject.line, reject.column, reject.reason) for reject in result.account.rejects]


def publish(cohort=None, *, finished_at=None):
    plan = {"cohort_id": cohort.pk} if cohort else {}
    at = finished_at or timezone.now()
    return Run.objects.create(
        as_of="2026-11-22", month="2026-10-01", status="published", started_at=at, finished_at=at, plan=plan
    )


def test_years_in_columns_become_members_of_the_base(take):
    result = take(("U1", "是", "1"), ("U2", "否", "是"), ("U3", "", "否"))

    assert counts(result) == (3, 0, 2, 0, 0)
    december = {2022: parse_label("2021-12"), 2024: parse_label("2023-12")}
    assert members() == [(2022, 1, december[2022]), (2024, 1, december[2024]), (2024, 2, december[2024])]
    assert set(Cohort.objects.filter(year__in=(2022, 2024)).values_list("delivered_at", flat=True)) == {NOW}


def test_the_same_list_again_changes_nothing(take):
    take(("U1", "是", "1"))

    again = take(("U1", "是", "1"), ("U1", "是", "1"))

    assert (counts(again), len(members())) == ((0, 0, 2, 0, 2), 2)


def test_additions_carry_their_month(by_row):
    result = by_row(("U1", "2022", ""), ("U2", "2022", "202203"), ("U3", "2022", "202301"), ("U4", "1999", ""))

    assert members() == [(2022, 1, parse_label("2021-12")), (2022, 2, parse_label("2022-03"))]
    assert sorted(why(result)) == [(4, "纳入月份", Reason.OUTSIDE_PERIOD), (5, "年度", Reason.OUT_OF_RANGE)]


def test_a_year_already_open_keeps_its_own_terms(take):
    Cohort.objects.create(year=2022, threshold_fen=500_00)

    take(("U1", "是", ""))

    cohort = Cohort.objects.get(year=2022)
    assert (cohort.threshold_fen, cohort.delivered_at) == (500_00, None)


def test_rows_found_later_join_a_list_nobody_counted_with_yet(take):
    take(("U1", "是", ""), ("U9", "是", ""))

    fixed = take(("U2", "是", ""))

    assert (counts(fixed), [customer for _year, customer, _month in members()]) == ((1, 0, 0, 0, 0), [1, 2])


def test_a_list_a_night_was_published_on_stands(take):
    take(("U1", "是", ""))
    publish(finished_at=NOW + dt.timedelta(hours=1))

    result = take(("U1", "是", ""), ("U2", "是", ""), ("U3", "否", ""))

    assert why(result) == [(3, "拍照年度", Reason.COHORT_CLOSED)]
    assert (counts(result), len(members())) == ((0, 0, 2, 1, 0), 1)


def test_a_night_before_the_delivery_closes_nothing(take):
    publish(finished_at=NOW - dt.timedelta(days=1))
    take(("U1", "是", ""))

    assert counts(take(("U2", "是", ""))) == (1, 0, 0, 0, 0)


def test_a_year_the_nights_count_takes_no_other_members(take):
    cohort = Cohort.objects.create(year=2024)
    CohortMember.objects.create(cohort=cohort, customer_id=1, entry_month=parse_label("2024-03"))
    publish(cohort)

    result = take(("U1", "", "是"), ("U2", "", "是"), ("U3", "", "否"))

    assert (why(result), counts(result)) == ([(3, "拍照年度", Reason.COHORT_CLOSED)], (0, 0, 2, 1, 0))
    assert members() == [(2024, 1, parse_label("2024-03"))]


def test_a_list_never_takes_a_member_away_nor_moves_one(by_row, take):
    by_row(("U1", "2022", "202203"))

    away = take(("U1", "否", ""))
    moved = by_row(("U1", "2022", "202204"))

    assert (counts(away), counts(moved)) == ((0, 0, 0, 1, 0), (0, 0, 0, 1, 0))
    assert members() == [(2022, 1, parse_label("2022-03"))]


def test_a_rehearsal_opens_no_year(take, tmp_path):
    path = tmp_path / "拍照清单.csv"
    path.write_text(f"{WHO},2021年拍照客户\nU1,是\n", "utf-8")

    import_file(path, now=NOW, rehearse=True)

    assert (Cohort.objects.filter(year=2021).exists(), ImportBatch.objects.count()) == (False, 0)


def test_years_are_frozen_on_the_months_a_published_night_closed(db):
    cohort, other = Cohort.objects.create(year=2026), Cohort.objects.create(year=2025)
    publish(cohort)  # through October 2026

    found = {
        month: importing.frozen_years(parse_label(month)) for month in ("2025-09", "2025-10", "2026-10", "2026-11")
    }

    assert found == {"2025-09": [], "2025-10": [2026], "2026-10": [2026], "2026-11": []}
    publish(other)
    assert targets.frozen_on(parse_label("2025-12")) == [2025, 2026]
