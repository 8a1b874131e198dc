"""The owner department of a layer becomes a row an administrator changes."""

from django.db import migrations, models

FIRST = {1: "market", 2: "group", 3: "market", 4: "market"}  # S-118, S-119; see segmentation/owners.py


def fill(apps, schema_editor):
    owner = apps.get_model("segmentation", "LayerOwner")
    owner.objects.bulk_create(owner(layer=layer, department=department) for layer, department in FIRST.items())


class Migration(migrations.Migration):
    dependencies = [("segmentation", "0014_weights")]

    operations = [
        migrations.CreateModel(
            name="LayerOwner",
            fields=[
                (
                    "layer",
                    models.SmallIntegerField(
                        choices=[
                            (1, "Strategic"),
                            (2, "Group mid/high-end"),
                            (3, "Ordinary mid/high-end"),
                            (4, "General"),
                        ],
                        primary_key=True,
                        serialize=False,
                        verbose_name="layer",
                    ),
                ),
                (
                    "department",
                    models.CharField(
                        choices=[
                            ("market", "Market department"),
                            ("group", "Group-customer department"),
                            ("service", "Customer-service department"),
                            ("county", "County branches"),
                        ],
                        max_length=8,
                        verbose_name="owner department",
                    ),
                ),
            ],
            options={"verbose_name": "owner of a layer", "verbose_name_plural": "owners of layers"},
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
