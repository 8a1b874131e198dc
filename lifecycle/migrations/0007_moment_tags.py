"""A key moment may be only for customers with a tag, or not for customers with one (DOMAIN S-103)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0005_data_in_whole"), ("lifecycle", "0006_moment_catalogue")]

    operations = [
        migrations.AddField(
            model_name="momentkind",
            name="needs_tag",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                to="customers.tag", verbose_name="only with tag",
            ),
        ),
        migrations.AddField(
            model_name="momentkind",
            name="not_for_tag",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                to="customers.tag", verbose_name="not with tag",
            ),
        ),
        migrations.AddConstraint(
            model_name="momentkind",
            constraint=models.CheckConstraint(
                condition=models.Q(needs_tag__isnull=True) | ~models.Q(needs_tag=models.F("not_for_tag")),
                name="moment_kind_tags_differ",
                violation_error_message="A key moment cannot ask for a tag and shut it out at once.",
            ),
        ),
    ]
