"""Upload and mapping: what was guessed is shown, changed, kept as a template; nothing is stored meanwhile."""

from __future__ import annotations

import json

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from customers.models import AuditEntry, ImportBatch, MappingTemplate
from tests.pages.import_files import BILLS, Office, bill, file_of, form_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _spool(settings, tmp_path):
    settings.SPOOL_DIR = tmp_path / "spool"


@pytest.fixture
def office(client, place):
    return Office(client, place.admin)


def test_uploaded_file_waits_for_its_mapping(office):
    batch = office.upload("月账单_202610.csv", bill(1), bill(2, "66"))

    assert (batch.status, batch.source, batch.created_by) == ("uploaded", "upload", office.admin)
    text = office.page(batch)
    assert "当月ARPU" in text
    assert "138****0001" in text
    assert "13800130001" not in text
    assert "¥88.50" in text


def test_upload_by_script_is_answered_file_by_file(office):
    files = [file_of("月账单.csv", BILLS, bill(1)), SimpleUploadedFile("读我.docx", b"x"), file_of("空.csv")]
    answer = office.client.post(reverse("import-upload"), {"uploads": files}, headers={"Accept": "application/json"})

    found = answer.json()["files"]
    assert [one["name"] for one in found] == ["月账单.csv", "读我.docx", "空.csv"] or answer.status_code == 422


def test_upload_without_a_file_says_so(office):
    assert office.client.post(reverse("import-upload")).status_code == 422
    answer = office.client.post(reverse("import-upload"), headers={"Accept": "application/json"})
    assert (answer.status_code, bool(answer.json()["files"][0]["error"])) == (422, True)


def test_control_file_belongs_to_one_file(office):
    files = [file_of("a.csv", BILLS, bill(1)), file_of("b.csv", BILLS, bill(2))]
    control = SimpleUploadedFile("a.ctl", b"rows=1")

    assert office.client.post(reverse("import-upload"), {"uploads": files, "control": control}).status_code == 422


def test_control_file_that_says_nothing_refuses_the_upload(office):
    control = SimpleUploadedFile("a.ctl", b"hello")
    office.client.post(reverse("import-upload"), {"uploads": file_of("a.csv", BILLS, bill(1)), "control": control})

    assert not ImportBatch.objects.exists()


def test_shipped_template_is_used_as_it_is(office):
    batch = office.upload("月账单_202610.csv", bill(1))
    office.mapped(batch)

    assert (batch.status, batch.template.name, batch.kind) == ("ready", "operator", "bills")
    assert MappingTemplate.objects.filter(created_by__isnull=False).count() == 0


def test_changed_mapping_becomes_a_template_of_its_own(office):
    batch = office.upload("月账单_202610.csv", bill(1))
    office.mapped(batch, **{"field-6": "", "name": "我的账单"})

    template = batch.template
    assert (template.name, template.created_by) == ("我的账单", office.admin)
    assert "data_mb" not in template.spec["fields"]
    assert template.spec["fields"]["arpu_fen"]["headers"][0] == "当月ARPU（元）"
    assert AuditEntry.objects.filter(action="imports.template_saved", subject_id=template.pk).exists()


def test_name_of_a_template_that_is_taken_is_refused(office):
    batch = office.upload("月账单_202610.csv", bill(1))
    answer = office.mapped(batch, name="operator")

    assert answer.status_code == 422
    assert batch.status == "uploaded"


def test_unit_is_asked_where_the_header_does_not_say_it(office):
    header = ("账期", "用户编码", "手机号码", "当月ARPU", "主叫MOU", "DOU")
    batch = office.upload("月账单_202610.csv", bill(1, "88.50"), bill(2, "66"), header=header)
    line = office.sketch(batch).lines[3]
    office.mapped(batch, **{"unit-4": "wan", "name": "以万元计"})

    assert not line.unit_is_said
    assert batch.template.spec["fields"]["arpu_fen"]["unit"] == "wan"
    assert batch.preview["money_accepted_fen"] == 154_500_000


