"""The other twenty-one key moments, and what the first six lacked.

Cool-downs, channels, owners and closing conditions are those of the handbook's detection and playbook tables (DOMAIN
2.1 and 2.2); thresholds are the modules' defaults, of the same table. Our own, because the table leaves it open: "once"
is 400 days, longer than any night looks back; "per change" and "per case" look back a week; C2, C3 and C8 speak within
their cool-down when it gets graver (a code issued after a refused query), as C6 does by the table.
"""

import json
from pathlib import Path

from django.db import migrations

DATA = Path(__file__).resolve().parent.parent / "kinds_data"


def lay(apps, schema_editor):
    kinds = apps.get_model("lifecycle", "MomentKind")
    new = json.loads((DATA / "kinds.json").read_text("utf-8"))
    kinds.objects.bulk_create([kinds(**one) for one in new])
    for code, values in json.loads((DATA / "first_six.json").read_text("utf-8")).items():
        kinds.objects.filter(code=code).update(**values)


def lift(apps, schema_editor):
    new = json.loads((DATA / "kinds.json").read_text("utf-8"))
    apps.get_model("lifecycle", "MomentKind").objects.filter(code__in=[one["code"] for one in new]).delete()


class Migration(migrations.Migration):
    dependencies = [("lifecycle", "0005_stage_policy_way")]

    operations = [migrations.RunPython(lay, lift)]
