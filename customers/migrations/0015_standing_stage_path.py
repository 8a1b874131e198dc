"""Which stage a customer was in at the last month ends; every run fills it anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0014_standing_facets")]

    operations = [migrations.AddField("standing", "stage_path", models.BigIntegerField(default=0))]
