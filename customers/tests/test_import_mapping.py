"""Templates are data: headers and synonyms, positions, sums, constants, derivations; names become pinyin."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
import xlsxwriter

from customers.importing import errors, targets
from customers.importing.bills import FIELDS
from customers.importing.derive import derivations_of
from customers.importing.mapping import map_columns
from customers.importing.pinyin import spelled
from customers.importing.templates import DATASETS, FOLDER, ORDER, datasets, install_templates, template_for
from customers.models import Customer, MappingTemplate, MonthlyBill
from customers.tests.files import why

SHIPPED = sorted(path.name for path in FOLDER.glob("*.json") if path.name != DATASETS)


def spec_of(name):
    return json.loads((FOLDER / name).read_text("utf-8"))


def mapped(headers, fields):
    return {
        one.field.name: (one.columns, one.spelling.numerator, one.spelling.denominator)
        for one in map_columns(headers, FIELDS, {"fields": fields}, "Asia/Shanghai")
    }


def derived(said, columns, month=""):
    spec = {"derive": [said], **({"month": month} if month else {})}
    texts = {name: pa.array(cells, pa.string()) for name, cells in columns.items()}
    lines = np.arange(1, 1 + len(next(iter(columns.values()))), dtype=np.int32)
    found, kept = derivations_of(spec)[0](texts, lines)
    return {name: column.to_pylist() for name, column in found.items()}, kept.tolist()


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_template_fills_fields_its_kind_has(name):
    shipped = spec_of(name)
    known = {field.name for field in targets.target_of(shipped["kind"]).fields}

    assert set(shipped["spec"]["fields"]) - known == set()
    assert name == f"{shipped['name']}_{shipped['kind']}.json"


def test_shipped_templates_cover_every_kind_and_data_set():
    names = {(spec_of(name)["name"], spec_of(name)["kind"]) for name in SHIPPED}

    assert {kind for name, kind in names if name == "operator"} == set(MappingTemplate.Kind.values) == set(ORDER)
    assert {(job["template"], job["kind"]) for jobs in datasets().values() for job in jobs} <= names


def test_headers_match_by_synonym_and_carry_their_unit():
    found = mapped(
        ["用户标识\n", " 出账收入（分） ", "上月流量（GB）"],
        {
            "user_code": {"headers": ["用户编码", "用户标识"]},
            "arpu_fen": {"headers": ["当月ARPU", "出账收入"], "unit": "yuan"},
            "data_mb": {"headers": ["DOU", "上月流量"]},
        },
    )

    assert found == {"user_code": ((0,), 1, 1), "arpu_fen": ((1,), 1, 1), "data_mb": ((2,), 1024, 1)}


def test_fen_of_talk_are_minutes():
    fields = {"user_code": {"headers": ["U"]}, "arpu_fen": {"headers": ["A"]}, "voice_min": {"headers": ["主叫MOU"]}}

    assert mapped(["U", "A", "主叫MOU（分）"], fields)["voice_min"] == ((2,), 1, 1)


def test_missing_columns_are_named_as_people_know_them():
    fields = {"user_code": {"headers": ["用户编码"]}, "arpu_fen": {"headers": ["当月ARPU"]}}

    with pytest.raises(errors.ColumnsMissing, match="用户编码, 当月ARPU"):
        mapped(["甲"], fields)


def template(name, **spec):
    MappingTemplate.objects.create(name=name, kind="bills", spec=spec)


def test_file_without_header_by_position_with_sums(desk):
    desk.customers(2)
    template(
        "positions",
        header=False,
        fields={
            "month": {"position": 1},
            "user_code": {"position": 2},
            "arpu_fen": {"position": 3, "unit": "li"},
        },
    )
    path = desk.folder / "plain.txt"
    path.write_text("201710|U1|119990\n201710|U2|5\n", "utf-8")

    desk.take(path, kind="bills", template="positions")

    assert list(MonthlyBill.objects.order_by("customer_id").values_list("arpu_fen", flat=True)) == [11999, 1]


def test_two_columns_add_up_to_one_field(desk):
    desk.customers(2)

    desk.bills(
        ("202610", "U1", "1", "0.10", "0.25"),
        ("202610", "U2", "1", "-", "2"),
        header=("账期", "用户编码", "当月ARPU", "语音超套费", "流量超套费"),
    )

    assert list(MonthlyBill.objects.order_by("customer_id").values_list("over_fee_fen", flat=True)) == [35, 200]


def test_extracts_of_boss_and_of_the_analysis_system_go_in_by_their_own_templates(desk):
    """Codes instead of words, fen instead of yuan, seconds and KB: as those systems write (DOMAIN 3.10, S-108)."""
    boss = desk.write(
        "BOSS_用户资料.txt",
        ("USER_ID", "PHONE_NO", "CUST_NAME", "COUNTY_NAME", "OPEN_DATE", "RUN_CODE", "PLAN_FEE", "SEX"),
        ("U1", "13800000001", "NA", "城关区", "20200115", "A", "12800", "02"),
        ("U2", "13800000002", "李娜", "城关区", "20210115", "0", "5800", "01"),
        ("U3", "13800000003", "王伟", "城关区", "20210115", "X", "5800", "01"),
        separator="|",
        encoding="gb18030",
    )
    bass = desk.write(
        "经分_月账单_202610.txt",
        ("MONTH_ID", "PRODUCT_NO", "FACT_FEE", "CALL_DURATION_S", "GPRS_FLOW_KB"),
        ("202610", "13800000001", "11999", "5430", "2097152"),
        ("202610", "13800000002", "-1", "0", "0"),
        separator="\t",
    )

    people, bills = desk.take(boss), desk.take(bass)

    assert [one.batch.template.name for one in (people, bills)] == ["boss", "bass"]
    assert why(people) == [(4, "RUN_CODE", "unknown_word")]
    assert list(Customer.objects.order_by("pk").values_list("name", "state", "plan_fee_fen", "gender")) == [
        ("NA", 2, 12_800, 2),
        ("李娜", 1, 5_800, 1),
    ]
    stored = MonthlyBill.objects.order_by("customer_id").values_list("arpu_fen", "voice_min", "data_mb")
    assert list(stored) == [(11_999, 91, 2_048), (-1, 0, 0)]


def test_workbook_goes_in_like_text(desk):
    desk.customers(1)
    path = desk.folder / "月账单.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["账期", "用户编码", "当月ARPU（元）\n"])
        sheet.write_row(1, 0, [202610, "U1", 119.99])

    result = desk.take(path)

    assert (result.account.accepted, MonthlyBill.objects.get().arpu_fen) == (1, 11999)


@pytest.mark.django_db
def test_templates_are_installed_again_without_doubling(tmp_path):
    first, again = install_templates(), install_templates()

    assert (first, MappingTemplate.objects.count()) == (again, first)
    assert template_for(tmp_path / "月账单_202610.csv").kind == "bills"
    with pytest.raises(errors.TemplateUnknown):
        template_for(tmp_path / "月账单.csv", kind="bills", name="nobody's")


def test_bill_is_spread_over_the_last_months_of_a_tenure():
    said = {"do": "spread_over_tenure", "from": "tenure", "months": 3, "as": "month"}

    columns, lines = derived(said, {"tenure": ["0", "1", "9"]}, month="2026-02")

    assert columns == {"tenure": ["1", "9", "9", "9"], "month": ["2026-02", "2026-02", "2026-01", "2025-12"]}
    assert lines == [2, 3, 3, 3]


def test_joining_month_counts_as_the_first_of_a_tenure():
    columns, _ = derived({"do": "joined_months_ago", "from": "t", "as": "d"}, {"t": ["1", "13"]}, month="2026-02")

    assert columns["d"] == ["2026-02-01", "2025-02-01"]


def test_derivation_that_needs_a_month_says_so():
    with pytest.raises(errors.MonthUnknown):
        derived({"do": "joined_months_ago", "from": "t", "as": "d"}, {"t": ["1"]})


def test_rows_are_chosen_repeated_and_keyed():
    assert derived({"do": "only_where", "from": "s", "at_least": 1}, {"s": ["-2", "1", "3"]}) == (
        {"s": ["1", "3"]},
        [2, 3],
    )
    assert derived({"do": "only_until", "from": "m", "until": "2011-11"}, {"m": ["2011-11", "2011-12"]})[1] == [1]
    assert derived({"do": "only_words", "from": "c", "words": ["a"]}, {"c": ["b", "a"]})[1] == [2]
    assert derived({"do": "repeat", "from": "n", "as": "i"}, {"n": ["2", "0"]}) == (
        {"n": ["2", "2"], "i": ["1", "2"]},
        [1, 1],
    )
    assert derived({"do": "join", "from": ["a"], "prefix": "x", "as": "k"}, {"a": ["1"]})[0]["k"] == ["x-1"]
    assert derived({"do": "serial_number", "from": "a", "base": 19_000_000_000, "as": "n"}, {"a": ["ib00007"]})[0][
        "n"
    ] == ["19000000007"]
    assert derived({"do": "last_day_of_month", "from": "m", "as": "d"}, {"m": ["2012-02"]})[0]["d"] == ["2012-02-29"]


def test_years_in_column_names_become_rows():
    said = {
        "do": "rows_of_years",
        "pattern": ["{year}年*拍照*客户", "{year}年拍照客户"],
        "as": "year",
        "value": "member",
        "with": {"average": "avg_arpu_{year}"},
        "header_as": "list",
        "drop": "no",
    }

    columns, lines = derived(
        said,
        {
            "编码": ["U1", "U2", "U3"],
            "2022年价值拍照客户": ["是", "否", "-"],
            "24年 拍照高价值\n客户": ["1", "也许", ""],
            "avg_arpu_2024": ["130.5", "", "9"],
        },
    )

    assert lines == [1, 1, 2]
    assert {name: columns[name] for name in ("编码", "year", "member", "average", "list")} == {
        "编码": ["U1", "U1", "U2"],
        "year": ["2022", "2024", "2024"],
        "member": ["是", "1", "也许"],
        "average": ["", "130.5", ""],
        "list": ["2022年价值拍照客户", "24年 拍照高价值\n客户", "24年 拍照高价值\n客户"],
    }


def test_years_without_a_column_are_missing():
    with pytest.raises(errors.ColumnsMissing, match="拍照"):
        derived({"do": "rows_of_years", "pattern": "{year}年拍照客户", "as": "year"}, {"12345年拍照客户": ["1"]})


def test_years_are_read_by_the_template(desk):
    desk.customers(2)
    template(
        "years",
        derive=[
            {"do": "rows_of_years", "pattern": "{year}年账单", "as": "year", "value": "bill"},
            {"do": "join", "from": ["year", "12"], "prefix": "m", "as": "unused"},
        ],
        fields={"user_code": {"headers": ["U"]}, "month": {"value": "2025-12"}, "arpu_fen": {"headers": ["bill"]}},
    )
    path = desk.write("x.csv", ("U", "25年账单", "12"), ("U1", "119.99", "12"), ("U2", "", "12"))

    result = desk.take(path, kind="bills", template="years")

    assert (result.account.read, result.account.accepted, MonthlyBill.objects.get().arpu_fen) == (1, 1, 11999)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("单雄信", ("shanxiongxin", "sxx")),
        ("曾国藩", ("zengguofan", "zgf")),
        ("仇英", ("qiuying", "qy")),
        ("尉迟恭", ("yuchigong", "ycg")),
        ("王*", ("wang", "w")),
        ("NA", ("na", "n")),
        ("", ("", "")),
    ],
)
def test_names_are_spelled_as_surnames_are_read(name, expected):
    assert spelled(name) == expected
