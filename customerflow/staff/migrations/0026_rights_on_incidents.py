"""The groups' rights on incidents."""

from django.db import migrations

from customerflow.staff.rights import rights_given

EVERYBODY = ("Support", "Billing", "Technician", "Manager", "Administrator")
MANAGERS = ("Manager", "Administrator")
BILLERS = ("Billing", "Manager", "Administrator")
CREDIT_SEEN = ("Support", *BILLERS)


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0025_rights_on_visits"),
        ("incidents", "0001_incidents"),
    ]

    operations = [
        rights_given(
            {
                ("incidents", "view_incident"): EVERYBODY,
                ("incidents", "add_incident"): EVERYBODY,
                ("incidents", "change_incident"): EVERYBODY,
                ("incidents", "delete_incident"): MANAGERS,
                **{
                    ("incidents", f"view_{model}"): EVERYBODY
                    for model in ("servicebyhand", "hitservice", "joinedticket", "answer", "answeredticket")
                },
                ("incidents", "view_credit"): CREDIT_SEEN,
                ("incidents", "add_credit"): BILLERS,
                ("incidents", "change_credit"): BILLERS,
            }
        )
    ]
