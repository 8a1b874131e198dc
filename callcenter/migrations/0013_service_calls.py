from django.db import migrations, models

NEW = {"db_default": False, "default": False, "verbose_name": "service"}


class Migration(migrations.Migration):
    dependencies = [("callcenter", "0012_wanted_channel"), ("lifecycle", "0015_service_kinds")]

    operations = [
        migrations.AddField(model_name="queueitem", name="is_service", field=models.BooleanField(**NEW)),
        migrations.AddField(model_name="contact", name="is_service", field=models.BooleanField(**NEW)),
    ]
