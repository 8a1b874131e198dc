import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("callcenter", "0015_contact_given")]

    operations = [
        migrations.AddIndex(
            model_name="contact",
            index=django.contrib.postgres.indexes.BrinIndex(fields=["started_at"], name="contact_by_day"),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="call_list",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="tasks",
                to="callcenter.calllist",
            ),
        ),
    ]
