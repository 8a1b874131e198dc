"""What stops a whole file. Each error says what happened, to which file, and what to do next.

An error is a code and plain values; its sentence is made when somebody reads it, in their language: `spoken_error`.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

# What a file turned out to be, whatever its name says.
FOUND = {
    "found:xlsx": _("an Excel workbook (xlsx)"),
    "found:xls": _("an old Excel workbook (xls)"),
    "found:parquet": _("a Parquet table"),
    "found:gzip": _("a gzip archive"),
    "found:zip": _("a zip archive without a workbook"),
    "found:ole": _("an Office document without a workbook"),
    "found:html": _("a web page"),
    "found:xml": _("an XML document"),
    "found:pdf": _("a PDF document"),
    "found:program": _("a program"),
    "found:picture": _("a picture"),
    "found:archive": _("a packed archive"),
    "found:text": _("text"),
    "found:binary": _("neither text nor a table"),
}
_CLASSES: dict[str, type[ImportRefused]] = {}


class ImportRefused(Exception):
    """A file cannot be taken; nothing of it was written.

    A subclass states its `words` (a msgid with named placeholders) and passes plain JSON values for them; lists are
    shown with commas. Its code is its name in snake case unless it says otherwise. `ImportRefused("a sentence")` is
    for a sentence that has no class of its own: it stays as it was worded.
    """

    code: ClassVar[str] = "refused"
    words: ClassVar[str] = ""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "code" not in cls.__dict__:
            cls.code = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()
        _CLASSES[cls.code] = cls

    def __init__(self, message: object = "", **detail: Any) -> None:
        self._message = str(message)
        self._detail = detail
        super().__init__(self._message, detail)

    def detail(self) -> dict[str, Any]:
        """Return the values of the sentence, fit for JSON."""
        return {**self._detail, **({"message": self._message} if self._message else {})}

    @classmethod
    def spoken(cls, value: Any) -> Any:
        """Return one value of the sentence in the reader's language."""
        return _shown(value)

    def __str__(self) -> str:
        return self._message or spoken_error(self.code, self._detail)


def refusal(code: str, detail: dict[str, Any]) -> ImportRefused:
    """Return the error a code and its values were kept of."""
    error = _CLASSES.get(code, ImportRefused)(**detail)
    return error


def spoken_error(code: str, detail: dict[str, Any]) -> str:
    """Return the sentence of an error in the reader's language; an unknown code says its values as they are."""
    found = _CLASSES.get(code)
    if detail.get("message") or found is None:
        said = ", ".join(f"{name}: {_shown(value)}" for name, value in detail.items())
        return str(detail.get("message") or said or code)
    try:
        return gettext(found.words) % {name: found.spoken(value) for name, value in detail.items()}
    except (KeyError, ValueError, TypeError):  # kept by an older version that knew other values
        return " ".join((code, *(str(_shown(value)) for value in detail.values())))


def _shown(value: object) -> Any:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, str) and value in FOUND:
        return gettext(FOUND[value])
    return value


class FileMissing(ImportRefused):
    words = _("There is no file or folder %(path)s.")

    def __init__(self, path: object) -> None:
        super().__init__(path=str(path))


class FileClosed(ImportRefused):
    words = _("%(path)s may not be read by this account. Ask for the right to read it.")

    def __init__(self, path: object) -> None:
        super().__init__(path=str(path))


class FolderEmpty(ImportRefused):
    words = _("The folder %(path)s holds no csv, txt, xlsx, xls or parquet file.")

    def __init__(self, path: object) -> None:
        super().__init__(path=str(path))


class FileEmpty(ImportRefused):
    words = _("The file is empty. Ask for it to be exported again.")


class FileWithoutRows(ImportRefused):
    words = _("The file has a header but no rows. Ask for it to be exported again.")


class FileDamaged(ImportRefused):
    words = _("The file cannot be opened (%(reason)s). Open it once with the program that wrote it and save it again.")

    def __init__(self, reason: object) -> None:
        super().__init__(reason=_short(reason))


class FileSuspicious(ImportRefused):
    words = _("The workbook unpacks to %(times)d times its size, which no ordinary file does. It was not opened.")

    def __init__(self, times: int) -> None:
        super().__init__(times=times)


class FileTooLarge(ImportRefused):
    words = _("The file has %(megabytes)d MB; at most %(limit)d MB are taken. Send it in parts.")

    def __init__(self, megabytes: int, limit: int) -> None:
        super().__init__(megabytes=megabytes, limit=limit)


class FileWrongKind(FileDamaged):
    words = _("The file ends in “%(suffix)s” but holds %(found)s. Export it again in the kind its name says.")

    def __init__(self, suffix: str, found: str) -> None:
        ImportRefused.__init__(self, suffix=suffix, found=found)


class WorkbookEncrypted(ImportRefused):
    words = _("The workbook is protected by a password. Save it without one and send it again.")


class WorkbookWithoutSheets(ImportRefused):
    words = _("The workbook has no sheet with cells. Save the table as a workbook again.")


