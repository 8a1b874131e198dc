import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):
    """What the search box needs for contact notes; the trigrams come with customers 0008."""

    dependencies = [("callcenter", "0005_contact_cause"), ("customers", "0008_search_words")]

    operations = [
        migrations.AddIndex(
            "contact",
            django.contrib.postgres.indexes.GinIndex(
                fields=["note"], name="contact_note_words", opclasses=["gin_trgm_ops"]
            ),
        ),
    ]
