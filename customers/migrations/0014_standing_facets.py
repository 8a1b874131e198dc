"""By what else customers are counted beside value; every run fills it anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0013_cohort_path")]

    operations = [migrations.AddField("standing", "facets", models.IntegerField(default=0))]
