"""What the key moments look at: use of the running month, subscriptions, and more of the profile."""

import django.db.models.deletion
from django.db import migrations, models

from customers.importing import journal

TABLES = ("customers_usagemonth", "customers_subscription")  # what imports do to them is noted


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0017_calling_circle'),
    ]

    operations = [
        migrations.CreateModel(
            name='Subscription',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=64, verbose_name='subscription code')),
                ('product_name', models.CharField(max_length=128, verbose_name='product')),
                ('kind', models.SmallIntegerField(choices=[(1, 'Value-added service'), (2, 'Benefit')], default=1, verbose_name='kind')),
                ('is_trial', models.BooleanField(default=False, verbose_name='free trial')),
                ('fee_fen', models.IntegerField(default=0, verbose_name='monthly fee')),
                ('start_date', models.DateField(verbose_name='starts on')),
                ('end_date', models.DateField(blank=True, help_text='Empty: never ends.', null=True, verbose_name='ends on')),
                ('status', models.SmallIntegerField(choices=[(1, 'Active'), (2, 'Ended'), (3, 'Cancelled')], default=1, verbose_name='status')),
            ],
            options={
                'verbose_name': 'subscription',
                'verbose_name_plural': 'subscriptions',
            },
        ),
        migrations.CreateModel(
            name='UsageMonth',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField(help_text='First day of the month.', verbose_name='month')),
                ('measured_on', models.DateField(help_text='Last day counted.', verbose_name='measured on')),
                ('data_used_mb', models.IntegerField(default=0, verbose_name='data used')),
                ('data_quota_mb', models.IntegerField(default=0, help_text='0: that of the profile.', verbose_name='data quota')),
                ('voice_used_min', models.IntegerField(default=0, verbose_name='minutes used')),
                ('voice_quota_min', models.IntegerField(default=0, help_text='0: that of the profile.', verbose_name='voice quota')),
                ('zero_call_days', models.SmallIntegerField(default=0, help_text='Without a break up to the day measured.', verbose_name='days without a call')),
                ('competitor_forward_days', models.SmallIntegerField(default=0, verbose_name='days forwarded to a competitor')),
                ('competitor_hotline_calls', models.SmallIntegerField(default=0, help_text='In the last seven days.', verbose_name="calls to a competitor's hotline")),
                ('onnet_bp', models.SmallIntegerField(blank=True, null=True, verbose_name='share of calls within our network')),
                ('province_roam_days', models.SmallIntegerField(default=0, verbose_name='days in other provinces')),
                ('abroad_roam_days', models.SmallIntegerField(default=0, verbose_name='days abroad')),
            ],
            options={
                'verbose_name': 'use of a month',
                'verbose_name_plural': 'use by month',
            },
        ),
        migrations.AddField(
            model_name='customer',
            name='broadband_expires_on',
            field=models.DateField(blank=True, null=True, verbose_name='broadband ends on'),
        ),
        migrations.AddField(
            model_name='customer',
            name='handset_changed_on',
            field=models.DateField(blank=True, null=True, verbose_name='handset changed on'),
        ),
        migrations.AddField(
            model_name='customer',
            name='handset_is_5g',
            field=models.SmallIntegerField(choices=[(0, 'Unknown'), (1, 'No'), (2, 'Yes')], default=0, verbose_name='5G handset'),
        ),
        migrations.AddField(
            model_name='customer',
            name='is_address_covered',
            field=models.SmallIntegerField(choices=[(0, 'Unknown'), (1, 'No'), (2, 'Yes')], default=0, verbose_name='address covered'),
        ),
        migrations.AddField(
            model_name='customer',
            name='next_plan_fee_fen',
            field=models.IntegerField(blank=True, null=True, verbose_name='plan fee from next month'),
        ),
        migrations.AddField(
            model_name='customer',
            name='plan_is_5g',
            field=models.SmallIntegerField(choices=[(0, 'Unknown'), (1, 'No'), (2, 'Yes')], default=0, verbose_name='5G plan'),
        ),
        migrations.AddField(
            model_name='customer',
            name='points',
            field=models.IntegerField(blank=True, null=True, verbose_name='points'),
        ),
        migrations.AddField(
            model_name='customer',
            name='points_expire_on',
            field=models.DateField(blank=True, null=True, verbose_name='points expire on'),
        ),
        migrations.AddField(
            model_name='customer',
            name='points_expiring',
            field=models.IntegerField(default=0, verbose_name='points about to expire'),
        ),
        migrations.AddField(
            model_name='customer',
            name='sim_is_5g',
            field=models.SmallIntegerField(choices=[(0, 'Unknown'), (1, 'No'), (2, 'Yes')], default=0, verbose_name='5G SIM'),
        ),
        migrations.AddField(
            model_name='customer',
            name='stop_reason',
            field=models.SmallIntegerField(choices=[(0, 'Unknown'), (1, 'Arrears'), (2, 'On request'), (3, 'Lost or stolen'), (4, 'Unusually high amount'), (5, 'By the operator')], default=0, verbose_name='reason of the suspension'),
        ),
        migrations.AddField(
            model_name='monthlybill',
            name='over_data_fee_fen',
            field=models.IntegerField(default=0, verbose_name='data fee beyond the plan'),
        ),
        migrations.AddField(
            model_name='monthlybill',
            name='over_voice_fee_fen',
            field=models.IntegerField(default=0, verbose_name='voice fee beyond the plan'),
        ),
        migrations.AddField(
            model_name='standing',
            name='marks',
            field=models.IntegerField(default=0),
        ),
        migrations.AlterField(
            model_name='customer',
            name='balance_fen',
            field=models.IntegerField(blank=True, help_text='Empty: not known.', null=True, verbose_name='balance'),
        ),
        migrations.AlterField(
            model_name='event',
            name='kind',
            field=models.SmallIntegerField(choices=[(1, 'Porting query: eligible'), (2, 'Porting query: not eligible'), (3, 'Porting code issued'), (4, 'Downgrade requested'), (5, 'Cancellation requested'), (6, 'Suspension requested'), (7, 'Called the hotline'), (8, 'Visited a hall'), (9, 'Chatted online'), (10, 'Started roaming abroad'), (11, 'Number re-issued'), (12, 'Payment delayed'), (13, 'Ordered'), (14, 'Transferred to another owner'), (15, 'Suspended for arrears')], verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='importbatch',
            name='kind',
            field=models.CharField(blank=True, choices=[('profile', 'Customer profiles'), ('bills', 'Monthly bills and usage'), ('bundles', 'Bundles'), ('groups', 'Group accounts'), ('families', 'Family links'), ('complaints', 'Complaints'), ('events', 'Porting queries and other events'), ('contacts', 'Contact history'), ('key_persons', 'Key persons'), ('network', 'Network quality'), ('service_logs', 'Service logs'), ('surveys', 'Survey answers'), ('circles', 'Calling circles'), ('cohorts', 'Cohort lists'), ('usage', 'Use of the month so far'), ('subscriptions', 'Value-added subscriptions')], max_length=16, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='mappingtemplate',
            name='kind',
            field=models.CharField(choices=[('profile', 'Customer profiles'), ('bills', 'Monthly bills and usage'), ('bundles', 'Bundles'), ('groups', 'Group accounts'), ('families', 'Family links'), ('complaints', 'Complaints'), ('events', 'Porting queries and other events'), ('contacts', 'Contact history'), ('key_persons', 'Key persons'), ('network', 'Network quality'), ('service_logs', 'Service logs'), ('surveys', 'Survey answers'), ('circles', 'Calling circles'), ('cohorts', 'Cohort lists'), ('usage', 'Use of the month so far'), ('subscriptions', 'Value-added subscriptions')], max_length=16, verbose_name='kind'),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(condition=models.Q(('leave_date__isnull', False)), fields=['leave_date'], name='customer_by_leave_date'),
        ),
        migrations.AddField(
            model_name='subscription',
            name='customer',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='subscriptions', to='customers.customer'),
        ),
        migrations.AddField(
            model_name='usagemonth',
            name='customer',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='usage_months', to='customers.customer'),
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.UniqueConstraint(fields=('code',), name='subscription_code_unique', violation_error_message='Another subscription already has this code.'),
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.CheckConstraint(condition=models.Q(('end_date__isnull', True), ('end_date__gte', models.F('start_date')), _connector='OR'), name='subscription_ends_after_start', violation_error_message='A subscription cannot end before it starts.'),
        ),
        migrations.AddIndex(
            model_name='usagemonth',
            index=models.Index(fields=['customer', '-month'], name='usage_month_by_customer'),
        ),
        migrations.AddConstraint(
            model_name='usagemonth',
            constraint=models.UniqueConstraint(fields=('month', 'customer'), name='usage_month_once'),
        ),
        *(migrations.RunSQL(journal.triggers_on(table), journal.no_triggers_on(table)) for table in TABLES),
    ]