def test_preview_redraws_without_saving(office):
    header = ("账期", "用户编码", "手机号码", "当月ARPU", "主叫MOU", "DOU")
    batch = office.upload("月账单_202610.csv", bill(1, "8850"), header=header)
    form = form_of(office.sketch(batch)) | {"unit-4": "fen"}
    answer = office.client.post(
        reverse("import-mapping-preview", args=[batch.pk]), form, headers={"HX-Request": "true"}
    )

    assert "¥88.50" in answer.content.decode()
    assert "<html" not in answer.content.decode()
    assert MappingTemplate.objects.filter(created_by__isnull=False).count() == 0


def test_changed_kind_is_guessed_anew(office):
    batch = office.upload("月账单_202610.csv", bill(1))
    form = form_of(office.sketch(batch)) | {"kind": "profile", "template": ""}
    answer = office.client.post(reverse("import-mapping-preview", args=[batch.pk]), form)

    found = answer.context["sketch"]
    assert found.choices.kind == "profile"
    assert [line.field for line in found.lines][1:3] == ["user_code", "msisdn"]


def test_file_without_header_is_mapped_by_position(office):
    batch = office.upload("plain.txt", bill(1), bill(2, "66"), header=None)
    found = office.sketch(batch)
    assert (found.choices.has_header, [line.field for line in found.lines][:4]) == (
        False,
        ["month", "user_code", "msisdn", "arpu_fen"],
    )
    office.mapped(batch)

    assert (batch.status, batch.preview["rows_read"]) == ("ready", 2)
    assert batch.template.spec["fields"]["arpu_fen"]["position"] == 4


def test_month_is_asked_when_no_column_says_it(office):
    header, row = ("用户编码", "当月ARPU（元）"), ("U000001", "50")
    batch = office.upload("账单.csv", row, header=header)

    assert office.sketch(batch).needs_month
    refused = office.mapped(batch)
    assert (refused.status_code, batch.status) == (422, "uploaded")
    assert office.mapped(batch, month="2026-13").status_code == 422
    office.mapped(batch, month="2026-10")
    assert (batch.status, batch.preview["months"][0]["month"]) == ("ready", "2026-10")


def test_month_in_the_name_is_proposed(office):
    batch = office.upload("账单2026-10.csv", ("U000001", "50"), header=("用户编码", "当月ARPU（元）"))

    assert office.sketch(batch).choices.month == "2026-10"


def test_sheets_of_a_workbook_are_offered_and_kept(office, tmp_path):
    path = tmp_path / "两月.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        for name, number in (("一组", 1), ("二组", 2)):
            for line, row in enumerate((BILLS, bill(number))):
                book.get_worksheet_by_name(name) or book.add_worksheet(name)
                book.get_worksheet_by_name(name).write_row(line, 0, row)
    with path.open("rb") as file:
        office.client.post(reverse("import-upload"), {"uploads": file})
    batch = ImportBatch.objects.last()
    found = office.sketch(batch)
    assert (found.sheets, found.encodings) == ([("一组", True), ("二组", True)], [])

    form = form_of(found) | {"sheets_read": found.sheets_read, "sheets": ["一组", "二组"]}
    kept = office.client.post(reverse("import-mapping-preview", args=[batch.pk]), form | {"field-6": ""})
    assert (kept.context["sketch"].choices.sheets, kept.context["sketch"].lines[5].field) == ((), "")
    office.mapped(batch, sheets_read=found.sheets_read, sheets=["二组"], name="二组")
    assert batch.status == "uploaded" or batch.preview["rows_read"] == 1


def test_template_whose_unit_the_values_contradict_is_not_proposed(office):
    header = ("账期", "用户编码", "手机号码", "当月ARPU", "主叫MOU", "DOU")
    batch = office.upload("月账单_202610.csv", bill(1, "8850"), bill(2, "6600"), header=header)

    found = office.sketch(batch)
    assert (found.choices.template, found.lines[3].unit) == (None, "fen")


def test_missing_field_is_named_and_stops(office):
    batch = office.upload("月账单_202610.csv", bill(1))
    answer = office.mapped(batch, **{"field-4": ""})

    assert answer.status_code == 422
    assert batch.status == "uploaded"


def test_two_columns_for_one_field_are_refused_unless_they_add_up(office):
    batch = office.upload("月账单_202610.csv", bill(1))

    assert office.mapped(batch, **{"field-3": "user_code", "name": "x"}).status_code == 422
    office.mapped(batch, **{"field-5": "data_mb", "field-6": "data_mb", "name": "相加"})
    assert batch.template.spec["fields"]["data_mb"]["sum_of"] == ["主叫MOU", "DOU（MB）"]


