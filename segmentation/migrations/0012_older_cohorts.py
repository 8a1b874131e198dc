"""Month ends of the members of earlier cohorts, and lines of several cohorts by one run: December belongs to two years."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("customers", "0020_noted_states"),
        ("segmentation", "0011_lock_until"),
    ]

    operations = [
        migrations.CreateModel(
            name="CohortPath",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("county_id", models.IntegerField()),
                ("entry_month", models.IntegerField(verbose_name="entry month")),
                ("path", models.IntegerField(help_text="Two bits a month end, the base month lowest.", verbose_name="month ends")),
                ("cohort", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="segmentation.cohort")),
                ("customer", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer")),
                ("run", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.run")),
            ],
            options={
                "verbose_name": "month ends of a member",
                "verbose_name_plural": "month ends of members",
                "constraints": [models.UniqueConstraint(fields=("run", "cohort", "customer"), name="cohort_path_once_per_run")],
            },
        ),
        migrations.RemoveConstraint(model_name="ledgerline", name="ledger_line_once"),
        migrations.AddConstraint(
            model_name="ledgerline",
            constraint=models.UniqueConstraint(
                fields=("run", "cohort", "by", "month", "county_id", "key"), name="ledger_line_once_per_cohort"
            ),
        ),
    ]
