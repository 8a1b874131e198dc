"""Every file of the demo branch is recognised for what it is, column by column."""

import datetime as dt

import pytest

from customers.importing import guessing, targets
from customers.importing.reading import open_file
from cvm.demo.generate import generate
from cvm.demo.scenario import Scenario

KINDS = {
    "客户资料.csv": "profile",
    "合约.csv": "bundles",
    "家庭关系.csv": "families",
    "投诉.csv": "complaints",
    "事件.csv": "events",
    "接触记录.csv": "contacts",
    "月账单_202610.csv": "bills",
    "集团客户.xlsx": "groups",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    generate(Scenario(customers=600, seed=5, as_of=dt.date(2026, 11, 22)), folder, say=lambda **_: None)
    return folder


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("file_name", ["", "whatever.csv"])
def test_demo_file_is_recognised_by_its_columns_alone(folder, name, file_name):
    file = open_file(folder / name, has_header=False)
    chunk = next(iter(file.read(range(len(file.headers)))))
    rows = list(zip(*(column[:100].to_pylist() for column in chunk.columns), strict=True))
    known = guessing.dictionary({kind: targets.target_of(kind).fields for kind in targets.kinds()})

    found = guessing.guess(rows, known, file_name=file_name)

    assert (found.kind, found.has_header, found.missing) == (KINDS[name], True, ())
    assert [column.header for column in found.columns if not column.field] == []
    assert {column.why for column in found.columns} == {"same"}
