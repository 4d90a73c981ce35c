"""The groups' rights on tags of tickets, their links, and merging."""

from django.db import migrations

from customerflow.staff.rights import rights_given

EVERYBODY = ("Support", "Billing", "Technician", "Manager", "Administrator")


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0019_rights_on_mail_of_tickets"),
        ("tickets", "0006_conversations"),
    ]

    operations = [
        rights_given(
            {
                ("tickets", "merge_ticket"): ("Support", "Billing", "Manager", "Administrator"),
                **{("tickets", f"view_{model}"): EVERYBODY for model in ("tag", "ticketlink", "ticketmerge")},
            }
        )
    ]
