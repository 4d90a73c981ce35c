"""The groups' rights on suspensions, their rules and holds, and on webhooks."""

from django.db import migrations

from customerflow.staff.rights import rights_given

ADMINISTRATOR = ("Administrator",)
OFFICE_HEADS = ("Manager", *ADMINISTRATOR)
BILLING = ("Billing", *OFFICE_HEADS)
OFFICE = ("Support", *BILLING)
EVERYBODY = ("Technician", *OFFICE)
NETWORK = ("Technician", *OFFICE_HEADS)


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0010_rights_on_the_journal"),
        ("suspensions", "0001_suspensions"),
        ("webhooks", "0001_webhooks"),
    ]

    operations = [
        rights_given(
            {
                ("suspensions", "view_policy"): EVERYBODY,
                ("suspensions", "add_policy"): OFFICE_HEADS,
                ("suspensions", "change_policy"): OFFICE_HEADS,
                ("suspensions", "view_quietday"): EVERYBODY,
                ("suspensions", "add_quietday"): OFFICE_HEADS,
                ("suspensions", "change_quietday"): OFFICE_HEADS,
                ("suspensions", "delete_quietday"): OFFICE_HEADS,
                ("suspensions", "view_suspension"): EVERYBODY,
                ("suspensions", "add_suspension"): BILLING,
                ("suspensions", "change_suspension"): BILLING,
                ("suspensions", "view_cause"): EVERYBODY,
                ("suspensions", "view_suspendedservice"): EVERYBODY,
                ("suspensions", "view_hold"): EVERYBODY,
                ("suspensions", "add_hold"): OFFICE,
                ("suspensions", "change_hold"): OFFICE,
                ("suspensions", "delete_hold"): OFFICE_HEADS,
                ("webhooks", "view_endpoint"): NETWORK,
                ("webhooks", "add_endpoint"): ADMINISTRATOR,
                ("webhooks", "change_endpoint"): ADMINISTRATOR,
                ("webhooks", "delete_endpoint"): ADMINISTRATOR,
                ("webhooks", "view_delivery"): NETWORK,
                ("webhooks", "change_delivery"): ADMINISTRATOR,
                ("webhooks", "view_attempt"): NETWORK,
            }
        )
    ]
