"""An error of a file is a code and plain values, worded for whoever reads it."""

from __future__ import annotations

import json

import pytest
from django.utils import translation

from customers.importing import errors
from customers.importing.errors import ImportRefused, spoken_error

MADE = {
    "str": "x",
    "int": 7,
    "object": "x",
    "list[str]": ["a", "b"],
}


def made(error):
    given = error.__init__.__annotations__ if "__init__" in error.__dict__ else {}
    return error(**{name: MADE[kind] for name, kind in given.items() if name != "return"})


@pytest.mark.parametrize(
    "error", [one for one in vars(errors).values() if isinstance(one, type) and one.__doc__ is None]
)
def test_error_survives_being_stored(error):
    raised = made(error)

    stored = json.loads(json.dumps(raised.detail()))

    assert spoken_error(raised.code, stored) == str(raised)
    assert "%(" not in str(raised)


def test_error_is_worded_in_the_language_of_its_reader():
    missing = errors.ColumnsMissing(["账期"], ["甲", "乙"])

    with translation.override("en"):
        english = spoken_error("columns_missing", missing.detail())
    with translation.override("zh-hans"):
        chinese = str(missing)

    assert english == "The file lacks the columns 账期. It has: 甲, 乙."
    assert chinese == "文件缺少列：账期。现有列：甲, 乙。"


def test_error_of_another_app_and_of_an_older_version_still_speak():
    assert spoken_error("refused", ImportRefused("as it was").detail()) == "as it was"
    assert spoken_error("gone_since", {"name": "x"}) == "name: x"
    assert spoken_error("file_too_large", {"size": 3}) == "file_too_large 3"


def test_warnings_are_worded():
    with translation.override("en"):
        said = errors.spoken_warning("columns_ignored", {"columns": ["备注", "其他"]})

    assert said == "Columns without a field, ignored: 备注, 其他."
