from django.db import migrations, models

ROLES = [
    ("analyst", "Marketing analyst"),
    ("phone_manager", "Phone manager"),
    ("team_leader", "Team leader"),
    ("hall_clerk", "Hall clerk"),
    ("hotline_agent", "Hotline agent"),
    ("account_manager", "Account manager"),
    ("admin", "Administrator"),
    ("auditor", "Auditor"),
    ("api_client", "API client"),
]


class Migration(migrations.Migration):
    dependencies = [("customers", "0024_reported_figures")]

    operations = [
        migrations.AlterField(
            model_name="staff",
            name="role",
            field=models.CharField(choices=ROLES, default="analyst", max_length=16, verbose_name="role"),
        ),
    ]
