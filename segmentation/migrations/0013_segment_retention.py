"""Who stayed on the network since the counted day before, in a segment and outside, and why customers came and went."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("segmentation", "0012_older_cohorts")]

    operations = [
        migrations.AddField("segmentsize", "members_before", models.IntegerField(default=0, verbose_name="members before")),
        migrations.AddField("segmentsize", "members_stayed", models.IntegerField(default=0, verbose_name="members who stayed")),
        migrations.AddField("segmentsize", "others_before", models.IntegerField(default=0, verbose_name="others before")),
        migrations.AddField("segmentsize", "others_stayed", models.IntegerField(default=0, verbose_name="others who stayed")),
        migrations.AddField(
            "segmentsize",
            "reasons",
            models.JSONField(
                default=dict,
                help_text="entered and left -> reason -> customers, see cvm/segments/reasons.py",
                verbose_name="reasons",
            ),
        ),
        migrations.AddConstraint(
            "segmentsize",
            models.CheckConstraint(
                condition=models.Q(("members_before__gte", models.F("members_stayed")), ("others_before__gte", models.F("others_stayed"))),
                name="segment_size_stayed_of_before",
            ),
        ),
    ]
