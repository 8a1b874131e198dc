"""The files: the operator's format, the mapping templates' headers, the same bytes for the same seed."""

import datetime as dt
import hashlib
import json
from fnmatch import fnmatch
from pathlib import Path

import pytest
from django.conf import settings

from customers.importing.words import header_of
from cvm.demo.generate import MANIFEST, generate, is_complete
from cvm.demo.scenario import Scenario, ScenarioImpossible

SENT_RARELY = {"key_persons", "cohorts"}  # the demonstration has none of these
TEMPLATES = [
    json.loads(path.read_text()) for path in (settings.BASE_DIR / "customers/templates_data").glob("operator_*.json")
]


def make(folder, **changes):
    scenario = Scenario(**{"customers": 600, "seed": 5, "as_of": dt.date(2026, 11, 22), **changes})
    generate(scenario, folder, say=lambda **_: None)
    return scenario


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    make(folder)
    return folder


def digests(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def templates_for(path: Path):
    return [one for one in TEMPLATES if any(fnmatch(path.stem, pattern) for pattern in one["spec"]["patterns"])]


def test_same_seed_gives_the_same_bytes(folder, tmp_path):
    make(tmp_path)
    assert digests(tmp_path) == digests(folder)


def test_another_seed_gives_other_people(folder, tmp_path):
    make(tmp_path, seed=6)
    assert digests(tmp_path)["客户资料.csv"] != digests(folder)["客户资料.csv"]


def test_one_bills_file_per_month(folder):
    months = sorted(path.stem.removeprefix("月账单_") for path in folder.glob("月账单_*.csv"))
    assert (len(months), months[0], months[-1]) == (27, "202408", "202610")


def test_text_is_gb18030_and_not_utf8(folder):
    data = (folder / "客户资料.csv").read_bytes()
    assert data.decode("gb18030").startswith("用户编码,手机号码,")
    with pytest.raises(UnicodeDecodeError):
        data.decode("utf-8")


def test_every_file_fits_one_template_and_loses_no_column(folder):
    paths = [path for path in folder.iterdir() if path.suffix in (".csv", ".xlsx")]
    kinds = {template["kind"] for path in paths for template in templates_for(path)}
    assert kinds == {template["kind"] for template in TEMPLATES} - SENT_RARELY
    for path in paths:
        (template,) = templates_for(path)
        if path.suffix == ".xlsx":
            continue
        headers = path.read_bytes().decode("gb18030").splitlines()[0].split(",")
        known = {header_of(header).name for field in template["spec"]["fields"].values() for header in field["headers"]}
        assert [header for header in headers if header_of(header).name not in known] == []


def test_parts_of_a_bill_add_up(folder):
    lines = (folder / "月账单_202610.csv").read_bytes().decode("gb18030").splitlines()
    headers = lines[0].split(",")
    parts = ("套餐费实收", "语音费", "流量费", "短信费", "增值费", "漫游费", "超套费")
    for line in lines[1:]:
        row = dict(zip(headers, line.split(","), strict=True))
        fen = {name: round(float(row[name]) * 100) for name in (*parts, "当月ARPU（元）")}
        assert sum(fen[name] for name in parts) == fen["当月ARPU（元）"]


def test_soiled_rows_are_counted_in_the_notes(folder):
    clean = (folder / "月账单_202608.csv").read_bytes().decode("gb18030")
    soiled = (folder / "月账单_202609.csv").read_bytes().decode("gb18030")
    notes = json.loads((folder / "truth" / "notes.json").read_text())
    assert "9999999999" in soiled
    assert "9999999999" not in clean
    assert notes["rows_to_reject"] == sum(notes["soiled_bill_rows"].values()) >= 4


def test_complete_is_what_the_manifest_says(folder):
    scenario = Scenario(customers=600, seed=5, as_of=dt.date(2026, 11, 22))
    assert is_complete(scenario, folder)
    assert not is_complete(Scenario(customers=600, seed=6, as_of=dt.date(2026, 11, 22)), folder)
    assert (folder / MANIFEST).exists()


def test_parquet_holds_the_same_rows(folder, tmp_path):
    import pyarrow.parquet

    scenario = Scenario(customers=600, seed=5, as_of=dt.date(2026, 11, 22))
    generate(scenario, tmp_path, file_format="parquet", say=lambda **_: None)
    table = pyarrow.parquet.read_table(tmp_path / "月账单_202610.parquet")
    assert table.num_rows == len((folder / "月账单_202610.csv").read_bytes().splitlines()) - 1


@pytest.mark.parametrize("wrong", [{"customers": 10}, {"months": 3}])
def test_impossible_scenarios_are_refused(wrong):
    with pytest.raises(ScenarioImpossible):
        Scenario(**{"customers": 600, "seed": 5, "as_of": dt.date(2026, 11, 22), **wrong})


@pytest.mark.parametrize("as_of", [dt.date(2026, 1, 1), dt.date(2026, 12, 31), dt.date(2028, 2, 29)])
def test_any_day_works(as_of, tmp_path):
    make(tmp_path, as_of=as_of, customers=300)
    assert len(list(tmp_path.glob("月账单_*.csv"))) == 27
