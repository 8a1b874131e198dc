from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lifecycle", "0013_moment_log_index")]

    operations = [
        migrations.AddField(
            model_name="momentkind",
            name="is_service",
            field=models.BooleanField(db_default=False, default=False, verbose_name="service"),
        ),
    ]
