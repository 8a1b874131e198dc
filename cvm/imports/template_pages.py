"""The page of mapping templates, and what can be done to them there."""

from __future__ import annotations

from django.contrib import messages
from django.db import IntegrityError
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from customers.access import can, requires, staff_of
from customers.importing.errors import ImportRefused
from customers.models import ImportBatch, MappingTemplate
from cvm.imports import template_deeds
from cvm.imports.forms import NameForm, TemplateFileForm


@require_safe
@requires("imports.view")
def template_list(request: HttpRequest) -> HttpResponse:
    """Show the templates by kind, with how often each was used."""
    uses = ImportBatch.objects.filter(template=OuterRef("pk")).order_by().values("template")
    used = Coalesce(Subquery(uses.annotate(times=Count("pk")).values("times")), 0)
    templates = MappingTemplate.objects.annotate(used=used).select_related("created_by").order_by("kind", "name")
    context = {"templates": templates, "can_run": can(request.user, "imports.run")}
    return render(request, "imports/templates.html", context)


@require_safe
@requires("imports.view")
def template_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a template as a JSON file."""
    template = get_object_or_404(MappingTemplate, pk=pk)
    response = HttpResponse(template_deeds.as_json(template), content_type="application/json")
    response["Content-Disposition"] = content_disposition_header(True, f"{template.kind}-{template.name}.json")
    return response


@require_POST
@requires("imports.run")
def template_new(request: HttpRequest) -> HttpResponse:
    """Take a template file back in."""
    form = TemplateFileForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, _("Choose the JSON file of a mapping template."))
        return redirect("import-templates")
    try:
        made = template_deeds.from_json(form.cleaned_data["file"], by=staff_of(request), now=timezone.now())
    except ImportRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Template “%(name)s” is here.") % {"name": made.name})
    return redirect("import-templates")


@require_POST
@requires("imports.run")
def template_rename(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a template another name."""
    template, form = get_object_or_404(MappingTemplate, pk=pk), NameForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("A template needs a name of at most 64 characters."))
        return redirect("import-templates")
    try:
        template_deeds.rename(template, name=form.cleaned_data["name"], by=staff_of(request), now=timezone.now())
    except IntegrityError:
        messages.error(request, _("A template of this kind already has this name."))
    except ImportRefused as error:
        messages.error(request, str(error))
    return redirect("import-templates")


@require_POST
@requires("imports.run")
def template_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a template nobody used."""
    template = get_object_or_404(MappingTemplate, pk=pk)
    try:
        template_deeds.delete(template, by=staff_of(request), now=timezone.now())
    except ImportRefused as error:
        messages.error(request, str(error))
    return redirect("import-templates")
