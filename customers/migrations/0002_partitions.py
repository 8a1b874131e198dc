"""Turn the two big tables into partitioned ones before they hold a row.

Not undone by itself: migrating back to zero drops the tables by name in 0001.
"""

from django.db import migrations

PARTITION = """
alter table {table} rename to {table}_plain;
create table {table} (like {table}_plain including all) partition by {by};
drop table {table}_plain;
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]

    operations = [
        migrations.RunSQL(
            PARTITION.format(table="customers_monthlybill", by="range (month)"),
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            PARTITION.format(table="customers_standing", by="list (run_id)"), migrations.RunSQL.noop
        ),
        # Packed integers do not compress worth the time: keep them outside the row, as they are.
        migrations.RunSQL(
            "\n".join(
                f"alter table customers_historyblock alter column {fact} set storage external;"
                for fact in (
                    "arpu_fen",
                    "flags",
                    "voice_min",
                    "data_mb",
                    "sms_count",
                    "active_days",
                    "over_fee_fen",
                )
            ),
            migrations.RunSQL.noop,
        ),
    ]
