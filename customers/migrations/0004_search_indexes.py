from django.db import migrations, models
from django.db.models.functions import Right


class Migration(migrations.Migration):
    """What the search box needs: a full number, and the last four digits."""

    dependencies = [("customers", "0003_bucket_partial")]

    operations = [
        migrations.AddIndex("customer", models.Index(fields=["msisdn"], name="customer_by_number")),
        migrations.AddIndex("customer", models.Index(Right("msisdn", 4), name="customer_by_number_tail")),
    ]
