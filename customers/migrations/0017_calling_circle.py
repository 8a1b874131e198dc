"""Who talks with whom among our customers; what imports do to it is noted (0010_import_journal.py)."""

import django.db.models.deletion
from django.db import migrations, models

from customers.importing import journal

TABLE = "customers_circletie"


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0016_stage_detail'),
    ]

    operations = [
        migrations.AlterField(
            model_name='importbatch',
            name='kind',
            field=models.CharField(blank=True, choices=[('profile', 'Customer profiles'), ('bills', 'Monthly bills and usage'), ('bundles', 'Bundles'), ('groups', 'Group accounts'), ('families', 'Family links'), ('complaints', 'Complaints'), ('events', 'Porting queries and other events'), ('contacts', 'Contact history'), ('key_persons', 'Key persons'), ('network', 'Network quality'), ('service_logs', 'Service logs'), ('surveys', 'Survey answers'), ('circles', 'Calling circles'), ('cohorts', 'Cohort lists')], max_length=16, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='mappingtemplate',
            name='kind',
            field=models.CharField(choices=[('profile', 'Customer profiles'), ('bills', 'Monthly bills and usage'), ('bundles', 'Bundles'), ('groups', 'Group accounts'), ('families', 'Family links'), ('complaints', 'Complaints'), ('events', 'Porting queries and other events'), ('contacts', 'Contact history'), ('key_persons', 'Key persons'), ('network', 'Network quality'), ('service_logs', 'Service logs'), ('surveys', 'Survey answers'), ('circles', 'Calling circles'), ('cohorts', 'Cohort lists')], max_length=16, verbose_name='kind'),
        ),
        migrations.CreateModel(
            name='CircleTie',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField(help_text='First day of the month they were counted in.', verbose_name='month')),
                ('calls', models.IntegerField(default=0, verbose_name='calls')),
                ('minutes', models.IntegerField(verbose_name='minutes')),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.customer')),
                ('peer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='customers.customer')),
            ],
            options={
                'verbose_name': 'tie of a calling circle',
                'verbose_name_plural': 'calling circles',
                'constraints': [models.UniqueConstraint(fields=('customer', 'peer'), name='circle_tie_once'), models.CheckConstraint(condition=models.Q(('customer__lt', models.F('peer'))), name='circle_tie_lower_id_first', violation_error_message='A tie names the lower id first.'), models.CheckConstraint(condition=models.Q(('calls__gte', 0), ('minutes__gte', 0)), name='circle_tie_not_negative', violation_error_message='Nobody talks less than nothing.')],
            },
        ),
        migrations.RunSQL(journal.triggers_on(TABLE), journal.no_triggers_on(TABLE)),
    ]
