"""`manage.py assets`: fetch the vendor files of the pages."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from cvm import assets


class Command(BaseCommand):
    """Fetch style sheet, charts and icons into the state folder."""

    help = "Fetch the vendor files of the pages and build the icon sprite."
    requires_system_checks = []

    def add_arguments(self, parser):
        """Where npm has been already."""
        parser.add_argument("--modules", type=Path, help="a node_modules folder to copy from")

    def handle(self, *args, modules, **options):
        """Do nothing when the files of this lock are there already."""
        try:
            did_work = assets.ensure(settings.ASSETS_DIR, modules=modules, say=self.stdout.write)
        except assets.AssetsUnavailable as error:
            raise CommandError(_("The vendor files could not be fetched: %(reason)s") % {"reason": error}) from error
        self.stdout.write(_("Vendor files are ready.") if did_work else _("Nothing to do."))
