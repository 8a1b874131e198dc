from django.db import migrations, models

from customers.importing import journal

TABLES = ("segmentation_cohort", "segmentation_cohortmember")


class Migration(migrations.Migration):
    """Cohort lists may be imported: when one was delivered, and the triggers that let an import be undone."""

    dependencies = [("segmentation", "0006_retired_at"), ("customers", "0010_import_journal")]

    operations = [
        migrations.AddField(
            "cohort",
            "delivered_at",
            models.DateTimeField(
                blank=True,
                help_text="The list as delivered by the group, not computed here.",
                null=True,
                verbose_name="delivered at",
            ),
        ),
        *(migrations.RunSQL(journal.triggers_on(table), journal.no_triggers_on(table)) for table in TABLES),
    ]
