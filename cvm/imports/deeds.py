"""What an administrator does with an import: send files, map, confirm, cancel, undo."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from customers.access import requires, staff_of
from customers.importing import control, guards, intake, receipts, spool, undo
from customers.importing.errors import ImportRefused
from customers.importing.reading import SUFFIXES
from customers.models import ImportBatch, MappingTemplate
from cvm.imports import sketch
from cvm.imports.forms import UploadForm, month_of_label
from cvm.imports.mapping_form import MappingIncomplete, is_template_itself, read_choices
from cvm.imports.pages import page_context
from cvm.imports.tasks import send_check, send_commit
from cvm.imports.template_deeds import keep_mapping

Status = ImportBatch.Status


@require_safe
@requires("imports.run")
def new(request: HttpRequest) -> HttpResponse:
    """Ask for files."""
    return render(request, "imports/new.html", {"form": UploadForm(), "suffixes": ",".join(SUFFIXES)})


@require_POST
@requires("imports.run")
def upload(request: HttpRequest) -> HttpResponse:
    """Take files into the spool, each on its own: what is wrong with one does not keep the others out."""
    form = UploadForm(request.POST, request.FILES)
    wants_json = request.headers.get("Accept", "").startswith("application/json")
    if not form.is_valid():
        problem = " ".join(error for errors in form.errors.values() for error in errors)
        if wants_json:
            return JsonResponse({"files": [{"name": "", "error": problem}]}, status=422)
        return render(request, "imports/new.html", {"form": form, "suffixes": ",".join(SUFFIXES)}, status=422)
    results = [_taken(request, file, form.cleaned_data) for file in form.cleaned_data["uploads"]]
    if wants_json:
        refused = any("error" in result for result in results)
        return JsonResponse({"files": results}, status=422 if refused else 201)
    return _after_upload(request, results)


@require_POST
@requires("imports.run")
def mapping_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how the file would be read with what is typed, without saving anything."""
    batch = get_object_or_404(receipts.batches(), pk=pk)
    if batch.status not in intake.MAPPABLE or not batch.spool_name:
        return _moved_on(request, batch)
    try:
        drawn = sketch.draw(batch, read_choices(request.POST))
    except ImportRefused as error:
        messages.error(request, str(error))
        return redirect("import", pk)
    return _mapping_page(request, batch, drawn)


@require_POST
@requires("imports.run")
def mapping(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep the mapping and have the file checked."""
    batch = get_object_or_404(receipts.batches(), pk=pk)
    if batch.status not in intake.MAPPABLE:
        return _moved_on(request, batch)
    try:
        drawn = sketch.draw(batch, read_choices(request.POST))
        month = _month_of(drawn)
        template = _template_of(request, batch, drawn)
        with transaction.atomic():
            intake.set_mapping(batch, template=template, month=month, by=staff_of(request), now=timezone.now())
            # Marks a file that waits for a worker, not for a person.
            ImportBatch.objects.filter(pk=pk, status=Status.UPLOADED).update(progress_at=timezone.now())
            send_check(pk)
    except (MappingIncomplete, ValueError) as error:
        messages.error(request, str(error))
        return _mapping_page(request, batch, drawn, status=422)
    except ImportRefused as error:
        messages.error(request, str(error))
    return redirect("import", pk)


@require_POST
@requires("imports.run")
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a checked file stored."""
    batch = get_object_or_404(ImportBatch, pk=pk)
    reason = request.POST.get("reason", "").strip()[:200]
    if batch.preview.get("stops") and not reason:
        messages.error(request, _("Say why the file is to be stored all the same."))
        return redirect("import", pk)
    try:
        with transaction.atomic():
            intake.confirm(batch, by=staff_of(request), now=timezone.now(), override_reason=reason)
            send_commit(pk)
    except ImportRefused as error:
        messages.error(request, str(error))
    return redirect("import", pk)


@require_POST
@requires("imports.run")
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a file up; nothing of it stays."""
    batch = get_object_or_404(ImportBatch, pk=pk)
    try:
        batch = intake.cancel(batch, by=staff_of(request), now=timezone.now())
    except ImportRefused as error:
        messages.error(request, str(error))
    else:
        if batch.status != Status.CANCELLED:
            messages.info(request, _("The work stops at its next step; nothing of the file stays."))
    return redirect("import", pk)


@require_POST
@requires("imports.run")
def undo_batch(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a stored file back out."""
    batch = get_object_or_404(ImportBatch, pk=pk)
    try:
        undo.undo(batch, by=staff_of(request), now=timezone.now())
    except ImportRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, _("“%(file)s” is taken back: everything stands as before it.") % {"file": batch.file_name}
        )
    return redirect("import", pk)


