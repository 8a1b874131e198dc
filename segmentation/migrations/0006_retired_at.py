import itertools

from django.db import migrations


def fill(apps, schema_editor):
    """A version was in force until the next one was published."""
    policies = apps.get_model("segmentation", "TierPolicy")
    published = list(policies.objects.exclude(published_at=None).order_by("version"))
    for earlier, later in itertools.pairwise(published):
        policies.objects.filter(pk=earlier.pk, retired_at=None).update(retired_at=later.published_at)


class Migration(migrations.Migration):
    dependencies = [("segmentation", "0005_policy_workflow")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
