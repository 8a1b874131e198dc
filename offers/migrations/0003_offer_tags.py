"""An offer may be only for customers with a tag, or not for customers with one (DOMAIN S-103)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0005_data_in_whole"), ("offers", "0002_catalogue")]

    operations = [
        migrations.AddField(
            model_name="offer",
            name="needs_tag",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                to="customers.tag", verbose_name="only with tag",
            ),
        ),
        migrations.AddField(
            model_name="offer",
            name="not_for_tag",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                to="customers.tag", verbose_name="not with tag",
            ),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(needs_tag__isnull=True) | ~models.Q(needs_tag=models.F("not_for_tag")),
                name="offer_tags_differ",
                violation_error_message="An offer cannot ask for a tag and shut it out at once.",
            ),
        ),
    ]
