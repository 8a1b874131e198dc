"""The administrator's whole way with a file in a real browser and a real worker: from upload to undo."""

from __future__ import annotations

import csv
import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from callcenter.tests.branch import build_branch, drop_standings
from customers.importing.templates import install_templates
from customers.models import ImportBatch, MonthlyBill, Run, Staff

pytestmark = pytest.mark.browser

HEADER = ("账期", "用户编码", "手机号码", "当月ARPU", "主叫MOU", "DOU（MB）")
WORK_MS = 60_000  # a busy machine may take this long for a worker's turn
OCTOBER = dt.date(2026, 10, 1)


@pytest.fixture
def branch(transactional_db):
    install_templates()
    branch = build_branch()
    Run.objects.update(finished_at=timezone.now() - dt.timedelta(days=1))
    for _ in range(9):
        branch.customer(None)
    yield branch
    drop_standings()


@pytest.fixture
def admin(browser_page, login, branch):
    found = branch.staff("admin", Staff.Role.ADMIN, branch.root)
    login(browser_page, found)
    return found


def bills_file(folder, *, encoding="gb18030"):
    rows = [("202610", f"U{n:06}", f"1380000{n:04}", f"{60 + n}00", "120", "2048") for n in range(1, 8)]
    rows += [("202610", "U000008", "13800000008", "八十元", "1", "1"), rows[0]]
    path = folder / "月账单_202610.csv"
    path.write_text("".join(",".join(row) + "\n" for row in (HEADER, *rows)), encoding)
    return path


def test_file_goes_in_is_mended_and_taken_back(browser_page, admin, celery_worker_process, tmp_path):
    page = browser_page
    page.goto("/imports/")
    page.locator(".head-actions .btn-primary").click()
    page.locator("input[name=uploads]").set_input_files(str(bills_file(tmp_path)))
    page.locator("form[data-upload] button.btn-primary").click()

    # guessed: money in fen, by its median; the page says how it would be read
    expect(page.locator("#mapping")).to_be_visible()
    expect(page.locator("select[name=field-4]")).to_have_value("arpu_fen")
    expect(page.locator("select[name=unit-4]")).to_have_value("fen")
    page.locator("select[name=unit-4]").select_option("yuan")
    expect(page.locator(".mapping-samples").nth(3)).to_contain_text("¥6,100.00")
    page.locator("select[name=unit-4]").select_option("fen")
    expect(page.locator(".mapping-samples").nth(3)).to_contain_text("¥61.00")
    page.locator("#mapping input[name=name]").fill("以分计的账单")
    page.locator("#mapping .btn-primary").click()

    expect(page.locator(".equation")).to_be_visible(timeout=WORK_MS)
    expect(page.locator(".equation b")).to_have_text(["9", "7", "0", "0", "1", "1"])
    assert not MonthlyBill.objects.exists()
    page.locator(".imports-decide .btn-primary").click()

    expect(page.locator(".imports-mend")).to_be_visible(timeout=WORK_MS)
    batch = ImportBatch.objects.get()
    assert (batch.status, batch.money_accepted_fen) == ("committed", sum(6000 + 100 * n for n in range(1, 8)))
    with page.expect_download() as download:
        page.locator(".imports-mend a[download]").click()
    _feed_back(page, download.value.path(), tmp_path / "mended.csv")

    mended = ImportBatch.objects.get(fixes=batch)
    assert (mended.rows_accepted, mended.template) == (1, batch.template)
    assert MonthlyBill.objects.get(customer_id=8, month=OCTOBER).arpu_fen == 8000
    _take_back(page)
    assert list(MonthlyBill.objects.filter(customer_id=8)) == []
    page.goto(f"/imports/{batch.pk}/")
    _take_back(page)
    assert not MonthlyBill.objects.exists()


def _feed_back(page, source, target):
    """Mend the one rejected row as an office worker would, send it back and have it stored."""
    with open(source, encoding="utf-8-sig", newline="") as file:
        header, row = list(csv.reader(file))
    row[3] = "8000"
    with open(target, "w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows([header, row])
    page.locator("#fixed").set_input_files(str(target))
    page.locator(".imports-feed .btn-primary").click()
    page.locator("#mapping .mapping-do .btn-primary").click()
    expect(page.locator(".equation b")).to_have_text(["1", "1", "0", "0", "0", "0"], timeout=WORK_MS)
    page.locator(".imports-decide .btn-primary").click()
    expect(page.locator("[data-open=undo-dialog]")).to_be_visible(timeout=WORK_MS)


def _take_back(page):
    page.locator("[data-open=undo-dialog]").click()
    page.locator("#undo-dialog .btn-primary").click()
    expect(page.locator(".notice-success")).to_be_visible()


def test_refused_file_says_why_beside_its_name(browser_page, admin, tmp_path):
    fake = tmp_path / "账单.xlsx"
    fake.write_bytes(b"%PDF-1.7 not a workbook")
    browser_page.goto("/imports/new/")
    browser_page.locator("input[name=uploads]").set_input_files([str(fake), str(bills_file(tmp_path))])
    browser_page.locator("form[data-upload] button.btn-primary").click()

    expect(browser_page.locator(".upload-row a.btn-primary:visible")).to_have_count(1)
    expect(browser_page.locator(".upload-refused")).to_have_count(1)
    assert ImportBatch.objects.count() == 1


@pytest.mark.parametrize("address", ["/imports/", "/imports/new/", "/imports/templates/"])
def test_narrow_screen_does_not_scroll_sideways(browser_page, admin, address):
    browser_page.set_viewport_size({"width": 390, "height": 844})
    browser_page.goto(address)

    assert browser_page.evaluate("document.documentElement.scrollWidth") <= 390
