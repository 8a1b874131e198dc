"""Facets need more than 31 bits. Every partition is rewritten once: three dates' standings, a few seconds a million."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0022_event_leaving_signals")]

    operations = [migrations.AlterField("standing", "facets", models.BigIntegerField(default=0))]
