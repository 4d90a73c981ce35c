"""The groups' rights on leaks."""

from django.db import migrations

from customerflow.staff.rights import rights_given

BILLING = ("Billing", "Manager", "Administrator")
OFFICE = ("Support", *BILLING)


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0013_rights_on_the_bank"),
        ("reports", "0001_leaks"),
    ]

    operations = [
        rights_given(
            {
                ("reports", "view_foundleak"): OFFICE,
                ("reports", "view_acceptedleak"): OFFICE,
                ("reports", "add_acceptedleak"): BILLING,
                ("reports", "change_acceptedleak"): BILLING,
                ("reports", "delete_acceptedleak"): BILLING,
            }
        )
    ]
