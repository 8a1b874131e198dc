from django.db import migrations

BATCH = 20_000


def fill(apps, schema_editor):
    """Give every known number its hash, in batches."""
    from customers.numbers import hashes_of

    customers = apps.get_model("customers", "Customer")
    last = 0
    while rows := list(
        customers.objects.filter(pk__gt=last, number_hash="").order_by("pk").values_list("pk", "msisdn")[:BATCH]
    ):
        hashes = hashes_of(number for _pk, number in rows)
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(
                "update customers_customer set number_hash = said.hash"
                " from unnest(%(ids)s::int[], %(hashes)s::text[]) as said (id, hash)"
                " where said.id = customers_customer.id",
                {"ids": [pk for pk, _number in rows], "hashes": hashes},
            )
        last = rows[-1][0]


class Migration(migrations.Migration):
    """The hash of the numbers that came before there was one."""

    dependencies = [("customers", "0005_data_in_whole")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
