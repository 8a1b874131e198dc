"""Static files with a hash in the name, kept usable when a vendor file is missing."""

from django.conf import settings
from django.contrib.staticfiles.finders import BaseStorageFinder
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage


def _without_source_maps(patterns):
    """Drop the rules that follow source maps: vendors name map files they do not ship."""
    return tuple(
        (extension, tuple(rule for rule in rules if "sourceMappingURL" not in str(rule)))
        for extension, rules in patterns
    )


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Manifest storage that never turns a missing file into a broken page."""

    manifest_strict = False
    patterns = _without_source_maps(CompressedManifestStaticFilesStorage.patterns)

    def stored_name(self, name):
        """Return the plain name of a file nobody collected: a 404 for it, not a 500 for the page."""
        try:
            return super().stored_name(name)
        except ValueError:
            return name


class AssetsFinder(BaseStorageFinder):
    """Find the vendor files, also when they arrive after the settings were read."""

    storage = FileSystemStorage(location=settings.ASSETS_DIR)

    def list(self, ignore_patterns):
        """Yield nothing while the folder does not exist."""
        return super().list(ignore_patterns) if settings.ASSETS_DIR.is_dir() else ()
