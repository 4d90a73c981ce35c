"""The groups' rights on announced prices of plans and on planned house moves."""

from django.db import migrations

from customerflow.staff.rights import rights_given

BILLING = ("Billing", "Manager", "Administrator")
OFFICE = ("Support", *BILLING)
EVERYBODY = ("Technician", *OFFICE)


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0006_rights_on_documents"),
        ("customers", "0005_house_moves_and_announced_prices"),
    ]

    operations = [
        rights_given(
            {
                ("customers", "view_planpricechange"): EVERYBODY,
                ("customers", "add_planpricechange"): BILLING,
                ("customers", "change_planpricechange"): BILLING,
                ("customers", "view_housemove"): EVERYBODY,
                ("customers", "delete_housemove"): OFFICE,
            }
        )
    ]
