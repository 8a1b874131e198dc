"""Stage thresholds in versions, and what silent, suspended and back mean as parameters.

Numbers of the handbook's stage table (DOMAIN 4.6, our own design): two months running, two signals, silent two months,
suspended sixty days (two month ends), back with 10 yuan and 5 active days; back for twelve months is our own reading.
"""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


def keep_live(apps, schema_editor):
    policies = apps.get_model("lifecycle", "StagePolicy").objects
    policies.filter(is_live=True).update(status="live", published_at=django.utils.timezone.now())
    policies.filter(is_live=False).update(status="retired")


def keep_is_live(apps, schema_editor):
    policies = apps.get_model("lifecycle", "StagePolicy").objects
    policies.filter(status="live").update(is_live=True)


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0016_stage_detail"),
        ("lifecycle", "0004_moment_kind_terms"),
    ]

    operations = [
        migrations.AddField(
            model_name='stagepolicy',
            name='approval_movers',
            field=models.IntegerField(default=500, help_text='Movers from which the next version needs a second person.', verbose_name='second person from'),
        ),
        migrations.AddField(
            model_name='stagepolicy',
            name='approved_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='stagepolicy',
            name='approved_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='stagepolicy',
            name='confirm_months',
            field=models.SmallIntegerField(default=2, verbose_name='months running that count'),
        ),
        migrations.AddField(
            model_name='stagepolicy',
            name='copy_of',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='lifecycle.stagepolicy', verbose_name='roll-back to'),
        ),
        migrations.AddField(
            model_name='stagepolicy',
            name='created_at',
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name='created at'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='stagepolicy',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='stagepolicy',
            name='effective_on',
            field=models.DateField(blank=True, null=True, verbose_name='from'),
        ),
        migrations.AddField(
            model_name='stagepolicy',
            name='enough_signals',
            field=models.SmallIntegerField(default=2, verbose_name='signals of decline in a month'),
        ),
        migrations.AddField(
            model_name='stagepolicy',
            name='event_days',
            field=models.SmallIntegerField(default=60, verbose_name='a porting query or downgrade counts for, days'),
        ),
        migrations.AddField(
            model_name='stagepolicy',
            name='low_months',
            field=models.SmallIntegerField(default=2, verbose_name='low months of a cohort member'),
        ),
        migrations.AddField(
            model_name='stagepolicy',
            name='note',
            field=models.CharField(blank=True, max_length=200, verbose_name='why'),
        ),
        migrations.AddField(
            model_name='stagepolicy',
            name='preview',
            field=models.JSONField(default=dict, verbose_name='preview at publication'),
        ),
        migrations.AddField(
            model_name='stagepolicy',
            name='published_at',
            field=models.DateTimeField(null=True, verbose_name='published at'),
        ),
        migrations.AddField(
            model_name='stagepolicy',
            name='published_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='stagepolicy',
            name='requested_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='stagepolicy',
            name='requested_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='stagepolicy',
            name='retired_at',
            field=models.DateTimeField(null=True, verbose_name='retired at'),
        ),
        migrations.AddField(
            model_name='stagepolicy',
            name='return_active_days',
            field=models.SmallIntegerField(default=5, verbose_name='back with active days from'),
        ),
        migrations.AddField(
            model_name='stagepolicy',
            name='return_bill_fen',
            field=models.IntegerField(default=1000, verbose_name='back with a bill from'),
        ),
        migrations.AddField(
            model_name='stagepolicy',
            name='returned_months',
            field=models.SmallIntegerField(default=12, verbose_name='counts as returned for, months'),
        ),
        migrations.AddField(
            model_name='stagepolicy',
            name='returned_reason',
            field=models.CharField(blank=True, max_length=200, verbose_name='sent back because'),
        ),
        migrations.AddField(
            model_name='stagepolicy',
            name='silent_data_mb',
            field=models.IntegerField(default=1, verbose_name='silent: data below, MB'),
        ),
        migrations.AddField(
            model_name='stagepolicy',
            name='silent_kind',
            field=models.SmallIntegerField(choices=[(1, 'No calls in the month'), (2, 'No call, SMS or data in the month'), (3, 'No call or SMS, and less data than the limit')], default=3, verbose_name='what counts as silent'),
        ),
        migrations.AddField(
            model_name='stagepolicy',
            name='silent_months',
            field=models.SmallIntegerField(default=2, verbose_name='silent months running'),
        ),
        migrations.AddField(
            model_name='stagepolicy',
            name='status',
            field=models.CharField(choices=[('draft', 'Draft'), ('pending', 'Waiting for approval'), ('scheduled', 'Scheduled'), ('live', 'Live'), ('retired', 'Retired')], default='draft', max_length=9, verbose_name='status'),
        ),
        migrations.AddField(
            model_name='stagepolicy',
            name='suspended_months',
            field=models.SmallIntegerField(default=2, verbose_name='suspended month ends running'),
        ),
        migrations.AlterField(
            model_name='stagepolicy',
            name='acquisition_months',
            field=models.SmallIntegerField(default=3, verbose_name='acquisition lasts, months'),
        ),
        migrations.AlterField(
            model_name='stagepolicy',
            name='decline_percent',
            field=models.SmallIntegerField(default=-20, verbose_name='decline at or below, %'),
        ),
        migrations.AlterField(
            model_name='stagepolicy',
            name='few_active_days',
            field=models.SmallIntegerField(default=10, verbose_name='signal: active days at most'),
        ),
        migrations.AlterField(
            model_name='stagepolicy',
            name='growth_months',
            field=models.SmallIntegerField(default=12, verbose_name='first growth lasts to month'),
        ),
        migrations.AlterField(
            model_name='stagepolicy',
            name='recover_percent',
            field=models.SmallIntegerField(default=-5, verbose_name='recovered at or above, %'),
        ),
        migrations.AlterField(
            model_name='stagepolicy',
            name='rise_percent',
            field=models.SmallIntegerField(default=10, verbose_name='growth at or above, %'),
        ),
        migrations.AlterField(
            model_name='stagepolicy',
            name='settle_percent',
            field=models.SmallIntegerField(default=3, verbose_name='settled below, %'),
        ),
        migrations.AlterField(
            model_name='stagepolicy',
            name='usage_fall_percent',
            field=models.SmallIntegerField(default=-30, verbose_name='signal: use at or below, %'),
        ),
        migrations.AlterField(
            model_name='stagepolicy',
            name='version',
            field=models.IntegerField(verbose_name='version'),
        ),
        migrations.RunPython(keep_live, keep_is_live),
        migrations.RemoveConstraint(
            model_name='stagepolicy',
            name='stage_policy_one_live',
        ),
        migrations.RemoveField(
            model_name='stagepolicy',
            name='is_live',
        ),
        migrations.AddConstraint(
            model_name='stagepolicy',
            constraint=models.UniqueConstraint(fields=('version',), name='stage_policy_version_unique'),
        ),
        migrations.AddConstraint(
            model_name='stagepolicy',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'live')), fields=('status',), name='stage_policy_one_live', violation_error_message='Another stage policy is already live.'),
        ),
        migrations.AddConstraint(
            model_name='stagepolicy',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'draft')), fields=('status',), name='stage_policy_one_draft', violation_error_message='There is already a draft; edit that one.'),
        ),
        migrations.AddConstraint(
            model_name='stagepolicy',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'pending')), fields=('status',), name='stage_policy_one_pending', violation_error_message='Another version already waits for approval.'),
        ),
        migrations.AddConstraint(
            model_name='stagepolicy',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'scheduled')), fields=('status',), name='stage_policy_one_scheduled', violation_error_message='Another version is already scheduled.'),
        ),
        migrations.AddConstraint(
            model_name='stagepolicy',
            constraint=models.CheckConstraint(condition=models.Q(('approved_by__isnull', True), models.Q(('approved_by', models.F('requested_by')), _negated=True), _connector='OR'), name='stage_policy_approved_by_another', violation_error_message='A version is approved by another person than the one who asked.'),
        ),
        migrations.AddConstraint(
            model_name='stagepolicy',
            constraint=models.CheckConstraint(condition=models.Q(('decline_percent__gte', -90), ('recover_percent__gt', models.F('decline_percent')), ('rise_percent__gt', models.F('settle_percent')), ('rise_percent__lte', 100), ('settle_percent__gt', models.F('recover_percent'))), name='stage_policy_changes_rise', violation_error_message='Decline, recovery, settling and growth must rise in this order.'),
        ),
        migrations.AddConstraint(
            model_name='stagepolicy',
            constraint=models.CheckConstraint(condition=models.Q(('decline_percent__lt', 0), ('usage_fall_percent__range', (-90, -1))), name='stage_policy_falls_negative', violation_error_message='A fall is at most -1 % and at least -90 %.'),
        ),
        migrations.AddConstraint(
            model_name='stagepolicy',
            constraint=models.CheckConstraint(condition=models.Q(('acquisition_months__gte', 1), ('growth_months__gt', models.F('acquisition_months')), ('growth_months__lte', 36)), name='stage_policy_tenure_rises', violation_error_message='Growth must end after acquisition, at the latest in month 36.'),
        ),
        migrations.AddConstraint(
            model_name='stagepolicy',
            constraint=models.CheckConstraint(condition=models.Q(('confirm_months__range', (1, 6)), ('enough_signals__range', (1, 4)), ('event_days__range', (1, 60)), ('few_active_days__range', (0, 31)), ('low_months__range', (1, 12))), name='stage_policy_decline_sane', violation_error_message='A limit of the decline stage is out of its range.'),
        ),
        migrations.AddConstraint(
            model_name='stagepolicy',
            constraint=models.CheckConstraint(condition=models.Q(('silent_data_mb__range', (1, 1024)), ('silent_kind__range', (1, 3)), ('silent_months__range', (1, 12)), ('suspended_months__range', (1, 12))), name='stage_policy_exit_sane', violation_error_message='A limit of the exit stage is out of its range.'),
        ),
        migrations.AddConstraint(
            model_name='stagepolicy',
            constraint=models.CheckConstraint(condition=models.Q(('return_active_days__range', (0, 31)), ('return_bill_fen__range', (0, 100000)), ('returned_months__range', (1, 24))), name='stage_policy_return_sane', violation_error_message='A limit of the return is out of its range.'),
        ),
    ]
