"""`manage.py compilepo`: compile the message catalogues."""

from django.core.management.base import BaseCommand
from django.utils.translation import ngettext

from cvm import catalogues


class Command(BaseCommand):
    """Compile message catalogues with no tool but Python."""

    help = "Compile the message catalogues (no gettext tools needed)."
    requires_system_checks = []

    def handle(self, *args, **options):
        """Compile what changed."""
        count = len(catalogues.compile_all())
        self.stdout.write(
            ngettext("%(count)d catalogue compiled.", "%(count)d catalogues compiled.", count) % {"count": count}
        )
