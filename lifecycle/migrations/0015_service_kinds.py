"""Suspension, complaint or fault settled, trouble that goes on: contacts about them are service (DOMAIN 5.2)."""

from django.db import migrations

CODES = ("A8", "A9", "C8")


def lay(apps, schema_editor):
    apps.get_model("lifecycle", "MomentKind").objects.filter(code__in=CODES).update(is_service=True)


class Migration(migrations.Migration):
    dependencies = [("lifecycle", "0014_moment_kind_is_service")]

    operations = [migrations.RunPython(lay, migrations.RunPython.noop)]
