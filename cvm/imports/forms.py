"""What the import pages ask."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import ImportBatch, MappingTemplate
from cvm.lib.months import parse_label

MONTH = re.compile(r"\d{4}-\d{2}\Z")


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One or more files."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """Return every file, each checked on its own."""
        files = data if isinstance(data, list | tuple) else [data]
        if not files:
            return [super().clean(None, initial)]
        return [super(FilesField, self).clean(file, initial) for file in files]


class UploadForm(forms.Form):
    """Files, and what their sender says about them."""

    uploads = FilesField(label=gettext_lazy("Files"), allow_empty_file=True)
    control = forms.FileField(label=gettext_lazy("Control file"), required=False)
    fixes = forms.ModelChoiceField(ImportBatch.objects.all(), required=False)

    def clean(self) -> dict[str, Any]:
        """Refuse one control file for several files: it would be wrong for most of them."""
        cleaned = super().clean() or {}
        if cleaned.get("control") and len(cleaned.get("uploads", ())) > 1:
            raise forms.ValidationError(_("A control file belongs to one file. Send them one at a time."))
        return cleaned


class TemplateFileForm(forms.Form):
    """A mapping template as a JSON file."""

    file = forms.FileField(label=gettext_lazy("Template file"), max_length=200)


class NameForm(forms.Form):
    """A template's name."""

    name = forms.CharField(label=gettext_lazy("Name of the template"), max_length=64)


class FilterForm(forms.Form):
    """Which imports the list shows."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        required=False,
        choices=[("", gettext_lazy("All kinds")), *MappingTemplate.Kind.choices],
    )
    status = forms.ChoiceField(
        label=gettext_lazy("Status"),
        required=False,
        choices=[("", gettext_lazy("Every status")), *ImportBatch.Status.choices],
    )
    source = forms.ChoiceField(
        label=gettext_lazy("Came by"),
        required=False,
        choices=[("", gettext_lazy("Every way")), *ImportBatch.Source.choices],
    )
    before = forms.IntegerField(required=False, min_value=1, max_value=2**62)


def month_of_label(text: str) -> int | None:
    """Return the ordinal of YYYY-MM, None for nothing; raises ValueError with words for anything else."""
    if not text:
        return None
    try:
        if not MONTH.match(text):
            raise ValueError(text)
        return parse_label(text)
    except ValueError:
        raise ValueError(_("“%(month)s” is no month. Write it as YYYY-MM.") % {"month": text}) from None
