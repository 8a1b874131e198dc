"""What was given to a customer in the year is asked by every night, card and customer page."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("callcenter", "0014_contacts_told_apart")]

    operations = [
        migrations.AddIndex(
            "contact",
            models.Index(
                fields=["customer", "started_at"],
                condition=models.Q(outcome="accepted") & ~models.Q(offer_id=0),
                name="contact_given",
            ),
        )
    ]
