"""A task takes its household's contact of the day, so that nobody else goes there meanwhile."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("callcenter", "0016_households_and_groups")]

    operations = [
        migrations.AddField(
            "dispatch", "held_at", models.DateTimeField(verbose_name="contact held at", null=True)
        )
    ]
