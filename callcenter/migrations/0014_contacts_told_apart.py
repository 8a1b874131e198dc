"""Calls that were promised, and results of tasks about a service matter, were service; the gate's windows leave them out."""

from django.db import migrations

PROMISED = """
update callcenter_contact as contact
set is_service = true
from callcenter_queueitem as item
where item.id = contact.queue_item_id and item.callback_id is not null
"""
OF_TASKS = """
update callcenter_contact as contact
set is_service = true
from callcenter_dispatch as task
join lifecycle_momentkind as kind on kind.id = task.kind_id and kind.is_service
where contact.source_key = 'task:' || task.id
"""


class Migration(migrations.Migration):
    dependencies = [("callcenter", "0013_service_calls")]

    operations = [migrations.RunSQL([PROMISED, OF_TASKS], migrations.RunSQL.noop)]
