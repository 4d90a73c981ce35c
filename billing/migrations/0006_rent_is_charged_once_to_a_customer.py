"""The rent of a unit is charged once to a customer; two may have been charged it, where a takeover was told late."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0005_drafts_by_hand"),
        ("customers", "0005_house_moves_and_announced_prices"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="invoiceline",
            name="billing_invoiceline_equipment_charged_once",
        ),
        migrations.AddConstraint(
            model_name="invoiceline",
            constraint=models.UniqueConstraint(
                condition=models.Q(("first_day__isnull", False), ("kind", "equipment"), ("live", True)),
                fields=("invoice", "equipment", "first_day"),
                name="billing_invoiceline_equipment_charged_once",
            ),
        ),
    ]
