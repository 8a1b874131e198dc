from django.db import migrations

from customers.importing import journal

TABLE = "callcenter_contact"


class Migration(migrations.Migration):
    """Contact histories are imported: the triggers that let an import be undone."""

    dependencies = [("callcenter", "0006_contact_words"), ("customers", "0010_import_journal")]

    operations = [migrations.RunSQL(journal.triggers_on(TABLE), journal.no_triggers_on(TABLE))]
