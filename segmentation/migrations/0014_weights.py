"""What decides beside the bands' lines becomes values of the policy: code, signs of potential, credit, stickiness."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("segmentation", "0013_segment_retention")]

    operations = [
        migrations.AlterField(
            "tierpolicy",
            "potential_signals",
            models.SmallIntegerField(default=2, verbose_name="points of potential for code B"),
        ),
        migrations.AddField(
            "tierpolicy",
            "arrears_months",
            models.SmallIntegerField(default=6, verbose_name="months without arrears for code A"),
        ),
        migrations.AddField(
            "tierpolicy",
            "low_score_below",
            models.SmallIntegerField(default=450, verbose_name="credit score is low below"),
        ),
        migrations.AddField(
            "tierpolicy",
            "new_below_months",
            models.SmallIntegerField(default=3, verbose_name="new customer below months on network"),
        ),
        migrations.AddField(
            "tierpolicy", "rise_percent", models.SmallIntegerField(default=10, verbose_name="bills rose by, percent")
        ),
        migrations.AddField(
            "tierpolicy",
            "saturation_percent",
            models.SmallIntegerField(default=80, verbose_name="allowance used from, percent"),
        ),
        migrations.AddField(
            "tierpolicy",
            "old_handset_months",
            models.SmallIntegerField(default=24, verbose_name="handset is old from, months"),
        ),
        migrations.AddField(
            "tierpolicy", "weight_rise", models.SmallIntegerField(default=1, verbose_name="weight of rising bills")
        ),
        migrations.AddField(
            "tierpolicy",
            "weight_saturation",
            models.SmallIntegerField(default=1, verbose_name="weight of a used-up allowance"),
        ),
        migrations.AddField(
            "tierpolicy",
            "weight_broadband",
            models.SmallIntegerField(default=1, verbose_name="weight of no broadband of ours"),
        ),
        migrations.AddField(
            "tierpolicy", "weight_handset", models.SmallIntegerField(default=1, verbose_name="weight of an old handset")
        ),
        migrations.AddField(
            "tierpolicy",
            "weight_sim",
            models.SmallIntegerField(default=1, verbose_name="weight of a second SIM elsewhere"),
        ),
        migrations.AddField(
            "tierpolicy", "stick_contract", models.SmallIntegerField(default=30, verbose_name="running contract")
        ),
        migrations.AddField("tierpolicy", "stick_family", models.SmallIntegerField(default=15, verbose_name="family")),
        migrations.AddField(
            "tierpolicy", "stick_vnet", models.SmallIntegerField(default=15, verbose_name="V-net in use")
        ),
        migrations.AddField(
            "tierpolicy", "stick_idle_vnet", models.SmallIntegerField(default=5, verbose_name="V-net, not used")
        ),
        migrations.AddField(
            "tierpolicy", "stick_autopay", models.SmallIntegerField(default=15, verbose_name="pays by itself")
        ),
        migrations.AddField(
            "tierpolicy", "stick_year", models.SmallIntegerField(default=3, verbose_name="each full year, up to five")
        ),
        migrations.AddField(
            "tierpolicy", "stick_benefit", models.SmallIntegerField(default=5, verbose_name="each benefit, up to two")
        ),
        migrations.AddConstraint(
            "tierpolicy",
            models.CheckConstraint(
                condition=models.Q(
                    code_a_tenure_months__range=(0, 120),
                    potential_signals__range=(1, 25),
                    arrears_months__range=(1, 12),
                    low_score_below__range=(0, 1000),
                    new_below_months__range=(0, 12),
                    rise_percent__range=(1, 100),
                    saturation_percent__range=(10, 100),
                    old_handset_months__range=(1, 120),
                    weight_rise__range=(0, 5),
                    weight_saturation__range=(0, 5),
                    weight_broadband__range=(0, 5),
                    weight_handset__range=(0, 5),
                    weight_sim__range=(0, 5),
                ),
                name="tier_policy_weights_sane",
                violation_error_message="A weight or a line of the customer code lies outside its range.",
            ),
        ),
        migrations.AddConstraint(
            "tierpolicy",
            models.CheckConstraint(
                condition=models.Q(
                    stick_contract=100
                    - models.F("stick_family")
                    - models.F("stick_vnet")
                    - models.F("stick_autopay")
                    - 5 * models.F("stick_year")
                    - 2 * models.F("stick_benefit"),
                    stick_contract__gte=0,
                    stick_family__gte=0,
                    stick_vnet__gte=models.F("stick_idle_vnet"),
                    stick_idle_vnet__gte=0,
                    stick_autopay__gte=0,
                    stick_year__gte=0,
                    stick_benefit__gte=0,
                ),
                name="tier_policy_stickiness_whole",
                violation_error_message="The ties of the stickiness index must add up to 100.",
            ),
        ),
    ]