class SheetsMissing(ImportRefused):
    words = _("The workbook has no sheet %(wanted)s. It has: %(found)s.")

    def __init__(self, wanted: list[str], found: list[str]) -> None:
        super().__init__(wanted=wanted, found=found)


class ArchiveTooFull(ImportRefused):
    words = _("The workbook is packed of %(members)d parts; at most %(limit)d are opened.")

    def __init__(self, members: int, limit: int) -> None:
        super().__init__(members=members, limit=limit)


class ArchiveNested(ImportRefused):
    words = _("The workbook holds another archive (%(name)s), which no ordinary workbook does. It was not opened.")

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class ArchiveLies(ImportRefused):
    words = _("The packing list of the workbook does not tell the truth about %(name)s. It was not opened.")

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class TextUnpacksTooLarge(ImportRefused):
    words = _("The packed text is larger than %(megabytes)d MB when unpacked. It was not read to its end.")

    def __init__(self, megabytes: int) -> None:
        super().__init__(megabytes=megabytes)


class TooManyColumns(ImportRefused):
    words = _("The file has %(columns)d columns; at most %(limit)d are read. Export only the columns that are needed.")

    def __init__(self, columns: int, limit: int) -> None:
        super().__init__(columns=columns, limit=limit)


class CellTooLarge(ImportRefused):
    words = _("A single cell holds more than %(limit)d characters. Look for a quotation mark that is never closed.")

    def __init__(self, limit: int) -> None:
        super().__init__(limit=limit)


class ReaderStopped(ImportRefused):
    words = _(
        "Reading the workbook took too much memory or more than %(seconds)d seconds and was stopped. Save "
        "the table as csv."
    )

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds=seconds)


class EncodingUnknown(ImportRefused):
    words = _("The text is neither UTF-8 nor GB18030. Save the file in one of these and send it again.")


class EncodingDeclaredWrong(ImportRefused):
    words = _("The text is not written in %(encoding)s, as the mapping template says.")

    def __init__(self, encoding: str) -> None:
        super().__init__(encoding=encoding)


class FileKindUnknown(ImportRefused):
    words = _("Files ending in “%(suffix)s” cannot be read. Send csv, txt, xlsx, xls or parquet.")

    def __init__(self, suffix: str) -> None:
        super().__init__(suffix=suffix)


class NoTemplateFits(ImportRefused):
    words = _("No mapping template fits the file name “%(name)s”. Name the kind of file.")

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class TemplateUnknown(ImportRefused):
    words = _("There is no mapping template “%(name)s” for files of the kind “%(kind)s”.")

    def __init__(self, name: str, kind: str) -> None:
        super().__init__(name=name, kind=kind)


class ColumnsMissing(ImportRefused):
    words = _("The file lacks the columns %(wanted)s. It has: %(found)s.")

    def __init__(self, wanted: list[str], found: list[str]) -> None:
        super().__init__(wanted=list(wanted), found=list(found))


class ColumnsRepeated(ImportRefused):
    words = _("Several columns mean the same: %(names)s. Keep one of them.")

    def __init__(self, names: list[str]) -> None:
        super().__init__(names=list(names))


class UnitUnknown(ImportRefused):
    words = _("The unit “%(unit)s” of column “%(column)s” is not known.")

    def __init__(self, unit: str, column: str) -> None:
        super().__init__(unit=unit, column=column)


class MonthUnknown(ImportRefused):
    words = _("The file does not say its month. Name the month as YYYY-MM.")


class DatasetUnknown(ImportRefused):
    words = _("There is no data set “%(name)s”. Known are: %(known)s.")

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(name=name, known=list(known))


class AnotherImportRuns(ImportRefused):
    words = _("Another import is running. Start this one again when it is finished.")


class MoneyImplausible(ImportRefused):
    words = _("The median bill would be %(median)s. Check the money unit of the mapping template.")

    def __init__(self, median: str) -> None:
        super().__init__(median=median)


class HeaderMissing(ImportRefused):
    words = _(
        "The first row looks like data rather than names (%(cells)s). If the file has no header row, use a mapping "
        "template that goes by position."
    )

    def __init__(self, cells: list[str]) -> None:
        super().__init__(cells=list(cells))


class Interrupted(ImportRefused):
    words = _("The import was interrupted; nothing of the file was stored. Start it again.")


WARNINGS: dict[str, str] = {
    "sheets_unread": _("Not read, because the header differs or the template names other sheets: %(sheets)s."),
    "columns_ignored": _("Columns without a field, ignored: %(columns)s."),
    "header_looks_like_data": _(
        "The first row looks like data rather than names (%(cells)s). If the file has no header, say so in the template."
    ),
    "cells_not_kept": _("Too many rows were rejected: whole rows are kept of the first %(limit)d only."),
}


def spoken_warning(code: str, detail: dict[str, Any]) -> str:
    """Return the sentence of a warning of `Account.warnings` in the reader's language."""
    return gettext(WARNINGS[code]) % {name: _shown(value) for name, value in detail.items()}


def _short(reason: object) -> str:
    """Return the words of a library's error, without paths and within one line."""
    return str(reason).splitlines()[0][:200] if str(reason) else type(reason).__name__
