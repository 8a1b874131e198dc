"""Receipts and rejected rows."""

import csv
import io

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.models import ImportBatch
from cvm.imports.rejects_page import safe_cell

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(place):
    batch = ImportBatch.objects.create(
        kind="bills", file_name="账单201710.csv", sha256="0" * 64, size_bytes=10, started_at=timezone.now(),
        status="committed", rows_read=3, rows_accepted=1, rows_rejected=2,
    )  # fmt: skip
    batch.rejects.create(line=2, column="出账收入", value='=HYPERLINK("http://x")', reason="not_a_number")
    batch.rejects.create(line=3, column="出账收入", value="-12", reason="out_of_range")
    return batch


def test_list_shows_the_receipt(client, batch, place):
    client.force_login(place.admin)
    assert "账单201710.csv" in client.get(reverse("imports")).content.decode()


def test_rejects_are_a_csv_no_spreadsheet_can_run(client, batch, place):
    client.force_login(place.auditor)
    response = client.get(reverse("import-rejects", args=[batch.pk]))
    content = b"".join(response.streaming_content).decode()
    assert content.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(content[1:])))
    assert [row[0] for row in rows[1:]] == ["2", "3"]
    assert rows[1][2] == '\'=HYPERLINK("http://x")'
    assert rows[2][2] == "'-12"


def test_rejects_hold_no_clear_number(client, batch, place):
    batch.rejects.create(line=4, column="手机号码", value="138001300070", reason="wrong_length")
    batch.rejects.create(line=5, column="", value="U1,13800130007,王小明", reason="ragged")
    client.force_login(place.admin)

    content = client.get(reverse("import-rejects", args=[batch.pk])).getvalue().decode()

    cells = [row[2] for row in csv.reader(io.StringIO(content))]
    assert cells[-2:] == ["138****0070", "**"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\r=1", "  =1"])
def test_formulas_are_defused(text):
    assert safe_cell(text) == f"'{text}"


def test_ordinary_cells_stay(place):
    assert safe_cell("资费 = 128") == "资费 = 128"


def test_analysts_do_not_see_imports(client, batch, place):
    client.force_login(place.analyst)
    assert client.get(reverse("imports")).status_code == 403
    assert client.get(reverse("import-rejects", args=[batch.pk])).status_code == 403
