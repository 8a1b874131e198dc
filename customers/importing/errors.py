"""What stops a whole file. Each error says what happened, to which file, and what to do next."""

from __future__ import annotations

from django.utils.translation import gettext as _


class ImportRefused(Exception):
    """A file cannot be taken; nothing of it was written."""


class FileMissing(ImportRefused):
    def __init__(self, path: object) -> None:
        super().__init__(_("There is no file or folder %(path)s.") % {"path": path})


class FileClosed(ImportRefused):
    def __init__(self, path: object) -> None:
        super().__init__(_("%(path)s may not be read by this account. Ask for the right to read it.") % {"path": path})


class FolderEmpty(ImportRefused):
    def __init__(self, path: object) -> None:
        super().__init__(_("The folder %(path)s holds no csv, txt, xlsx, xls or parquet file.") % {"path": path})


class FileEmpty(ImportRefused):
    def __init__(self) -> None:
        super().__init__(_("The file is empty. Ask for it to be exported again."))


class FileWithoutRows(ImportRefused):
    def __init__(self) -> None:
        super().__init__(_("The file has a header but no rows. Ask for it to be exported again."))


class FileDamaged(ImportRefused):
    def __init__(self, reason: object) -> None:
        super().__init__(
            _("The file cannot be opened (%(reason)s). Open it once with the program that wrote it and save it again.")
            % {"reason": reason}
        )


class FileSuspicious(ImportRefused):
    def __init__(self, times: int) -> None:
        super().__init__(
            _("The workbook unpacks to %(times)d times its size, which no ordinary file does. It was not opened.")
            % {"times": times}
        )


class EncodingUnknown(ImportRefused):
    def __init__(self) -> None:
        super().__init__(_("The text is neither UTF-8 nor GB18030. Save the file in one of these and send it again."))


class FileKindUnknown(ImportRefused):
    def __init__(self, suffix: str) -> None:
        super().__init__(
            _("Files ending in “%(suffix)s” cannot be read. Send csv, txt, xlsx, xls or parquet.") % {"suffix": suffix}
        )


class NoTemplateFits(ImportRefused):
    def __init__(self, name: str) -> None:
        super().__init__(
            _("No mapping template fits the file name “%(name)s”. Name the kind of file.") % {"name": name}
        )


class TemplateUnknown(ImportRefused):
    def __init__(self, name: str, kind: str) -> None:
        super().__init__(
            _("There is no mapping template “%(name)s” for files of the kind “%(kind)s”.")
            % {"name": name, "kind": kind}
        )


class ColumnsMissing(ImportRefused):
    def __init__(self, wanted: list[str], found: list[str]) -> None:
        super().__init__(
            _("The file lacks the columns %(wanted)s. It has: %(found)s.")
            % {"wanted": ", ".join(wanted), "found": ", ".join(found)}
        )


class ColumnsRepeated(ImportRefused):
    def __init__(self, names: list[str]) -> None:
        super().__init__(_("Several columns mean the same: %(names)s. Keep one of them.") % {"names": ", ".join(names)})


class UnitUnknown(ImportRefused):
    def __init__(self, unit: str, column: str) -> None:
        super().__init__(
            _("The unit “%(unit)s” of column “%(column)s” is not known.") % {"unit": unit, "column": column}
        )


class MonthUnknown(ImportRefused):
    def __init__(self) -> None:
        super().__init__(_("The file does not say its month. Name the month as YYYY-MM."))


class DatasetUnknown(ImportRefused):
    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(
            _("There is no data set “%(name)s”. Known are: %(known)s.") % {"name": name, "known": ", ".join(known)}
        )


class AnotherImportRuns(ImportRefused):
    def __init__(self) -> None:
        super().__init__(_("Another import is running. Start this one again when it is finished."))


class MoneyImplausible(ImportRefused):
    def __init__(self, median: str) -> None:
        super().__init__(
            _("The median bill would be %(median)s. Check the money unit of the mapping template.") % {"median": median}
        )
