"""How exactly somebody left, or that he came back, and since how many months; every run fills it anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0015_standing_stage_path")]

    operations = [
        migrations.AddField("standing", "stage_detail", models.SmallIntegerField(default=0)),
        migrations.AddField("standing", "stage_months", models.SmallIntegerField(default=0)),
    ]
