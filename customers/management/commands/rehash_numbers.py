"""`manage.py rehash_numbers`: make the hashes of all phone numbers again, after a change of the key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from customers.rehashing import rehash


class Command(BaseCommand):
    help = "Make the hashes by which numbers are found again. Needed once after the key of the numbers was changed."

    def handle(self, *args: Any, **options: Any) -> None:
        """Hash batch by batch; it may be stopped and started again, and changes nothing that is right."""
        seen, changed = rehash()
        text = _("%(seen)d numbers looked at, %(changed)d hashes made anew.")
        self.stdout.write(text % {"seen": seen, "changed": changed})
