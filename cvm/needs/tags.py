"""The catalogue of tags: what each means, who owns it, how long it lasts, who carries it."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.validators import RegexValidator
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from customers import tag_actions, tags
from customers.access import ANALYST, LEADER, can, requires, staff_of
from customers.models import Staff, Tag
from cvm.directory.addresses import list_url
from lifecycle import tagging
from lifecycle.models import MomentKind
from offers.actions import TagsClash, set_tags
from offers.models import Offer

CODE = RegexValidator(r"\A[A-Z][A-Z0-9_]*\Z", gettext_lazy("Write the code in capital letters, digits and _."))


class TagForm(forms.ModelForm):
    """What people may say about a tag; its bit is ours."""

    class Meta:
        model = Tag
        fields = ("name_zh", "name_en", "meaning", "owner", "lasts_days")

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        people = Staff.objects.filter(role__in=(ANALYST, LEADER), is_active=True)
        self.fields["owner"].queryset = people.order_by("display_name", "pk")
        self.fields["lasts_days"].min_value = 1


class NewTagForm(TagForm):
    """A new tag has a code besides, which stays for good."""

    code = forms.CharField(max_length=32, validators=[CODE], label=gettext_lazy("Tag code"))


@require_safe
@requires("tags.manage")
def catalogue(request: HttpRequest) -> HttpResponse:
    """Show every tag with who carries it, and the form for a new one."""
    return _page(request, NewTagForm(initial={"lasts_days": 180}))


@require_POST
@requires("tags.manage")
def create(request: HttpRequest) -> HttpResponse:
    """Make a tag on the lowest free bit."""
    form = NewTagForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        tag = tag_actions.create_tag(**form.cleaned_data, by=staff_of(request), at=timezone.now())
    except tags.TagsFull:
        form.add_error(None, _("All 63 tags are taken. Rename one that is out of use instead of making another."))
        return _page(request, form, status=422)
    except IntegrityError as error:
        if "tag_code_unique" not in str(error):
            raise
        form.add_error("code", _("Another tag already has this code."))
        return _page(request, form, status=422)
    messages.success(request, _("Tag %(name)s is ready.") % {"name": tag.name})
    return redirect("tags")


@require_POST
@requires("tags.manage")
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a tag, or change meaning, owner and lifetime."""
    tag = get_object_or_404(Tag, pk=pk)
    form = TagForm(request.POST, instance=Tag.objects.get(pk=pk))
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, f"{tag.name}: {errors[0]}")
        return redirect("tags")
    tag_actions.change_tag(tag, **form.cleaned_data, by=staff_of(request), at=timezone.now())
    messages.success(request, _("Saved."))
    return redirect("tags")


@require_POST
@requires("tags.manage")
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a tag in or out of use."""
    tag = get_object_or_404(Tag, pk=pk)
    tag_actions.switch_tag(tag, on=request.POST.get("on") == "1", by=staff_of(request), at=timezone.now())
    return redirect("tags")


@require_POST
@requires("tags.manage")
def offer(request: HttpRequest, pk: int) -> HttpResponse:
    """Say with which tag only, or with which not, an offer may be suggested from the next night on."""
    chosen = get_object_or_404(Offer, pk=pk)
    known = {str(tag.pk): tag for tag in Tag.objects.filter(is_active=True)}
    needs, not_for = (known.get(request.POST.get(name, "")) for name in ("needs", "not_for"))
    try:
        set_tags(chosen, needs=needs, not_for=not_for, by=staff_of(request), at=timezone.now())
    except TagsClash:
        messages.error(request, _("An offer cannot ask for a tag and shut it out at once."))
    else:
        messages.success(request, _("Saved; the next night uses it."))
    return redirect("tags")


@require_POST
@requires("tags.manage")
def moment(request: HttpRequest, pk: int) -> HttpResponse:
    """Say for customers with which tag only, or with which not, a key moment speaks from the next night on."""
    chosen = get_object_or_404(MomentKind, pk=pk)
    known = {str(tag.pk): tag for tag in Tag.objects.filter(is_active=True)}
    needs, not_for = (known.get(request.POST.get(name, "")) for name in ("needs", "not_for"))
    try:
        reason = request.POST.get("reason", "").strip()[:200]
        tagging.set_tags(chosen, needs=needs, not_for=not_for, by=staff_of(request), at=timezone.now(), reason=reason)
    except tagging.TagsClash:
        messages.error(request, _("A key moment cannot ask for a tag and shut it out at once."))
    except tagging.ReasonMissing:
        messages.error(request, _("Without this tag the key moment speaks of other customers: say why."))
    else:
        messages.success(request, _("Saved; the next night uses it."))
    return redirect("tags")


def _page(request: HttpRequest, form: NewTagForm, *, status: int = 200) -> HttpResponse:
    found = list(tags.catalogue(on=timezone.localdate()))
    opens = can(request.user, "customers.list")
    rows = [(tag, list_url(tag=tag.code) if opens and tag.is_active and tag.carried else "") for tag in found]
    context = {
        "rows": rows,
        "form": form,
        "people": list(form.fields["owner"].queryset),
        "free": tags.BITS - len(found),
        "offers": list(Offer.objects.filter(is_active=True).order_by("priority", "pk")),
        "kinds": list(MomentKind.objects.filter(is_enabled=True).order_by("code")),
        "choices": [tag for tag in found if tag.is_active],
    }
    return render(request, "tags/page.html", context, status=status)
