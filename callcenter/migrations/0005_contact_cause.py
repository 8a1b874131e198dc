"""Name the causes; the column stays as it is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("callcenter", "0004_lease_token")]

    operations = [
        migrations.AlterField(
            model_name="contact",
            name="cause",
            field=models.CharField(
                blank=True,
                choices=[
                    ("fee", "Fee too high"),
                    ("competitor", "Competitor's offer"),
                    ("network", "Network quality"),
                    ("service", "Service or complaint not settled"),
                    ("contract_end", "No offer at the end of the contract"),
                    ("unit_change", "The unit changes as a whole"),
                    ("circle", "Family and friends use another network"),
                    ("second_sim", "Gives up a second SIM"),
                    ("handset", "New handset"),
                    ("moved", "Moves away or goes abroad"),
                    ("wrong_charge", "Wrong charge or value-added service"),
                    ("other", "Other, written in the note"),
                ],
                max_length=32,
                verbose_name="cause",
            ),
        ),
    ]
