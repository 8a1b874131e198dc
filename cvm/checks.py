"""What must be true of an installation before it may serve."""

from django.core.checks import Error, Warning, register
from django.db import connections
from django.db.utils import OperationalError
from django.utils.translation import gettext as _


@register("database", deploy=False)
def chinese_trigrams(*, databases=None, **kwargs):
    """Searching Chinese names needs a database whose character type is UTF-8."""
    return [found for alias in databases or () if (found := _trigram_error(alias))]


def _trigram_error(alias: str) -> Error | None:
    connection = connections[alias]
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1 from pg_extension where extname = 'pg_trgm'")
            if not cursor.fetchone():
                return None
            cursor.execute("select cardinality(show_trgm('张三丰'))")
            found = cursor.fetchone()[0]
    except OperationalError:
        return None  # the command that needs the database says so itself
    if found:
        return None
    return Error(
        _("The database finds no Chinese names: its character type is C."),
        hint=_("Create the database with LC_CTYPE C.UTF-8 and move the data over."),
        id="cvm.E001",
    )


@register("staticfiles")
def vendor_files(**kwargs):
    """Pages work without the vendor files, but plainly."""
    from django.conf import settings

    if (settings.ASSETS_DIR / "vendor" / "tabler.min.css").exists():
        return []
    return [
        Warning(
            _("The vendor style sheets and charts are missing; pages show plain tables."),
            hint=_("Run: python3 manage.py assets"),
            id="cvm.W001",
        )
    ]
