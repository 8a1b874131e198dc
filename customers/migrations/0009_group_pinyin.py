from django.db import migrations


def fill(apps, schema_editor):
    """Spell the names of the groups that came before they were spelled; groups are few."""
    from customers.importing.pinyin import spelled

    for group in apps.get_model("customers", "GroupAccount").objects.filter(name_pinyin="").order_by("pk").iterator():
        group.name_pinyin, group.name_initials = spelled(group.name)
        group.save(update_fields=["name_pinyin", "name_initials"])


class Migration(migrations.Migration):
    """The pinyin of group names, for the search box."""

    dependencies = [("customers", "0008_search_words")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