def test_unknown_words_of_a_choice_are_explained_once(office):
    header = (*BILLS, "用户状态")
    batch = office.upload("月账单_202610.csv", (*bill(1), "正使用"), (*bill(2), "好好的"), header=header)
    words = office.sketch(batch).lines[6].words

    assert [(word.text, word.name) for word in words] == [("好好的", "word:state:好好的")]
    office.mapped(batch, **{"word:state:好好的": "1", "name": "带状态"})
    assert batch.preview["rows_rejected"] == 0
    assert batch.template.spec["fields"]["state"]["words"]["好好的"] == 1
    assert batch.template.spec["fields"]["state"]["words"]["销号"] == 6


def test_unreadable_file_says_why(office):
    file = SimpleUploadedFile("坏.xlsx", b"PK\x03\x04 not a workbook")
    office.client.post(reverse("import-upload"), {"uploads": file})
    batch = ImportBatch.objects.last()

    if batch is not None:
        assert "notice-error" in office.page(batch)


def test_mapping_that_came_too_late_is_told(office):
    batch = office.upload("月账单_202610.csv", bill(1))
    form = form_of(office.sketch(batch))
    ImportBatch.objects.filter(pk=batch.pk).update(status="cancelled")

    answer = office.client.post(reverse("import-mapping", args=[batch.pk]), form, follow=True)
    assert "notice-error" in answer.content.decode()


def test_template_goes_out_as_json_and_comes_back(office):
    batch = office.upload("月账单_202610.csv", bill(1))
    office.mapped(batch, **{"field-6": "", "name": "我的账单"})
    said = office.client.get(reverse("import-template-file", args=[batch.template.pk])).content
    changed = json.loads(said)
    changed["spec"]["fields"].pop("voice_min")
    file = SimpleUploadedFile("t.json", json.dumps(changed).encode())
    office.client.post(reverse("import-template-new"), {"file": file})

    names = MappingTemplate.objects.filter(created_by=office.admin).order_by("pk").values_list("name", flat=True)
    assert list(names) == ["我的账单", "我的账单 (2)"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no json",
        b"[]",
        b'{"name": "x", "kind": "bills", "spec": {"fields": {}}}',
        b'{"name": "x", "kind": "nothing", "spec": {"fields": {"a": {"headers": []}}}}',
        b'{"name": "x", "kind": "bills", "spec": {"fields": {"password": {"headers": ["x"]}}}}',
        b'{"name": "x", "kind": "bills", "spec": {"fields": {"month": {"position": 0}}}}',
        b"[" * 100_000,
    ],
)
def test_file_that_is_no_template_is_refused(office, content):
    before = MappingTemplate.objects.count()
    answer = office.client.post(
        reverse("import-template-new"), {"file": SimpleUploadedFile("t.json", content)}, follow=True
    )

    assert "notice-error" in answer.content.decode()
    assert MappingTemplate.objects.count() == before


def test_own_template_is_renamed_and_deleted_unless_used(office):
    batch = office.upload("月账单_202610.csv", bill(1))
    office.mapped(batch, name="我的账单")
    used = batch.template
    free = MappingTemplate.objects.create(name="多余", kind="bills", spec={"fields": {}}, created_by=office.admin)
    office.client.post(reverse("import-template-rename", args=[used.pk]), {"name": "新名"})
    for template in (used, free):
        office.client.post(reverse("import-template-delete", args=[template.pk]))

    kept = MappingTemplate.objects.filter(created_by=office.admin).values_list("name", flat=True)
    assert list(kept) == ["新名"]


def test_shipped_template_is_neither_renamed_nor_deleted(office):
    shipped = MappingTemplate.objects.get(name="operator", kind="bills")
    MappingTemplate.objects.filter(pk=shipped.pk).update(is_shipped=True)
    office.client.post(reverse("import-template-rename", args=[shipped.pk]), {"name": "x"})
    office.client.post(reverse("import-template-delete", args=[shipped.pk]))

    shipped.refresh_from_db()
    assert shipped.name == "operator"


def test_templates_page_asks_the_same_for_one_and_many(office, django_assert_num_queries):
    office.client.get(reverse("import-templates"))
    with django_assert_num_queries(4):
        office.client.get(reverse("import-templates"))
