"""The groups' rights on comparisons with other systems."""

from django.db import migrations

from customerflow.staff.rights import rights_given

MANAGERS = ("Manager", "Administrator")
BILLING = ("Billing", *MANAGERS)


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0011_rights_on_suspensions_and_webhooks"),
        ("shadow", "0001_comparison_with_another_system"),
    ]

    operations = [
        rights_given(
            {
                ("shadow", "view_openingbalance"): BILLING,
                ("shadow", "add_openingbalance"): MANAGERS,
                ("shadow", "change_openingbalance"): MANAGERS,
                ("shadow", "view_shadowrun"): BILLING,
                ("shadow", "add_shadowrun"): MANAGERS,
                ("shadow", "change_shadowrun"): MANAGERS,
                ("shadow", "view_shadowitem"): BILLING,
            }
        )
    ]
