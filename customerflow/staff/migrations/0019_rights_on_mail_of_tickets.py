"""The groups' rights on e-mails of tickets."""

from django.db import migrations

from customerflow.staff.rights import rights_given

EVERYBODY = ("Support", "Billing", "Technician", "Manager", "Administrator")


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0018_rights_on_sla_policies"),
        ("tickets", "0005_mail"),
    ]

    operations = [
        rights_given(
            {
                ("tickets", "view_ticketemail"): EVERYBODY,
                ("tickets", "view_incomingmail"): EVERYBODY,
                ("tickets", "change_incomingmail"): EVERYBODY,
            }
        )
    ]
