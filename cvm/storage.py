"""Static files with a hash in the name, kept usable when a vendor file is missing."""

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
