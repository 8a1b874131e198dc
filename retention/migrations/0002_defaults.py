"""The first warning thresholds and contact rules, live from the start."""

from django.db import migrations

WARNING = {
    "red_score": 80,  # a demonstration of one operator: 80 of 100 and more = high risk within seven days
    "orange_score": 60,  # our own, to be confirmed by the market department
    "yellow_score": 40,  # our own
    "bundle_red_score": 50,  # our own: a bundle ending within a week is red only when the score agrees
    "extra_score": 10,  # our own: passive loyalty or an ended bundle
    "hold_days": 14,  # our own: leave a level only after two weeks without its cause
}

CONTACT = {
    "monthly_cap": 2,  # exactly so in one operator's frequency control
    "five_star_cap": 1,  # the same source
    "cap_days": 30,  # the same source: a window of thirty days
    "refusal_days": 15,  # our own: pause after a refusal
    "hours": {
        # seen in the field: 9 to 12 and 14 to 20; rest days are our own, narrower
        "workday": [["09:00", "12:00"], ["14:00", "20:00"]],
        "restday": [["10:00", "12:00"], ["15:00", "19:00"]],
    },
}


def lay(apps, schema_editor):
    apps.get_model("retention", "WarningPolicy").objects.create(version=1, is_live=True, **WARNING)
    apps.get_model("retention", "ContactPolicy").objects.create(version=1, is_live=True, **CONTACT)


def lift(apps, schema_editor):
    apps.get_model("retention", "WarningPolicy").objects.filter(version=1).delete()
    apps.get_model("retention", "ContactPolicy").objects.filter(version=1).delete()


class Migration(migrations.Migration):
    dependencies = [("retention", "0001_initial")]

    operations = [migrations.RunPython(lay, lift)]
