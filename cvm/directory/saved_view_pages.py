"""The page of saved views, and what is done to them from the list."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from customers.access import requires, staff_of
from customers.models import SavedView
from cvm.directory.addresses import with_query
from cvm.directory.saved_views import (
    MOST_VIEWS,
    NameTaken,
    TooManyViews,
    change_view,
    cleaned,
    save_view,
    visible_to,
)

LONGEST_QUERY = 2000


class ViewForm(forms.ModelForm):
    """The name of a view, and whether the branch sees it."""

    query = forms.CharField(required=False, max_length=LONGEST_QUERY, widget=forms.HiddenInput)
    name = forms.CharField(max_length=64, label=gettext_lazy("Name of the view"))

    class Meta:
        model = SavedView
        fields = ("name", "is_shared", "query")


@require_safe
@requires("customers.list")
def view_list(request: HttpRequest) -> HttpResponse:
    """Show the person's own views, to rename and to delete, and those others share."""
    return _page(request)


@require_POST
@requires("customers.list")
def save(request: HttpRequest) -> HttpResponse:
    """Keep the address of the list under a name; what the list does not know is dropped and said."""
    form = ViewForm(request.POST)
    if not form.is_valid():
        return _page(request, form=form, status=400)
    query, dropped = cleaned(form.cleaned_data["query"], user=request.user)
    values = form.cleaned_data | {"query": query}
    try:
        view = save_view(owner=staff_of(request), at=timezone.now(), **values)
    except TooManyViews:
        form.add_error(None, _("You keep %(number)s views. Delete one first.") % {"number": MOST_VIEWS})
        return _page(request, form=form, status=400)
    if dropped:
        words = _("The list does not know these parts of the address, so they were left out: %(names)s")
        messages.warning(request, words % {"names": ", ".join(dropped)})
    messages.success(request, _("View “%(name)s” is saved.") % {"name": view.name})
    return redirect(with_query(query))


@require_POST
@requires("customers.list")
def rename(request: HttpRequest) -> HttpResponse:
    """Rename an own view, share it or stop sharing it."""
    view = _own(request)
    form = ViewForm(request.POST)
    if not form.is_valid():
        return _page(request, form=form, status=400)
    try:
        change_view(view, name=form.cleaned_data["name"], is_shared=form.cleaned_data["is_shared"])
    except NameTaken:
        form.add_error("name", _("You already have a view with this name."))
        return _page(request, form=form, status=400)
    return redirect("saved-views")


@require_POST
@requires("customers.list")
def delete(request: HttpRequest) -> HttpResponse:
    """Delete an own view."""
    view = _own(request)
    view.delete()
    messages.success(request, _("View “%(name)s” is deleted.") % {"name": view.name})
    return redirect("saved-views")


def _own(request: HttpRequest) -> SavedView:
    number = request.POST.get("view", "")
    return get_object_or_404(SavedView, owner=staff_of(request), pk=int(number) if number.isdecimal() else 0)


def _page(request: HttpRequest, *, form: ViewForm | None = None, status: int = 200) -> HttpResponse:
    user = staff_of(request)
    views = visible_to(user).select_related("owner").order_by("name", "pk")
    lines = [(view, with_query(cleaned(view.query, user=user)[0])) for view in views]
    context = {
        "own": [line for line in lines if line[0].owner_id == user.pk],
        "shared": [line for line in lines if line[0].owner_id != user.pk],
        "form": form,
    }
    return render(request, "customers/views.html", context, status=status)
