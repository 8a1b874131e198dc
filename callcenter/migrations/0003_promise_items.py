"""A due promise becomes a queue item of its own beside the night's item of the same customer."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("callcenter", "0002_initial")]

    operations = [
        migrations.AddField(
            model_name="queueitem",
            name="callback",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="queue_item",
                to="callcenter.callback",
            ),
        ),
        migrations.RemoveConstraint(model_name="queueitem", name="queue_item_once_per_run"),
        migrations.AddConstraint(
            model_name="queueitem",
            constraint=models.UniqueConstraint(
                fields=["run", "customer"],
                condition=models.Q(callback__isnull=True),
                name="queue_item_once_per_run",
            ),
        ),
        migrations.AddIndex(
            model_name="queueitem",
            index=models.Index(
                fields=["manager", "run", "status"], name="queue_of_manager_by_status"
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(fields=["staff", "ended_at"], name="contact_by_staff_time"),
        ),
    ]
