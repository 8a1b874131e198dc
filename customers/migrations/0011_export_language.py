"""A file speaks its requester's language; a file that is ready or taken holds every row, also when none is written."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0009_group_pinyin")]

    operations = [
        migrations.AddField(
            model_name="export",
            name="language",
            field=models.CharField(default="zh-hans", max_length=8, verbose_name="language"),
        ),
        migrations.RemoveConstraint(model_name="export", name="export_is_whole"),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["ready", "taken"]), _negated=True)
                | models.Q(("rows_written", models.F("rows_expected")), ("rows_written__isnull", False)),
                name="export_is_whole",
                violation_error_message="The file must hold every row of the list.",
            ),
        ),
    ]
