"""`manage.py messages`: bring the catalogues up to date, or check that they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from cvm import catalogues
from cvm.management import words

LANGUAGES = ("zh_Hans", "en")
SHOWN = 40


class Command(BaseCommand):
    """Catalogues from code and templates, with no tool but Python."""

    help = "Collect translatable texts into locale/, merge translations, compile; or --check that all is complete."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the translations to merge, or the wish to check only."""
        parser.add_argument("--merge", nargs="*", default=[], metavar="FILE", help="JSON files {text: translation}.")
        parser.add_argument(
            "--check", action="store_true", help="Change nothing; fail when a catalogue is not complete."
        )
        parser.add_argument("--compile", action="store_true", help="Write the .mo files as well.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Update or check, then say what is missing."""
        found = words.extract(settings.BASE_DIR)
        if options["check"]:
            self._check(found)
            return
        told_words = {
            text: told for name in options["merge"] for text, told in json.loads(Path(name).read_text()).items()
        }
        for language in LANGUAGES:
            missing = words.update(_catalogue(language), found.values(), language=language, words=told_words)
            self.stdout.write(f"{language}: {len(found)} texts, {len(missing)} without translation")
            for text in missing[:SHOWN]:
                self.stdout.write(f"  {text}")
        if options["compile"]:
            catalogues.compile_all()

    def _check(self, found: dict[tuple[str, str], words.Message]) -> None:
        wrong = [
            f"{language}: {problem}"
            for language in LANGUAGES
            for problem in words.problems(_catalogue(language), found)
        ]
        if wrong:
            raise CommandError("\n".join([*wrong[:SHOWN], f"{len(wrong)} problems. Run: python3 manage.py messages"]))
        self.stdout.write(f"{len(found)} texts, complete in {len(LANGUAGES)} languages.")


def _catalogue(language: str) -> Path:
    return settings.BASE_DIR / "locale" / language / "LC_MESSAGES" / "django.po"
