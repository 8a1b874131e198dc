from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # a big table: nobody waits for the index

    dependencies = [
        ('customers', '0021_day_notes'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='event',
            index=models.Index(condition=models.Q(('kind__in', (1, 3, 4))), fields=['customer', 'occurred_at'], name='event_leaving_signals'),
        ),
    ]
