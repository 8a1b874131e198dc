import django.contrib.postgres.indexes
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models


class Migration(migrations.Migration):
    """What the search box needs for service texts and for groups."""

    dependencies = [("customers", "0007_history_check")]

    operations = [
        TrigramExtension(),
        migrations.AddField(
            "groupaccount",
            "name_pinyin",
            models.CharField(blank=True, default="", max_length=128),
            preserve_default=False,
        ),
        migrations.AddField(
            "groupaccount",
            "name_initials",
            models.CharField(blank=True, default="", max_length=32),
            preserve_default=False,
        ),
        migrations.AddIndex(
            "servicelog",
            django.contrib.postgres.indexes.GinIndex(
                fields=["content"], name="service_log_words", opclasses=["gin_trgm_ops"]
            ),
        ),
        migrations.AddIndex("servicelog", models.Index(fields=["-served_at", "-id"], name="service_log_newest")),
        migrations.AddIndex(
            "complaint",
            django.contrib.postgres.indexes.GinIndex(
                fields=["content"], name="complaint_words", opclasses=["gin_trgm_ops"]
            ),
        ),
        migrations.AddIndex(
            "complaint",
            django.contrib.postgres.indexes.GinIndex(
                fields=["category"], name="complaint_category_words", opclasses=["gin_trgm_ops"]
            ),
        ),
        migrations.AddIndex("complaint", models.Index(fields=["-opened_at", "-id"], name="complaint_newest")),
    ]
