"""The control file beside a data file: how many rows and how much money the sender counted, and the file's hash.

Read generously, because every sender writes it differently: `rows=123`, `行数,123`, `金额：1,234.50`, JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_noop as _

from customers.importing.errors import ImportRefused

SUFFIXES = (".ctl", ".chk")
GREATEST_BYTES = 64 * 1024
NAMES = {
    "rows": (
        "rows",
        "row",
        "row_count",
        "rowcount",
        "count",
        "records",
        "record_count",
        "total_rows",
        "lines",
        "行数",
        "记录数",
        "总记录数",
        "总行数",
        "条数",
        "笔数",
        "总条数",
    ),
    "money": (
        "money",
        "amount",
        "sum",
        "total",
        "total_amount",
        "money_yuan",
        "yuan",
        "fee",
        "金额",
        "总金额",
        "合计",
        "金额合计",
        "合计金额",
        "总费用",
        "收入合计",
    ),
    "money_fen": ("money_fen", "amount_fen", "fen", "金额分", "总金额分", "合计分"),
    "sha256": ("sha256", "sha_256", "hash", "checksum", "digest", "校验码", "校验值", "摘要"),
    "encoding": ("encoding", "charset", "编码", "字符集"),
}
_FIELD_OF = {name: field for field, names in NAMES.items() for name in names}
_PAIR = re.compile(r"^\s*[\"']?(?P<name>[^=:：,，\t|\"']+?)[\"']?\s*[=:：,，\t|]\s*[\"']?(?P<value>[^\"']*?)[\"']?\s*$")
_UNIT = re.compile(r"[(（](元|分|yuan|fen)[)）]$")


class ControlUnreadable(ImportRefused):
    words = _("The control file %(file)s names neither rows, money nor a hash. Write for example rows=1000.")


def sidecar(path: Path) -> Path | None:
    """Return the control file that lies beside a data file (bills.csv.ctl or bills.ctl), if there is one."""
    near = [Path(f"{path}{suffix}") for suffix in SUFFIXES] + [path.with_suffix(suffix) for suffix in SUFFIXES]
    return next((one for one in near if one.is_file() and one != path), None)


def parse(content: bytes, *, name: str = "") -> dict[str, Any]:
    """Return what a control file says: `rows`, `money_fen`, `sha256`, `encoding`, each only when it is said.

    Raises ControlUnreadable when it says nothing we know, or something that is no number.
    """
    text = _decoded(content[:GREATEST_BYTES])
    said: dict[str, Any] = {}
    try:
        for key, value in _pairs(text):
            _note(said, key, value)
    except (ValueError, InvalidOperation) as error:
        raise ControlUnreadable(file=name) from error
    if not said:
        raise ControlUnreadable(file=name)
    return said


def compare(
    said: Mapping[str, Any], *, rows: int, money_fen: int | None, sha256: str
) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    """Return what the sender said beside what was found, and a stop for every difference.

    `rows` are all rows read, `money_fen` the money of all rows, accepted or not (None where a kind has none).
    """
    found = {"rows": rows, "money_fen": money_fen, "sha256": sha256}
    compared = {key: {"said": said[key], "found": found[key]} for key in found if key in said}
    stops = [
        {"code": f"control_{key}", "detail": pair, "can_override": False}
        for key, pair in compared.items()
        if pair["found"] is not None and pair["said"] != pair["found"]
    ]
    return compared, stops


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return ""


def _pairs(text: str) -> list[tuple[str, str]]:
    if text.lstrip().startswith("{"):
        known = json.loads(text)
        return [(str(key), str(value)) for key, value in known.items()]
    lines = [line for line in text.splitlines() if line.strip()]
    found = [match.group("name", "value") for line in lines if (match := _PAIR.match(line))]
    if len(lines) == 2 and not any(_field(key) for key, _value in found[1:]):
        heads, cells = (re.split(r"[,，\t|]", line) for line in lines)  # a header and one row
        found = list(zip(heads, cells, strict=False)) if len(heads) > 1 and _field(heads[1]) else found
    return [(str(key), str(value)) for key, value in found]


def _field(name: str) -> str | None:
    bare = name.strip().strip("\"'").casefold().replace(" ", "_").replace("-", "_")
    field = _FIELD_OF.get(_UNIT.sub("", bare))
    unit = _UNIT.search(bare)
    return "money_fen" if field == "money" and unit and unit.group(1) in ("分", "fen") else field


def _note(said: dict[str, Any], name: str, value: str) -> None:
    field, value = _field(name), value.strip().strip("\"'")
    if field is None or not value:
        return
    if field == "rows":
        said["rows"] = int(_number(value))
    elif field in ("money", "money_fen"):
        said["money_fen"] = int((_number(value) * (100 if field == "money" else 1)).to_integral_value())
    else:
        said[field] = value.lower()


def _number(text: str) -> Decimal:
    return Decimal(text.replace(",", "").replace("，", "").replace("元", "").replace("¥", "").replace("￥", "").strip())
