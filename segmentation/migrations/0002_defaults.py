"""The first value ladder, live from the start. Cohort rows are laid year by year (segmentation/policies.py)."""

from django.db import migrations
from django.utils import timezone

LADDER = {
    "low_from_fen": 50_00,  # the retention line of group reporting: a month under 50 yuan is a low month
    "potential_from_fen": 80_00,  # our own: two thirds of the way to the mid/high-end line; 240 yuan in three months
    "mid_from_fen": 120_00,  # the mid/high-end line for a decade: 360 yuan in three months
    "high_from_fen": 200_00,  # customers above 200 yuan stand first on public save lists
    "code_a_tenure_months": 12,  # our own: best customers have stayed a year
    "potential_signals": 2,  # our own: one sign alone is too common
}


def lay(apps, schema_editor):
    policies = apps.get_model("segmentation", "TierPolicy")
    now = timezone.now()
    policies.objects.create(version=1, status="live", created_at=now, published_at=now, **LADDER)


def lift(apps, schema_editor):
    apps.get_model("segmentation", "TierPolicy").objects.filter(version=1).delete()


class Migration(migrations.Migration):
    dependencies = [("segmentation", "0001_initial"), ("customers", "0001_initial")]

    operations = [migrations.RunPython(lay, lift)]
