"""Import files: `manage.py import PATH…`; a folder is taken file by file in a sensible order. `--undo N` takes back."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.importing import control, undo
from customers.importing.checking import spoken_month, spoken_remark, spoken_stop
from customers.importing.errors import DatasetUnknown, FileClosed, FolderEmpty, ImportRefused
from customers.importing.reading import SUFFIXES
from customers.importing.reasons import Reason
from customers.importing.run import Result, import_file
from customers.importing.targets import kinds
from customers.importing.templates import ORDER, datasets, install_templates, template_for
from customers.models import ImportBatch
from cvm.lib.money import yuan_text
from cvm.lib.months import parse_label

PATIENCE_SECONDS = 600  # for another import or a night at work


class Command(BaseCommand):
    help = "Take in customer, bill and other files; each file is stored completely or not at all."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Name the paths and what is known about them."""
        parser.add_argument("paths", nargs="*", type=Path, metavar="PATH")
        parser.add_argument("--kind", choices=kinds(), default="", help="what the files hold")
        parser.add_argument("--template", default="", help="mapping template by name")
        parser.add_argument("--month", type=_month, default=None, help="YYYY-MM, for files that do not say it")
        parser.add_argument("--dataset", default="", help="a known data set in the folder PATH")
        parser.add_argument(
            "--dry-run", "--rehearse", action="store_true", dest="dry_run", help="check everything, store nothing"
        )
        parser.add_argument("--control", type=Path, default=None, help="control file; else FILE.ctl or FILE.chk beside")
        parser.add_argument("--override", default="", metavar="REASON", help="import in spite of a stop, saying why")
        parser.add_argument("--undo", type=int, default=None, metavar="N", help="take import number N back")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import every file; the first that cannot be taken ends the command with exit code 1.

        So does, at the end, a file of which every row was rejected, and a rehearsal in which a stop holds.
        """
        install_templates()
        if options["undo"] is not None:
            self._undo(options["undo"])
            return
        if not options["paths"]:
            raise CommandError(_("Name the files or folders to import."))
        refused = [
            path.name for path, kind, template in self._jobs(options) if not self._take(path, kind, template, options)
        ]
        if refused:
            raise CommandError(_("Not taken: %(files)s.") % {"files": ", ".join(refused)})

    def _take(self, path: Path, kind: str, template: str, options: dict[str, Any]) -> bool:
        """Import one file and say what became of it; return whether any of it could be taken."""
        try:
            result = import_file(
                path,
                now=timezone.now(),
                kind=kind,
                template=template,
                month=options["month"],
                control=_control(path, options["control"]),
                rehearse=options["dry_run"],
                override_reason=options["override"],
                patience_seconds=PATIENCE_SECONDS,
            )
        except ImportRefused as error:
            raise CommandError(f"{path.name}: {error}") from error
        self.stdout.write("\n".join([spoken(result), *why_rejected(result), *remarks(result)]))
        stops = [] if options["override"] else result.preview.get("stops", [])
        return result.already or not (stops or (result.account.rejects and not result.account.accepted))

    def _undo(self, number: int) -> None:
        batch = ImportBatch.objects.filter(pk=number).first()
        if batch is None:
            raise CommandError(_("There is no import %(number)d.") % {"number": number})
        try:
            undo.undo(batch, by=None, now=timezone.now())
        except ImportRefused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            _("Import %(number)d (%(file)s) was taken back.") % {"number": number, "file": batch.file_name}
        )

    def _jobs(self, options: dict[str, Any]) -> list[tuple[Path, str, str]]:
        if options["dataset"]:
            return _dataset(options["dataset"], options["paths"][0])
        jobs: list[tuple[Path, str, str]] = []
        for path in options["paths"]:
            found = _in_order(path, options) if os.path.isdir(path) else [path]
            jobs += [(one, options["kind"], options["template"]) for one in found]
        return jobs


def spoken(result: Result) -> str:
    """Return the receipt of a file in one line."""
    if result.already:
        return _("%(file)s has already been imported; nothing was changed.") % {"file": result.path.name}
    account = result.account
    words = {
        "file": result.path.name,
        "read": account.read,
        "accepted": account.accepted,
        "rejected": len(account.rejects),
        "duplicate": account.duplicate,
        "new": account.new,
        "changed": account.changed,
        "unchanged": account.unchanged,
        "number": result.batch.pk if result.batch else 0,
        "money": yuan_text(account.money_accepted_fen),
    }
    if result.batch is None:
        return (
            _(
                "%(file)s, rehearsal only: %(read)d rows, %(accepted)d acceptable (%(new)d new, %(changed)d changed,"
                " %(unchanged)d unchanged), %(rejected)d rejected, %(duplicate)d identical duplicates; %(money)s."
            )
            % words
        )
    return (
        _(
            "%(file)s, import %(number)d: %(read)d rows = %(accepted)d accepted + %(rejected)d rejected"
            " + %(duplicate)d identical duplicates; %(new)d new, %(changed)d changed, %(unchanged)d unchanged; %(money)s."
        )
        % words
    )


def why_rejected(result: Result) -> list[str]:
    """Return how many rows each reason turned away, the most frequent first; the rows themselves are in the receipt."""
    counted = Counter((reject.reason, reject.column) for reject in result.account.rejects)
    named = {key: f" ({key[1]})" if key[1] else "" for key in counted}
    return [f"  {rows} × {Reason(key[0]).label}{named[key]}" for key, rows in counted.most_common()]


def remarks(result: Result) -> list[str]:
    """Return what else is to be said: months beside the month before, warnings, stops."""
    lines = [spoken_month(one) for one in result.preview.get("months", [])]
    lines += [spoken_remark(one["code"], one["detail"]) for one in result.preview.get("warnings", [])]
    lines += [spoken_stop(stop) for stop in result.preview.get("stops", [])]
    return [f"  {line}" for line in lines]


def _control(path: Path, named: Path | None) -> dict[str, Any]:
    beside = named or control.sidecar(path)
    return {} if beside is None else control.parse(beside.read_bytes(), name=beside.name)


def _month(text: str) -> int:
    try:
        return parse_label(text)
    except ValueError:
        raise argparse.ArgumentTypeError(_("Write the month as YYYY-MM.")) from None


def _dataset(name: str, folder: Path) -> list[tuple[Path, str, str]]:
    known = datasets()
    if name not in known:
        raise CommandError(str(DatasetUnknown(name, sorted(known))))
    return [(folder / job["file"], job["kind"], job["template"]) for job in known[name]]


def _in_order(folder: Path, options: dict[str, Any]) -> list[Path]:
    """Return the files of a folder that a template fits, units first, what happened last."""
    ranked = []
    for path in _files(folder):
        try:
            template = template_for(path, kind=options["kind"], name=options["template"])
        except ImportRefused as error:
            raise CommandError(f"{path.name}: {error}") from error
        ranked.append((ORDER.index(template.kind), path.name, path))
    return [path for *_rank, path in sorted(ranked)]


def _files(folder: Path) -> list[Path]:
    if not os.access(folder, os.R_OK | os.X_OK):
        raise CommandError(str(FileClosed(folder)))
    found = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in SUFFIXES]
    if not found:
        raise CommandError(str(FolderEmpty(folder)))
    return found
