"""Triggers that note what an import does to stored rows, so that it can be undone (docs/decisions/0006-imports.md).

They act only while `cvm.import_batch` is set, which an import does for its own transaction.
"""

import django.db.models.deletion
from django.db import migrations, models

from customers.importing import journal

TABLES = (
    "customers_branch",
    "customers_bundle",
    "customers_complaint",
    "customers_consent",
    "customers_customer",
    "customers_customertag",
    "customers_donotdisturb",
    "customers_event",
    "customers_family",
    "customers_groupaccount",
    "customers_monthlybill",
    "customers_need",
    "customers_networkquality",
    "customers_servicelog",
    "customers_surveyanswer",
)


class Migration(migrations.Migration):
    dependencies = [("customers", "0009_group_pinyin")]

    operations = [
        migrations.AddField(
            "importchange",
            "step",
            models.IntegerField(default=0, help_text="Which statement of the import did it; undone backwards."),
        ),
        migrations.AddField(
            "importchange",
            "last_id",
            models.BigIntegerField(default=0, help_text="End of a range of rows made; else the row itself."),
        ),
        migrations.AlterField(
            "importchange",
            "batch",
            models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="changes",
                to="customers.importbatch",
            ),
        ),
        migrations.RunSQL(journal.FUNCTION, "drop function customers_note_change() cascade"),
        *(migrations.RunSQL(journal.triggers_on(table), journal.no_triggers_on(table)) for table in TABLES),
    ]