def _taken(request: HttpRequest, file: UploadedFile, said: dict[str, Any]) -> dict[str, Any]:
    """Return what became of one file: its page, or why it was refused."""
    name = str(file.name)
    fixes: ImportBatch | None = said.get("fixes")
    try:
        stated = _stated(said.get("control"))
        spooled = _spooled(file, name)
        submitted = intake.submit(
            spooled,
            file_name=name,
            source=ImportBatch.Source.UPLOAD,
            now=timezone.now(),
            by=staff_of(request),
            kind=fixes.kind if fixes else "",
            template=fixes.template if fixes else None,
            month=None,
            control=stated,
            fixes=fixes,
        )
    except ImportRefused as error:
        return {"name": name, "error": str(error)}
    found = {"name": name, "size": file.size, "url": reverse("import", args=[submitted.batch.pk])}
    if submitted.already:
        found["note"] = _("The same file is here already; this is its receipt.")
    return found


def _spooled(file: UploadedFile, name: str) -> spool.Spooled:
    """Return our copy of a file; one that is not what its name says, or too large, is refused and leaves none."""
    spooled = spool.take(file.file, name=name)
    try:
        guards.kind_of(spool.path_of(spooled.name))
    except ImportRefused:
        spool.remove(spooled.name)
        raise
    return spooled


def _stated(file: UploadedFile | None) -> dict[str, Any] | None:
    if file is None:
        return None
    file.seek(0)
    return control.parse(file.read(control.GREATEST_BYTES), name=str(file.name))


def _after_upload(request: HttpRequest, results: list[dict[str, Any]]) -> HttpResponse:
    """Go to the one file's page, or to the list when there are several; say what was refused."""
    for result in results:
        if "error" in result:
            messages.error(request, f"{result['name']}: {result['error']}")
        elif "note" in result:
            messages.info(request, f"{result['name']}: {result['note']}")
    taken = [result["url"] for result in results if "url" in result]
    if not taken:
        return redirect("import-new")
    return redirect(taken[0]) if len(results) == 1 else redirect("imports")


def _month_of(drawn: sketch.Sketch) -> int | None:
    if drawn.missing:
        raise MappingIncomplete(_("Still missing: %(fields)s.") % {"fields": ", ".join(drawn.missing)})
    if drawn.problem:
        raise MappingIncomplete(drawn.problem)
    month = month_of_label(drawn.choices.month)
    if drawn.needs_month and month is None:
        raise MappingIncomplete(_("No column says the month. Name it as YYYY-MM."))
    return month


def _template_of(request: HttpRequest, batch: ImportBatch, drawn: sketch.Sketch) -> MappingTemplate:
    """Return the chosen template when nothing of it was changed, else the picks as a template of their own."""
    choices = drawn.choices
    if choices.template and not choices.name and is_template_itself(choices, drawn.header, drawn.first.width):
        return choices.template
    name = choices.name or batch.file_name.rsplit(".", 1)[0]
    try:
        return keep_mapping(name, kind=choices.kind, spec=drawn.spec, is_named=bool(choices.name),
                            by=staff_of(request), now=timezone.now())  # fmt: skip
    except IntegrityError:
        raise MappingIncomplete(_("A template of this kind already has this name.")) from None


def _mapping_page(request: HttpRequest, batch: ImportBatch, drawn: sketch.Sketch, *, status: int = 200) -> HttpResponse:
    context = page_context(request, batch, drawn)
    return render(request, "imports/_mapping.html" if request.htmx else "imports/page.html", context, status=status)


def _moved_on(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    messages.error(request, str(intake.BatchMoved(batch)))
    if not request.htmx:
        return redirect("import", batch.pk)
    response = HttpResponse()
    response["HX-Redirect"] = reverse("import", args=[batch.pk])
    return response
