"""Find the item a browser's token holds without reading the queue."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("callcenter", "0003_promise_items")]

    operations = [
        migrations.AddIndex(
            model_name="queueitem",
            index=models.Index(
                fields=["lease_token"],
                condition=models.Q(lease_token__isnull=False),
                name="queue_by_lease_token",
            ),
        ),
    ]
