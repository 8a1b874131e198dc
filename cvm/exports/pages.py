"""Own exports, the log of all of them, and the two decisions about large ones."""

from __future__ import annotations

from types import SimpleNamespace
from typing import IO, Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from customers.access import can, requires, scope_of, staff_of
from customers.models import Export, Staff, Standing
from cvm import columns
from cvm.context import published_run
from cvm.directory.counting import exact_count
from cvm.exports import actions, files, quota, words
from cvm.exports.forms import ExportForm, RefusalForm
from cvm.exports.tasks import send_after_commit
from cvm.filters import StandingFilter

SHOWN = 100
UNDER_WAY = (Export.Status.QUEUED, Export.Status.RUNNING)


@require_safe
@requires("exports.create")
def export_list(request: HttpRequest) -> HttpResponse:
    """Show the person's own exports; htmx gets the table only, as long as one is under way."""
    own = Export.objects.filter(requested_by=staff_of(request))
    context = _table(own) | {"is_own": True, "limit": quota.ROWS_PER_FILE.get(staff_of(request).role, 0)}
    template = "exports/_table.html" if request.htmx and not request.htmx.boosted else "exports/list.html"
    return render(request, template, context | {"quota": quota})


@require_safe
@requires("exports.view_all")
def export_log(request: HttpRequest) -> HttpResponse:
    """Show everybody's exports, and to those who decide what waits for them; never a file."""
    waiting = Export.objects.filter(status=Export.Status.WAITING).select_related("requested_by", "run").order_by("pk")
    context = _table(Export.objects.all()) | {"waiting": waiting, "decides": can(request.user, "exports.approve")}
    return render(request, "exports/log.html", context)


@require_POST
@requires("exports.create")
def request_file(request: HttpRequest) -> HttpResponse:
    """Ask for the list of an address as a file."""
    user, run = staff_of(request), published_run(request)
    form = ExportForm(request.POST, user=user)
    if run is None:
        raise Http404(_("No night has run yet."))
    if not form.is_valid():
        return _refused(request, form)
    query = QueryDict(form.cleaned_data["query"])
    standings = Standing.objects.filter(run=run).visible_to(user)
    wanted = StandingFilter(query, standings, request=SimpleNamespace(user=user))
    if not wanted.is_valid():
        form.add_error(None, _("The list does not know this filter."))
        return _refused(request, form)
    try:
        export = actions.request_export(
            by=user,
            run=run,
            query=_filters_of(wanted),
            columns=form.cleaned_data["columns"],
            file_format=form.cleaned_data["format"],
            language=get_language() or "",
            purpose=form.cleaned_data["purpose"],
            rows=exact_count(run, wanted, scope=scope_of(user)),
            at=timezone.now(),
        )
    except quota.TooManyFiles as error:
        form.add_error(None, str(error))
        return _refused(request, form)
    _tell(request, export)
    return redirect("exports")


@require_POST
@requires("exports.approve")
def approve(request: HttpRequest) -> HttpResponse:
    """Let a large request be written."""
    export = _named(request)
    try:
        actions.approve(export, by=staff_of(request), at=timezone.now())
    except (actions.OwnRequest, actions.NotWaiting) as error:
        messages.error(request, _undecidable(error))
    else:
        send_after_commit(export)
        messages.success(request, _("Export %(number)s is approved; it is being written.") % {"number": export.pk})
    return redirect("export-log")


@require_POST
@requires("exports.approve")
def refuse(request: HttpRequest) -> HttpResponse:
    """Refuse a large request with a reason."""
    export, form = _named(request), RefusalForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Give a reason of at least five characters."))
        return redirect("export-log")
    try:
        actions.refuse(export, by=staff_of(request), reason=form.cleaned_data["reason"], at=timezone.now())
    except (actions.OwnRequest, actions.NotWaiting) as error:
        messages.error(request, _undecidable(error))
    else:
        messages.success(request, _("Export %(number)s is refused.") % {"number": export.pk})
    return redirect("export-log")


@require_safe
@requires("exports.create")
def download(request: HttpRequest, pk: int) -> FileResponse:
    """Send the file to its requester, once; the copy here is deleted at the same time."""
    user = staff_of(request)
    export = get_object_or_404(Export, pk=pk, requested_by=user, status=Export.Status.READY)
    try:
        file = _taken(export, by=user)
    except (FileNotFoundError, actions.NotThere) as error:
        raise Http404(_("This file is not there any more.")) from error
    response = FileResponse(file, as_attachment=True, filename=words.download_name(export))
    response["Cache-Control"] = "no-store"
    return response


def _taken(export: Export, *, by: Staff) -> IO[bytes]:
    """Return the file, open; its name is gone at once, what is open is read to its end."""
    file = files.path_of(export.file_name).open("rb")
    try:
        actions.take(export, by=by, at=timezone.now())
    except actions.NotThere:
        file.close()
        raise
    files.remove(export.file_name)
    return file


def _table(exports: Any) -> dict[str, Any]:
    shown = list(exports.select_related("requested_by", "approved_by", "run").order_by("-requested_at", "-pk")[:SHOWN])
    return {
        "lines": [(export, words.failure(export)) for export in shown],
        "is_under_way": any(export.status in UNDER_WAY for export in shown),
    }


def _filters_of(wanted: StandingFilter) -> str:
    """Return what of the address says which customers and in which order."""
    kept = wanted.data.copy()
    for name in list(kept):
        if name not in wanted.filters and name != "sort":
            del kept[name]
    text: str = kept.urlencode()
    return text


def _refused(request: HttpRequest, form: ExportForm) -> HttpResponse:
    chosen = set(request.POST.getlist("columns"))
    context = {
        "form": form,
        "picker": [(column, column.name in chosen) for column in columns.allowed(request.user)],
        "query": request.POST.get("query", ""),
    }
    return render(request, "exports/again.html", context, status=400)


def _tell(request: HttpRequest, export: Export) -> None:
    if export.status == Export.Status.WAITING:
        words_ = _("Export %(number)s has many rows, so another person has to approve it first.")
        messages.warning(request, words_ % {"number": export.pk})
        return
    send_after_commit(export)


def _named(request: HttpRequest) -> Export:
    number = request.POST.get("export", "")
    return get_object_or_404(Export, pk=int(number) if number.isdecimal() else 0)


def _undecidable(error: Exception) -> str:
    if isinstance(error, actions.OwnRequest):
        return _("Nobody decides about the own request.")
    return _("Somebody has decided about this export already.")
