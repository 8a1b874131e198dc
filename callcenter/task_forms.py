"""What a list of tasks can be narrowed to; bad values are refused in words, not ignored."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from callcenter.models import Dispatch
from callcenter.task_states import CONDITIONS, LABELS, condition
from customers.models import Branch, Staff
from lifecycle.models import MomentKind

WARNING = "warning"  # a task without a moment, in addresses


class TaskFilter(forms.Form):
    """State, kind, level, place, manager and period; the same for page, API, file and scoreboard."""

    state = forms.ChoiceField(choices=[(name, LABELS[name]) for name in CONDITIONS], required=False, label=_("State"))
    kind = forms.CharField(max_length=8, required=False, label=_("Moment"))
    level = forms.TypedChoiceField(
        choices=[("", ""), *MomentKind.Level.choices], coerce=int, empty_value=None, required=False, label=_("Level")
    )
    channel = forms.ChoiceField(choices=[("", ""), *MomentKind.Channel.choices], required=False, label=_("Channel"))
    result = forms.ChoiceField(choices=[("", ""), *Dispatch.Result.choices], required=False, label=_("Result"))
    county = forms.ModelChoiceField(
        Branch.objects.filter(kind=Branch.Kind.COUNTY).order_by("code"), required=False, label=_("County")
    )
    manager = forms.ModelChoiceField(
        Staff.objects.filter(role=Staff.Role.PHONE_MANAGER).order_by("display_name", "pk"),
        required=False,
        label=_("Phone manager"),
    )
    since = forms.DateField(required=False, label=_("From"))
    until = forms.DateField(required=False, label=_("Until"))

    def where(self, *, at: dt.datetime) -> Q:
        """Return the condition of everything chosen; call after is_valid()."""
        return condition(self.cleaned_data["state"] or "open", at=at) & self.scope()

    def scope(self) -> Q:
        """Return the condition of all but the state: kind, level, channel, result, place, manager, period."""
        data = self.cleaned_data
        found = Q()
        if data["kind"]:
            found &= Q(kind=None, call_list=None) if data["kind"] == WARNING else Q(kind__code=data["kind"])
        for name in ("level", "channel", "result"):
            if data[name] not in ("", None):
                found &= Q(**{name: data[name]})
        if data["county"]:
            found &= Q(county_id=data["county"].pk)
        if data["manager"]:
            found &= Q(manager_id=data["manager"].pk)
        return found & self.period()

    def period(self) -> Q:
        """Return the condition of the days on which the moment was found."""
        found = Q()
        if self.cleaned_data["since"]:
            found &= Q(detected_at__gte=_midnight(self.cleaned_data["since"]))
        if self.cleaned_data["until"]:
            found &= Q(detected_at__lt=_midnight(self.cleaned_data["until"] + dt.timedelta(days=1)))
        return found

    def narrowed(self, tasks: QuerySet[Dispatch], *, at: dt.datetime) -> QuerySet[Dispatch]:
        """Return the tasks chosen, the most pressing first."""
        return tasks.filter(self.where(at=at)).order_by("due_at", "pk")

    def first_error(self) -> str:
        """Return what is wrong with the choice."""
        name, messages = next(iter(self.errors.items()))
        label: Any = self.fields[name].label if name in self.fields else name
        return f"{label}: {messages[0]}"


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))
