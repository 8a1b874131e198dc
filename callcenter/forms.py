"""What the desk sends back. Words of an error say what to do next."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from callcenter.actions import Result
from callcenter.models import Contact, Dispatch
from callcenter.task_actions import Closing
from callcenter.verdicts import is_calling_time

FURTHEST_PROMISE = dt.timedelta(days=92)
NOTE_LENGTH = 1000
SATISFACTION = [("", _("Not asked")), *((number, str(number)) for number in range(1, 6))]
CLOSING_RESULTS = (
    Dispatch.Result.HANDLED,
    Dispatch.Result.ACCEPTED,
    Dispatch.Result.THINKING,
    Dispatch.Result.REFUSED,
    Dispatch.Result.NOT_REACHED,
)
TOO_OLD = _("This page is too old. Load it again.")


class TokenForm(forms.Form):
    """Names the lease an action is about."""

    token = forms.UUIDField(error_messages={"required": TOO_OLD, "invalid": TOO_OLD})

    def first_error(self) -> str:
        """Return the error to show beside the form."""
        return next(str(messages[0]) for messages in self.errors.values())


class RevealForm(TokenForm):
    """Why a number is looked at."""

    reason = forms.ChoiceField(
        choices=[
            ("call_now", _("Call now")),
            ("call_back", _("Call back")),
            ("identity", _("Check identity")),
            ("complaint", _("About a complaint")),
        ],
        label=_("Reason"),
    )


class SkipForm(TokenForm):
    """Why a customer is put behind."""

    reason = forms.ChoiceField(
        choices=[
            ("later", _("Better at another time")),
            ("language", _("A colleague should call")),
            ("data", _("The data look wrong")),
            ("waiting", _("Waiting for an answer from elsewhere")),
        ],
        label=_("Reason"),
    )


class ResultForm(TokenForm):
    """What came out of a call."""

    outcome = forms.ChoiceField(
        choices=Contact.Outcome.choices, error_messages={"required": _("Choose a result first: keys 1 to 5.")}
    )
    cause = forms.ChoiceField(choices=[("", _("Cause…")), *Contact.Cause.choices], required=False, label=_("Cause"))
    callback_at = forms.DateTimeField(
        required=False,
        label=_("Call back at"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        error_messages={"invalid": _("Write the time of the callback as 2026-12-01 15:30.")},
    )
    note = forms.CharField(required=False, max_length=NOTE_LENGTH, label=_("Note"))
    offer_id = forms.IntegerField(required=False, min_value=0)
    satisfaction = forms.TypedChoiceField(
        choices=SATISFACTION, coerce=int, empty_value=None, required=False, label=_("Satisfied?")
    )

    def __init__(self, *args: Any, at: dt.datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at = at

    def clean(self) -> dict[str, Any]:
        """Hold result, cause and callback against each other."""
        data = super().clean() or {}
        outcome, cause = data.get("outcome"), data.get("cause")
        if outcome == Contact.Outcome.REFUSED and not cause:
            self.add_error("cause", _("Say why the customer refuses."))
        if cause == Contact.Cause.OTHER and not data.get("note", "").strip():
            self.add_error("note", _("For another cause, write it in the note."))
        if outcome == Contact.Outcome.DO_NOT_CALL and data.get("callback_at"):
            self.add_error("callback_at", _("A customer who must not be called gets no callback."))
        return data

    def clean_callback_at(self) -> dt.datetime | None:
        """Accept a promise only for a time that lies ahead, within three months."""
        callback_at = self.cleaned_data["callback_at"]
        if callback_at and not self.at < callback_at <= self.at + FURTHEST_PROMISE:
            raise forms.ValidationError(_("The callback must lie ahead, within three months."))
        if callback_at and not is_calling_time(callback_at):
            raise forms.ValidationError(_("Customers are not disturbed at that time. Choose another time."))
        return callback_at

    def result(self) -> Result:
        """Return the cleaned values as the action takes them."""
        data = self.cleaned_data
        is_refusal = data["outcome"] in (Contact.Outcome.REFUSED, Contact.Outcome.DO_NOT_CALL)
        return Result(
            outcome=data["outcome"],
            cause=data["cause"] if is_refusal else "",
            note=data["note"],
            offer_id=data["offer_id"] or 0,
            callback_at=data["callback_at"],
            satisfaction=data["satisfaction"],
        )


class ClosingForm(forms.Form):
    """What came of a task in a hall or with an account manager."""

    result = forms.ChoiceField(
        choices=[(result.value, result.label) for result in CLOSING_RESULTS],
        label=_("Result"),
        error_messages={"required": _("Choose a result: no task closes without one.")},
    )
    cause = forms.ChoiceField(choices=[("", _("Cause…")), *Contact.Cause.choices], required=False, label=_("Cause"))
    satisfaction = forms.TypedChoiceField(
        choices=SATISFACTION, coerce=int, empty_value=None, required=False, label=_("Satisfied?")
    )
    order = forms.CharField(required=False, max_length=32, label=_("Order number"))
    note = forms.CharField(required=False, max_length=NOTE_LENGTH, label=_("Note"))
    came_to_us = forms.BooleanField(required=False, label=_("The customer came to us"))

    def clean(self) -> dict[str, Any]:
        """Ask for the cause of a refusal, and for words where the cause is another one."""
        data = super().clean() or {}
        if data.get("result") == Dispatch.Result.REFUSED and not data.get("cause"):
            self.add_error("cause", _("Say why the customer refuses."))
        if data.get("cause") == Contact.Cause.OTHER and not data.get("note", "").strip():
            self.add_error("note", _("For another cause, write it in the note."))
        return data

    def closing(self) -> Closing:
        """Return the cleaned values as the action takes them; a cause belongs to a refusal."""
        data = self.cleaned_data
        cause = data["cause"] if data["result"] == Dispatch.Result.REFUSED else ""
        return Closing(**data | {"cause": cause})

    def first_error(self) -> str:
        """Return the error to show."""
        return next(str(messages[0]) for messages in self.errors.values())
